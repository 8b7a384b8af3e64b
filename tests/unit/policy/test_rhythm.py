"""How many entries are expected, and when? Sums over the hours of a week."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.feeds import Rhythm
from monitor.policy.rhythm import HOURS_OF_WEEK, expected, steady, when_expected

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
