"""When is a feed polled again? The promises of politeness, one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.feeds import (
    FeedState,
    FetchFailed,
    FetchFault,
    FetchRequest,
    Manners,
    ParseFailed,
    Redirect,
)
from monitor.policy.pace import (
    GONE_PROBE,
    Answer,
    Pace,
    after_failure,
    after_success,
    came_back,
    describe,
    host_pause,
    weight,
)
from monitor.policy.rhythm import steady

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATE = FeedState(feed_id="f", url="https://a.example/feed", next_due=NOW)
PACE = Pace()
REQUEST = FetchRequest(key="f", url="https://a.example/feed")


def failed(fault: FetchFault = FetchFault.CONNECT, **more: object) -> FetchFailed:
    """Return a failure to fetch."""
    return FetchFailed(request=REQUEST, fault=fault, message="no", **more)  # type: ignore[arg-type]  # test data


def test_a_success_comes_again_after_the_interval_and_forgets_failures() -> None:
    """A success clears the record of failures and waits one interval."""
    troubled = replace(STATE, failure_points=3.0, failing_since=NOW - HOUR, last_error="x", gone_since=NOW)
    after = after_success(troubled, Answer(), now=NOW, pace=PACE, jitter=0.0)
    assert after.next_due == NOW + HOUR
    assert (after.failure_points, after.failing_since, after.last_error, after.gone_since) == (
        0,
        None,
        None,
        None,
    )
    assert after.first_success == after.last_success == after.last_polled == NOW


def test_the_first_success_is_remembered() -> None:
    """Later successes leave the instant of the first one alone."""
    first = after_success(STATE, Answer(), now=NOW, pace=PACE, jitter=0.0)
    later = after_success(first, Answer(), now=NOW + HOUR, pace=PACE, jitter=0.0)
    assert later.first_success == NOW


@pytest.mark.parametrize(
    ("ttl", "wait"),
    [
        (timedelta(minutes=1), HOUR),
        (timedelta(hours=6), timedelta(hours=6)),
        (timedelta(days=40), timedelta(hours=24)),
    ],
)
def test_a_feed_may_ask_for_a_longer_wait_up_to_a_day(ttl: timedelta, wait: timedelta) -> None:
    """The feed's own ttl lengthens the wait and never shortens it."""
    assert (
        after_success(STATE, Answer(manners=Manners(ttl=ttl)), now=NOW, pace=PACE, jitter=0.0).next_due
        == NOW + wait
    )


def test_what_a_feed_asks_is_remembered_while_its_body_is_not_read() -> None:
    """A 304 tells nothing of the ttl: the last body's counts, until another body says otherwise."""
    asked = after_success(STATE, Answer(manners=Manners(ttl=6 * HOUR)), now=NOW, pace=PACE, jitter=0.0)
    unread = after_success(asked, Answer(), now=NOW, pace=PACE, jitter=0.0)
    assert unread.next_due == NOW + 6 * HOUR
    read = after_success(unread, Answer(manners=Manners()), now=NOW, pace=PACE, jitter=0.0)
    assert read.next_due == NOW + HOUR


def test_a_servers_cache_lengthens_the_wait() -> None:
    """An answer that stays fresh for two hours is not asked for again sooner."""
    answer = Answer(headers={"cache-control": "max-age=7200"})
    assert after_success(STATE, answer, now=NOW, pace=PACE, jitter=0.0).next_due == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("per_day", "minutes"), [(1000, 5), (144, 5), (48, 15), (12, 60), (1, 720), (0.1, 1440)]
)
def test_the_pace_follows_the_rhythm(per_day: float, minutes: int) -> None:
    """A feed is asked when half an entry is expected: from every five minutes to once a day."""
    pace = Pace(rhythm=steady(per_day))
    wait = after_success(STATE, Answer(), now=NOW, pace=pace, jitter=0.0).next_due - NOW
    assert wait / timedelta(minutes=1) == pytest.approx(minutes)


def test_a_burst_is_followed_at_another_speed() -> None:
    """Twice what is expected in a poll, and the next comes three times sooner; a first poll is no burst."""
    pace = Pace(rhythm=steady(12))
    before = replace(STATE, last_success=NOW - HOUR)

    def minutes(state: FeedState, brought: int) -> float:
        after = after_success(state, Answer(brought=brought), now=NOW, pace=pace, jitter=0.0)
        return (after.next_due - NOW) / timedelta(minutes=1)

    assert minutes(before, 1) == pytest.approx(60)
    assert minutes(before, 2) == pytest.approx(20)
    assert minutes(STATE, 20) == pytest.approx(60)
    long_ago = replace(STATE, last_success=NOW - timedelta(days=1))
    assert minutes(long_ago, 12) == pytest.approx(60)


