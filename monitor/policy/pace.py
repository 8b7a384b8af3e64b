"""When is a feed polled again, and what does a poll's outcome change in its memory?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.domain.feeds import FeedState, FetchFailed, FetchFault, ParseFailed, Redirect

MIN_WAIT = timedelta(minutes=5)
MAX_WAIT = timedelta(hours=24)
MAX_RETRY_AFTER = timedelta(days=7)
GONE_PROBE = timedelta(days=30)
SLOW_PROBE_AFTER = timedelta(days=30)
MOVES_NEEDED = 3
GONE = 410

# A 404 often comes back to life, and a name server that stumbles says nothing of the feed: such
# failures count less, so that a bad afternoon does not silence a feed (learnt from rss-fetcher).
SOFT, TEMPORARY, HARD = 0.5, 0.25, 1.0
_TEMPORARY_FAULTS = frozenset({FetchFault.DNS, FetchFault.TIMEOUT, FetchFault.CONNECT, FetchFault.TRUNCATED})
_SOFT_STATUSES = frozenset({404, 429})
_SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a feed is polled: its own interval, and the limits of the whole service.

    `spread` is the share of a wait that jitter may add, so that feeds due together drift apart.
    """

    interval: timedelta = timedelta(hours=1)
    shortest: timedelta = MIN_WAIT
    longest: timedelta = MAX_WAIT
    spread: float = 0.1

    def clamp(self, wait: timedelta) -> timedelta:
        """Return `wait` within the shortest and the longest wait."""
        return max(self.shortest, min(wait, self.longest))


def after_success(
    state: FeedState,
    *,
    now: datetime,
    pace: Pace,
    jitter: float,
    ttl: timedelta | None = None,
    redirects: Sequence[Redirect] = (),
) -> FeedState:
    """Return the feed's memory after a body or a 304 came; the next poll lies after `now`.

    Args:
        state: the memory before the poll.
        now: the poll's instant, aware UTC.
        pace: the feed's interval and the service's limits.
        jitter: in [0, 1).
        ttl: what the feed's body asks for, if anything.
        redirects: the hops of this poll; the same permanent target three times in a row is a move.
    """
    wait = pace.clamp(max(pace.interval, ttl or timedelta()))
    return replace(
        _moved(state, redirects),
        next_due=now + wait * (1 + pace.spread * jitter),
        failure_points=0.0,
        failing_since=None,
        last_error=None,
        last_polled=now,
        last_success=now,
        first_success=state.first_success or now,
        gone_since=None,
    )


def after_failure(
    state: FeedState,
    failure: FetchFailed | ParseFailed,
    *,
    now: datetime,
    pace: Pace,
    jitter: float,
) -> FeedState:
    """Return the feed's memory after a poll failed; the next poll lies after `now`.

    Waits grow linearly with the weighted failures: with intervals of hours, doubling would silence
    a feed for weeks after a bad afternoon. After 30 failing days it is probed once a day for as long
    as it is configured; 410 means a monthly probe; Retry-After is respected up to seven days.
    """
    since = state.failing_since or now
    points = state.failure_points + weight(failure)
    wait = pace.clamp(pace.interval * (1 + points))
    gone = isinstance(failure, FetchFailed) and failure.status == GONE
    if gone:
        wait = GONE_PROBE
    elif now - since >= SLOW_PROBE_AFTER:
        wait = max(wait, pace.longest)
    if isinstance(failure, FetchFailed) and failure.retry_after is not None:
        wait = max(wait, min(failure.retry_after, MAX_RETRY_AFTER))
    return replace(
        state,
        next_due=now + wait * (1 + pace.spread * jitter),
        failure_points=points,
        failing_since=since,
        last_error=describe(failure),
        last_polled=now,
        gone_since=(state.gone_since or now) if gone else None,
    )


def weight(failure: FetchFailed | ParseFailed) -> float:
    """Return how much a failure counts: 1 hard, 0.5 soft (404, 429, 5xx), 0.25 temporary."""
    if isinstance(failure, ParseFailed):
        return HARD
    if failure.fault in _TEMPORARY_FAULTS:
        return TEMPORARY
    if failure.status is not None and (failure.status in _SOFT_STATUSES or failure.status >= _SERVER_ERRORS):
        return SOFT
    return HARD


def describe(failure: FetchFailed | ParseFailed) -> str:
    """Return the failure in a few words for people: `status 503: Service Unavailable`."""
    if isinstance(failure, ParseFailed):
        return f"{failure.code}: {failure.message}"
    kind = f"status {failure.status}" if failure.fault is FetchFault.STATUS else failure.fault.value
    return f"{kind}: {failure.message}" if failure.message else kind


def _moved(state: FeedState, redirects: Sequence[Redirect]) -> FeedState:
    """Count a permanent redirect; the third in a row to the same place moves the feed."""
    permanent = bool(redirects) and all(hop.status in (301, 308) for hop in redirects)
    if not permanent:
        return replace(state, moved_to=None, moved_seen=0)
    target = redirects[-1].url
    seen = state.moved_seen + 1 if target == state.moved_to else 1
    if seen < MOVES_NEEDED:
        return replace(state, moved_to=target, moved_seen=seen)
    return replace(state, url=target, moved_to=None, moved_seen=0)
