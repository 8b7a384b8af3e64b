"""How many entries are expected, and when? Sums over the hours of a week."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.feeds import Rhythm
from monitor.policy.rhythm import HOURS_OF_WEEK, expected, learned, steady, when_expected

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
RATES = st.lists(st.floats(0, 50), min_size=HOURS_OF_WEEK, max_size=HOURS_OF_WEEK).map(
    lambda rates: Rhythm(hourly=tuple(rates), weeks=4.0)
)
INSTANTS = st.timedeltas(timedelta(), timedelta(days=365)).map(lambda passed: MONDAY + passed)


def office_hours() -> Rhythm:
    """Return a rhythm of two entries an hour from 9 to 17 on weekdays, none else."""
    return Rhythm(
        hourly=tuple(2.0 if hour // 24 < 5 and 9 <= hour % 24 < 17 else 0.0 for hour in range(HOURS_OF_WEEK)),
        weeks=4.0,
    )


def test_a_steady_rhythm_is_the_same_all_week() -> None:
    """Twelve a day are half an entry an hour."""
    assert expected(steady(12), MONDAY, MONDAY + 10 * HOUR) == pytest.approx(5)


def test_parts_of_hours_count_in_part() -> None:
    """From 9:30 to 10:15 lie three quarters of two entries an hour."""
    start = MONDAY + timedelta(hours=9, minutes=30)
    assert expected(office_hours(), start, start + timedelta(minutes=45)) == pytest.approx(1.5)


def test_nothing_is_expected_backwards() -> None:
    """An end before the start has nothing in between."""
    assert expected(steady(12), MONDAY, MONDAY - HOUR) == 0


def test_the_next_entry_is_not_expected_before_work_begins() -> None:
    """On Friday evening half an entry is expected on Monday a quarter past nine, or when patience ends."""
    friday = MONDAY + timedelta(days=4, hours=18)
    monday = MONDAY + timedelta(days=7, hours=9, minutes=15)
    assert when_expected(office_hours(), friday, 0.5, timedelta(days=30)) == monday
    assert when_expected(office_hours(), friday, 0.5, timedelta(days=1)) == friday + timedelta(days=1)


def test_nothing_more_is_expected_at_once() -> None:
    """No entries are there already."""
    assert when_expected(office_hours(), MONDAY, 0.0, WEEK) == MONDAY


@given(
    rhythm=RATES,
    start=INSTANTS,
    first=st.timedeltas(timedelta(), 3 * WEEK),
    more=st.timedeltas(timedelta(), 3 * WEEK),
)
def test_expectations_add_up(rhythm: Rhythm, start: datetime, first: timedelta, more: timedelta) -> None:
    """What is expected of two spans one after the other is the sum of both, and never negative."""
    whole = expected(rhythm, start, start + first + more)
    parts = expected(rhythm, start, start + first) + expected(rhythm, start + first, start + first + more)
    assert 0 <= whole == pytest.approx(parts)


@given(rhythm=RATES, start=INSTANTS, entries=st.floats(0.01, 20))
def test_the_instant_named_is_when_so_much_is_expected(
    rhythm: Rhythm, start: datetime, entries: float
) -> None:
    """Up to the instant just so many entries are expected, or no more in all the time allowed."""
    at = when_expected(rhythm, start, entries, WEEK)
    assert start <= at <= start + WEEK
    found = expected(rhythm, start, at)
    if at < start + WEEK:
        # An instant has whole microseconds.
        assert found == pytest.approx(entries, abs=1e-4)
    else:
        assert found <= entries + 1e-4


NEWS = st.lists(
    st.tuples(st.timedeltas(timedelta(), timedelta(days=28)), st.integers(1, 60)), max_size=80
).map(lambda polls: sorted((MONDAY + passed, number) for passed, number in polls))
INTERVALS = st.timedeltas(timedelta(minutes=5), timedelta(days=1))
MONTH = MONDAY + timedelta(days=28)


@given(news=NEWS, interval=INTERVALS, declared=st.none() | st.floats(0.01, 500))
def test_what_is_learned_is_never_negative(
    news: list[tuple[datetime, int]], interval: timedelta, declared: float | None
) -> None:
    """Whatever came when, each hour of the week has a rate, and the weeks are those that were heard."""
    rhythm = learned(news, MONDAY, MONTH, interval=interval, declared=declared)
    assert rhythm is not None
    assert len(rhythm.hourly) == HOURS_OF_WEEK
    assert min(rhythm.hourly) >= 0
    assert rhythm.weeks == pytest.approx(4)


@given(news=NEWS, interval=INTERVALS)
def test_a_week_holds_what_came(news: list[tuple[datetime, int]], interval: timedelta) -> None:
    """Without a declaration the week's sum is a quarter of what four weeks brought, and grows in step."""
    came = sum(number for _, number in news)
    rhythm = learned(news, MONDAY, MONTH, interval=interval)
    threefold = learned([(at, 3 * number) for at, number in news], MONDAY, MONTH, interval=interval)
    assert rhythm is not None
    assert threefold is not None
    assert sum(rhythm.hourly) == pytest.approx(came / 4)
    assert sum(threefold.hourly) == pytest.approx(3 * came / 4)


