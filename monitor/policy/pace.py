"""When is a feed polled again, and what does a poll's outcome change in its memory?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.domain.feeds import (
    FeedState,
    FetchFailed,
    FetchFault,
    Manners,
    ParseFailed,
    Redirect,
    Rhythm,
)
from monitor.policy.manners import asked_wait, welcome_from
from monitor.policy.rhythm import expected, when_expected

MIN_WAIT = timedelta(minutes=5)
MAX_WAIT = timedelta(hours=24)
MAX_RETRY_AFTER = timedelta(days=7)
GONE_PROBE = timedelta(days=30)
SLOW_PROBE_AFTER = timedelta(days=30)
MOVES_NEEDED = 3
HALF_AN_ENTRY = 0.5
"""How much of an entry is expected when a feed is asked again: half of the polls find nothing."""
BURST = 2
"""A poll that brings so many entries, and so many times those expected, is a burst: the next is sooner."""
BURST_SPEED = 3
STAGGER = timedelta(minutes=5)
"""Over how long polls are spread that waited for the end of the hours in which feeds want none."""
GONE = 410

# A 404 often comes back to life, and a name server that stumbles says nothing of the feed: such
# failures count less, so that a bad afternoon does not silence a feed (learnt from rss-fetcher).
SOFT, TEMPORARY, HARD = 0.5, 0.25, 1.0
_TEMPORARY_FAULTS = frozenset({FetchFault.DNS, FetchFault.TIMEOUT, FetchFault.CONNECT, FetchFault.TRUNCATED})
_SOFT_STATUSES = frozenset({404, 429})
_SERVER_ERRORS = 500
_OVERLOADED = frozenset({429, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a feed is polled: its own interval or rhythm, and the limits of the whole service.

    With a `rhythm` the next poll comes when half an entry is expected; `interval` serves without. What
    the feed and its server ask for may be longer, up to `longest`. `spread` is the share of a wait that
    jitter may add, so that feeds due together drift apart.
    """

    interval: timedelta = timedelta(hours=1)
    rhythm: Rhythm | None = None
    shortest: timedelta = MIN_WAIT
    longest: timedelta = MAX_WAIT
    spread: float = 0.1

    def clamp(self, wait: timedelta) -> timedelta:
        """Return `wait` within the shortest and the longest wait."""
        return max(self.shortest, min(wait, self.longest))

    def wait(self, now: datetime) -> timedelta:
        """Return the wait that suits the feed from `now` on, within the limits."""
        if self.rhythm is None:
            return self.clamp(self.interval)
        return self.clamp(when_expected(self.rhythm, now, HALF_AN_ENTRY, self.longest) - now)

    def is_burst(self, brought: int, since: datetime | None, now: datetime) -> bool:
        """Tell whether so many new entries since an instant are far more than the rhythm has."""
        if self.rhythm is None or since is None or brought < BURST:
            return False
        return brought > BURST * expected(self.rhythm, since, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a poll that went well tells of the next one.

    `brought` is the number of new entries, `redirects` are the poll's hops, `headers` the answer's, with
    lower-case names. `manners` is what the body asks for, None where it was not read.
    """

    brought: int = 0
    redirects: Sequence[Redirect] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    manners: Manners | None = None


def after_success(state: FeedState, answer: Answer, *, now: datetime, pace: Pace, jitter: float) -> FeedState:
    """Return the feed's memory after a body or a 304 came; the next poll lies after `now`.

    Args:
        state: the memory before the poll.
        answer: what came; the same permanent target three times in a row is a move.
        now: the poll's instant, aware UTC.
        pace: the feed's interval or rhythm, and the service's limits.
        jitter: in [0, 1).
    """
    manners = state.manners if answer.manners is None else answer.manners
    wait = pace.wait(now)
    if pace.is_burst(answer.brought, state.last_success, now):
        wait = pace.clamp(wait / BURST_SPEED)
    wait = pace.clamp(max(wait, asked_wait(manners, answer.headers, now)))
    return replace(
        _moved(state, answer.redirects),
        next_due=_welcome(manners, now + wait * (1 + pace.spread * jitter), jitter),
        manners=manners,
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
    wait = pace.clamp(pace.wait(now) * (1 + points))
    gone = isinstance(failure, FetchFailed) and failure.status == GONE
    if gone:
        wait = GONE_PROBE
    elif now - since >= SLOW_PROBE_AFTER:
        wait = max(wait, pace.longest)
    if isinstance(failure, FetchFailed) and failure.retry_after is not None:
        wait = max(wait, min(failure.retry_after, MAX_RETRY_AFTER))
    return replace(
        state,
        next_due=_welcome(state.manners, now + wait * (1 + pace.spread * jitter), jitter),
        failure_points=points,
        failing_since=since,
        last_error=describe(failure),
        last_polled=now,
        gone_since=(state.gone_since or now) if gone else None,
    )


def host_pause(failure: FetchFailed | ParseFailed, now: datetime, pace: Pace) -> datetime | None:
    """Return until when nobody should ask anything of a host that is overloaded; None where it is not.

    A server that answers 429 or 503 may name the wait (Retry-After, up to seven days); else it is the
    feed's own.
    """
    if not isinstance(failure, FetchFailed) or failure.status not in _OVERLOADED:
        return None
    asked = min(failure.retry_after or timedelta(), MAX_RETRY_AFTER)
    return now + max(asked, pace.wait(now))


def weight(failure: FetchFailed | ParseFailed) -> float:
    """Return how much a failure counts: 1 hard, 0.5 soft (404, 429, 5xx), 0.25 temporary."""
    if isinstance(failure, ParseFailed):
        return HARD
    if failure.fault in _TEMPORARY_FAULTS:
        return TEMPORARY
    if failure.status is not None and (failure.status in _SOFT_STATUSES or failure.status >= _SERVER_ERRORS):
        return SOFT
    return HARD


def came_back(state: FeedState, now: datetime) -> str:
    """Return what to say of a poll that went well after failures: `came back after 3 h`; else nothing."""
    if state.failing_since is None:
        return ""
    hours, minutes = divmod((now - state.failing_since) // timedelta(minutes=1), 60)
    days = hours // 24
    lasted = f"{days} days" if days > 1 else f"{hours} h" if hours else f"{minutes} min"
    return f"came back after {lasted}"


def describe(failure: FetchFailed | ParseFailed) -> str:
    """Return the failure in a few words for people: `status 503: Service Unavailable`."""
    if isinstance(failure, ParseFailed):
        return f"{failure.code}: {failure.message}"
    kind = f"status {failure.status}" if failure.fault is FetchFault.STATUS else failure.fault.value
    return f"{kind}: {failure.message}" if failure.message else kind


def _welcome(manners: Manners, due: datetime, jitter: float) -> datetime:
    """Return when the feed wants a poll that falls due; those put off to one instant are spread out."""
    welcome = welcome_from(manners, due)
    return welcome if welcome == due else welcome + STAGGER * jitter


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