def test_a_poll_does_not_fall_into_hours_to_be_skipped() -> None:
    """The feed's hours and days hold after successes and failures alike."""
    manners = Manners(skip_hours=frozenset({13, 14}))
    after = after_success(STATE, Answer(manners=manners), now=NOW, pace=PACE, jitter=0.0)
    assert after.next_due == NOW + 3 * HOUR
    assert after_failure(after, failed(), now=NOW, pace=PACE, jitter=0.0).next_due == NOW + 3 * HOUR


def test_polls_put_off_to_one_instant_are_spread_over_minutes() -> None:
    """All feeds that skip the same hours do not come at the first second of the next one."""
    answer = Answer(manners=Manners(skip_hours=frozenset({13, 14})))
    due = {after_success(STATE, answer, now=NOW, pace=PACE, jitter=n / 10).next_due for n in range(10)}
    assert len(due) == 10
    assert min(due) == NOW + 3 * HOUR
    assert max(due) < NOW + 3 * HOUR + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("failure", "wait"),
    [
        (failed(FetchFault.STATUS, status=503), HOUR),
        (failed(FetchFault.STATUS, status=429, retry_after=5 * HOUR), 5 * HOUR),
        (failed(FetchFault.STATUS, status=429, retry_after=timedelta(days=99)), timedelta(days=7)),
        (failed(FetchFault.STATUS, status=500), None),
        (failed(), None),
        (ParseFailed(code="empty", message=""), None),
    ],
)
def test_an_overloaded_host_is_left_alone(failure: FetchFailed | ParseFailed, wait: timedelta | None) -> None:
    """429 and 503 speak for a whole host: for as long as it asks, or as the feed would wait."""
    assert host_pause(failure, NOW, PACE) == (NOW + wait if wait else None)


@pytest.mark.parametrize(
    ("failing_for", "words"),
    [
        (None, ""),
        (timedelta(minutes=7), "came back after 7 min"),
        (timedelta(hours=30), "came back after 30 h"),
        (timedelta(days=3, hours=2), "came back after 3 days"),
    ],
)
def test_a_return_is_told(failing_for: timedelta | None, words: str) -> None:
    """Who comes back after failures is said to, with how long it took."""
    since = None if failing_for is None else NOW - failing_for
    assert came_back(replace(STATE, failing_since=since), NOW) == words


def test_jitter_adds_up_to_a_tenth() -> None:
    """Feeds that were due together drift apart."""
    assert after_success(STATE, Answer(), now=NOW, pace=PACE, jitter=1.0).next_due == NOW + HOUR * 1.1


@pytest.mark.parametrize(
    ("failure", "points"),
    [
        (failed(), 0.25),
        (failed(FetchFault.DNS), 0.25),
        (failed(FetchFault.STATUS, status=404), 0.5),
        (failed(FetchFault.STATUS, status=503), 0.5),
        (failed(FetchFault.STATUS, status=403), 1.0),
        (failed(FetchFault.TLS), 1.0),
        (ParseFailed(code="not-a-feed", message="HTML"), 1.0),
    ],
)
def test_failures_weigh_by_what_they_say_of_the_feed(
    failure: FetchFailed | ParseFailed, points: float
) -> None:
    """A stumbling name server weighs a quarter, a 404 a half, a page instead of a feed one."""
    assert weight(failure) == points


def test_waits_grow_linearly_to_a_day() -> None:
    """Two hard failures wait three intervals; many wait a day."""
    state = STATE
    waits = []
    for _ in range(30):
        after = after_failure(state, failed(FetchFault.TLS), now=NOW, pace=PACE, jitter=0.0)
        waits.append((after.next_due - NOW) / HOUR)
        state = after
    assert waits[:3] == [2, 3, 4]
    assert waits[-1] == 24


def test_after_thirty_failing_days_a_feed_is_probed_once_a_day() -> None:
    """A feed that has been dead for a month is probed daily, however lightly its failures weigh."""
    dead = replace(STATE, failing_since=NOW - timedelta(days=31))
    assert after_failure(dead, failed(), now=NOW, pace=PACE, jitter=0.0).next_due == NOW + timedelta(days=1)


@pytest.mark.hazard("N6")
def test_retry_after_is_respected_up_to_seven_days() -> None:
    """A server may ask for a longer pause than ours, but not for a silence of a month."""
    for asked, wait in ((timedelta(days=3), timedelta(days=3)), (timedelta(days=40), timedelta(days=7))):
        busy = failed(FetchFault.STATUS, status=429, retry_after=asked)
        assert after_failure(STATE, busy, now=NOW, pace=PACE, jitter=0.0).next_due == NOW + wait


