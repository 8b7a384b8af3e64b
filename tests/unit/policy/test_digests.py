"""Is a digest due? Once for each local date, whatever clocks and daylight saving do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerts import Recipient, Subscription, When
from monitor.policy.digests import digest_due, has_daily, wants_digest

SEEN = datetime(2026, 1, 1, tzinfo=UTC)


def recipient(zone: str = "Europe/Paris", at: time = time(8, 0)) -> Recipient:
    """Return a recipient of daily digests."""
    return Recipient(id="r", name="R", addresses=(("email", "r@x.example"),), timezone=zone, digest_at=at)


def run(person: Recipient, start: datetime, end: datetime, step: timedelta) -> list[tuple[str, datetime]]:
    """Ask at every step, as the scheduler does, and return the digests made."""
    made: list[tuple[str, datetime]] = []
    now = start
    while now < end:
        due = digest_due(person, last=made[-1] if made else None, first_seen=SEEN, now=now)
        if due:
            made.append((due.date, now))
        now += step
    return made


@pytest.mark.hazard("D1")
@pytest.mark.parametrize("month", [3, 10])
@pytest.mark.parametrize("at", [time(2, 30), time(8, 0), time(0, 0), time(23, 59)])
def test_each_local_date_has_exactly_one_digest_over_daylight_saving(month: int, at: time) -> None:
    """In the months when Paris changes its clocks, every date comes once and in order."""
    start = datetime(2026, month, 20, tzinfo=UTC)
    made = run(recipient(at=at), start, start + timedelta(days=20), timedelta(minutes=10))
    dates = [date.fromisoformat(day) for day, _ in made]
    assert {later - earlier for earlier, later in pairwise(dates)} == {timedelta(days=1)}
    assert len(dates) >= 20


def test_the_digest_comes_at_its_hour_in_the_reader_s_zone() -> None:
    """08:00 in Almaty is 03:00 UTC."""
    person = recipient("Asia/Almaty")
    last = ("2026-11-22", datetime(2026, 11, 22, 3, tzinfo=UTC))
    before = datetime(2026, 11, 23, 2, 59, tzinfo=UTC)
    assert digest_due(person, last=last, first_seen=SEEN, now=before) is None
    due = digest_due(person, last=last, first_seen=SEEN, now=before + timedelta(minutes=1))
    assert due is not None
    assert (due.date, due.since, due.until) == ("2026-11-23", last[1], before + timedelta(minutes=1))


@pytest.mark.hazard("D1")
def test_a_late_start_makes_up_for_the_latest_date_only() -> None:
    """After three days asleep there is one digest, with the whole window."""
    last = ("2026-11-19", datetime(2026, 11, 19, 7, tzinfo=UTC))
    now = datetime(2026, 11, 23, 5, tzinfo=UTC)
    due = digest_due(recipient(), last=last, first_seen=SEEN, now=now)
    assert due is not None
    assert (due.date, due.since) == ("2026-11-22", last[1])


@pytest.mark.hazard("D1")
def test_a_clock_set_back_makes_no_second_digest() -> None:
    """An hour back, the date's digest is made already."""
    last = ("2026-11-23", datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    assert digest_due(recipient(), last=last, first_seen=SEEN, now=last[1] - timedelta(hours=1)) is None


def test_nobody_gets_a_digest_for_a_time_before_they_were_known() -> None:
    """The first digest comes at the first hour after the recipient was added."""
    added = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert digest_due(recipient(), last=None, first_seen=added, now=added) is None
    first = digest_due(recipient(), last=None, first_seen=added, now=added + timedelta(days=1))
    assert first is not None
    assert first.since == datetime(2026, 11, 23, 7, tzinfo=UTC)


@given(
    zone=st.sampled_from(["Asia/Almaty", "Europe/London", "America/St_Johns", "Pacific/Apia", "UTC"]),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None)),
    now=st.datetimes(datetime(2026, 2, 1), datetime(2027, 2, 1)).map(lambda d: d.replace(tzinfo=UTC)),  # noqa: DTZ001 - hypothesis takes naive bounds
)
def test_a_digest_is_never_for_a_date_that_has_not_begun_its_hour(zone: str, at: time, now: datetime) -> None:
    """The date is today's or yesterday's, on the reader's calendar."""
    due = digest_due(recipient(zone, at), last=None, first_seen=SEEN, now=now)
    assert due is not None
    today = now.astimezone(ZoneInfo(zone)).date()
    assert date.fromisoformat(due.date) in {today, today - timedelta(days=1)}


def test_who_wants_digests() -> None:
    """Whoever can be reached may get late finds; only a daily subscription asks for empty ones."""
    person = recipient()
    at_once = Recipient(
        id="a",
        name="A",
        addresses=(("email", "a@x.example"),),
        subscriptions=(Subscription(when=When.AT_ONCE),),
    )
    silent = Recipient(id="s", name="S", addresses=())
    assert (wants_digest(person), wants_digest(at_once), wants_digest(silent)) == (True, True, False)
    assert (has_daily(person), has_daily(at_once)) == (True, False)