def test_office_hours_are_learned() -> None:
    """Four weeks of two entries an hour in office hours leave nights and weekends nearly empty."""
    hours = [MONDAY + hour * HOUR for hour in range(4 * HOURS_OF_WEEK)]
    news = [(at, 2) for at in hours if at.weekday() < 5 and 9 < at.hour <= 17]
    rhythm = learned(news, MONDAY, MONTH, interval=HOUR)
    assert rhythm is not None
    weekday, night, sunday = rhythm.hourly[12], rhythm.hourly[3], rhythm.hourly[6 * 24 + 12]
    assert weekday == pytest.approx(2, rel=0.15)
    assert night < 0.1
    assert sunday < 0.2


def test_few_entries_give_a_rate_and_hardly_an_hour() -> None:
    """Three entries, all of them on a Tuesday at ten, do not make every other hour impossible."""
    news = [(MONDAY + timedelta(days=1 + 7 * week, hours=10), 1) for week in range(3)]
    rhythm = learned(news, MONDAY, MONTH, interval=HOUR)
    assert rhythm is not None
    assert sum(rhythm.hourly) == pytest.approx(3 / 4)
    assert max(rhythm.hourly) < 5 * min(rhythm.hourly)


def test_a_slow_poll_does_not_make_an_hour() -> None:
    """What a daily poll brings may have come at any hour of the day."""
    news = [(MONDAY + timedelta(days=day, hours=9), 24) for day in range(1, 28)]
    rhythm = learned(news, MONDAY, MONTH, interval=timedelta(days=1))
    assert rhythm is not None
    assert max(rhythm.hourly) < 1.3 * min(rhythm.hourly)


def test_hours_that_were_not_heard_do_not_count() -> None:
    """A fortnight's outage takes nothing from the rate, and what came at once after it adds nothing."""
    news = [(MONDAY + timedelta(days=day), 10) for day in range(1, 14)]
    outage = (MONDAY + timedelta(days=13, hours=1), MONDAY + timedelta(days=28))
    rhythm = learned([*news, (MONTH, 500)], MONDAY, MONTH, interval=HOUR, unheard=[outage])
    assert rhythm is not None
    assert sum(rhythm.hourly) / 7 == pytest.approx(10, rel=0.02)
    assert rhythm.weeks == pytest.approx(13 / 7, rel=0.02)


def test_a_declaration_weighs_three_days() -> None:
    """After three empty days half of what was declared is expected; before one day nothing is learned."""
    rhythm = learned([], MONDAY, MONDAY + timedelta(days=3), interval=HOUR, declared=12.0)
    assert rhythm is not None
    assert sum(rhythm.hourly) / 7 == pytest.approx(6)
    assert learned([], MONDAY, MONDAY + 23 * HOUR, interval=HOUR, declared=12.0) is None


def test_two_polls_of_one_instant_both_count() -> None:
    """Nothing is lost where clocks stand still."""
    at = MONDAY + 50 * HOUR
    rhythm = learned([(at, 3), (at, 4)], MONDAY, MONTH, interval=HOUR)
    assert rhythm is not None
    assert sum(rhythm.hourly) == pytest.approx(7 / 4)