@pytest.mark.hazard("N6")
def test_gone_means_a_monthly_probe_and_is_remembered() -> None:
    """410 stops a feed but for a probe a month; the first 410 dates it."""
    gone = failed(FetchFault.STATUS, status=410)
    first = after_failure(STATE, gone, now=NOW, pace=PACE, jitter=0.0)
    again = after_failure(first, gone, now=NOW + GONE_PROBE, pace=PACE, jitter=0.0)
    assert first.next_due == NOW + GONE_PROBE
    assert again.gone_since == NOW
    assert after_failure(again, failed(), now=NOW, pace=PACE, jitter=0.0).gone_since is None


@pytest.mark.hazard("N6")
def test_the_third_permanent_redirect_in_a_row_moves_the_feed() -> None:
    """One 301 may be a mistake; three to the same place are a move."""
    hop = (Redirect(status=301, url="https://b.example/feed"),)
    state = STATE
    for _ in range(2):
        state = after_success(state, Answer(redirects=hop), now=NOW, pace=PACE, jitter=0.0)
        assert state.url == STATE.url
    moved = after_success(state, Answer(redirects=hop), now=NOW, pace=PACE, jitter=0.0)
    assert (moved.url, moved.moved_to, moved.moved_seen) == ("https://b.example/feed", None, 0)


@pytest.mark.parametrize(
    "hops",
    [
        (),
        (Redirect(status=302, url="https://b.example/feed"),),
        (Redirect(status=301, url="https://c.example/"), Redirect(status=302, url="https://b.example/feed")),
    ],
)
def test_a_passing_redirect_starts_the_count_anew(hops: tuple[Redirect, ...]) -> None:
    """A temporary hop anywhere on the way is no move."""
    state = replace(STATE, moved_to="https://b.example/feed", moved_seen=2)
    after = after_success(state, Answer(redirects=hops), now=NOW, pace=PACE, jitter=0.0)
    assert (after.url, after.moved_seen) == (STATE.url, 0)


def test_another_target_counts_from_one() -> None:
    """Three permanent redirects to three places move nothing."""
    state = replace(STATE, moved_to="https://b.example/feed", moved_seen=2)
    hop = (Redirect(status=308, url="https://c.example/feed"),)
    assert after_success(state, Answer(redirects=hop), now=NOW, pace=PACE, jitter=0.0).moved_seen == 1


@pytest.mark.hazard("N6")
@given(
    points=st.floats(0, 1000),
    more=st.floats(0.01, 1000),
    jitter=st.floats(0, 1, exclude_max=True),
    interval=st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
)
def test_waits_are_monotone_bounded_and_in_the_future(
    points: float, more: float, jitter: float, interval: timedelta
) -> None:
    """More failures never shorten a wait, which lies between 5 minutes and a day and a tenth."""
    pace = Pace(interval=interval)
    fewer = after_failure(replace(STATE, failure_points=points), failed(), now=NOW, pace=pace, jitter=jitter)
    many = after_failure(
        replace(STATE, failure_points=points + more), failed(), now=NOW, pace=pace, jitter=jitter
    )
    assert NOW + timedelta(minutes=5) <= fewer.next_due <= many.next_due <= NOW + timedelta(days=1) * 1.1


@pytest.mark.hazard("N6")
@given(
    retry_after=st.timedeltas(timedelta(), timedelta(days=30)),
    points=st.floats(0, 100),
    jitter=st.floats(0, 1, exclude_max=True),
    per_day=st.none() | st.floats(0, 1000),
    hours=st.frozensets(st.integers(0, 23)),
)
def test_nobody_is_asked_before_they_said(
    retry_after: timedelta, points: float, jitter: float, per_day: float | None, hours: frozenset[int]
) -> None:
    """Whatever the rhythm and the record, a poll lies after now and not before Retry-After (7 days)."""
    pace = Pace(rhythm=None if per_day is None else steady(per_day))
    state = replace(STATE, failure_points=points, manners=Manners(skip_hours=hours))
    busy = failed(FetchFault.STATUS, status=503, retry_after=retry_after)
    due = after_failure(state, busy, now=NOW, pace=pace, jitter=jitter).next_due
    assert due > NOW
    assert due >= NOW + min(retry_after, timedelta(days=7))
    answer = Answer(headers={"retry-after": str(int(retry_after.total_seconds()))})
    fine = after_success(state, answer, now=NOW, pace=pace, jitter=jitter).next_due
    assert NOW < fine <= NOW + timedelta(days=1) * 1.1 + timedelta(weeks=1)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (failed(FetchFault.STATUS, status=503), "status 503: no"),
        (failed(FetchFault.DNS), "dns: no"),
        (replace(failed(FetchFault.DNS), message=""), "dns"),
        (ParseFailed(code="empty", message="no bytes"), "empty: no bytes"),
    ],
)
def test_failures_are_described_for_people(failure: FetchFailed | ParseFailed, words: str) -> None:
    """A description names the kind and what was said."""
    assert describe(failure) == words
