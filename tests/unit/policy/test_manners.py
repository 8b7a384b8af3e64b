"""When may a feed be asked? What caches, feeds and their hours and days say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.feeds import Manners
from monitor.policy.manners import asked_wait, fresh_for, welcome_from

NOW = datetime(2026, 11, 23, 12, 20, 30, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, s-maxage=9, Max-Age = "600"'}, 600),
        ({"cache-control": "max-age=600", "age": "590"}, 10),
        ({"cache-control": "max-age=600", "age": "700"}, 0),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "max-age=600", "expires": "Mon, 23 Nov 2026 18:20:30 GMT"}, 600),
        ({"cache-control": "no-cache", "expires": "Mon, 23 Nov 2026 18:20:30 GMT"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"expires": "Mon, 23 Nov 2026 12:30:30 GMT"}, 600),
        ({"expires": "Mon, 23 Nov 2026 14:00:00 GMT", "date": "Mon, 23 Nov 2026 13:50:00 GMT"}, 600),
        ({"expires": "Mon, 23 Nov 2020 12:30:30 GMT"}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
    ],
)
def test_answers_stay_fresh_as_long_as_they_say(headers: dict[str, str], seconds: int) -> None:
    """max-age goes before Expires; age is taken off; what is not understood says nothing (RFC 9111)."""
    assert fresh_for(headers, NOW) == timedelta(seconds=seconds)


def test_the_longest_wish_counts() -> None:
    """Of ttl, cache and Retry-After the longest is what is asked."""
    ttl = Manners(ttl=2 * HOUR)
    assert asked_wait(ttl, {}, NOW) == 2 * HOUR
    assert asked_wait(ttl, {"cache-control": "max-age=10800"}, NOW) == 3 * HOUR
    assert asked_wait(ttl, {"cache-control": "max-age=10800", "retry-after": "14400"}, NOW) == 4 * HOUR
    assert asked_wait(Manners(), {}, NOW) == timedelta()


@pytest.mark.parametrize(
    ("manners", "from_"),
    [
        (Manners(), NOW),
        (Manners(skip_hours=frozenset({11, 13})), NOW),
        (Manners(skip_hours=frozenset({12})), NOW.replace(hour=13, minute=0, second=0)),
        (Manners(skip_hours=frozenset({12, 13, 14})), NOW.replace(hour=15, minute=0, second=0)),
        (Manners(skip_days=frozenset({0})), NOW.replace(day=24, hour=0, minute=0, second=0)),
        (
            Manners(skip_days=frozenset({0}), skip_hours=frozenset({0})),
            NOW.replace(day=24, hour=1, minute=0, second=0),
        ),
        (Manners(skip_hours=frozenset(range(24))), NOW),
        (Manners(skip_days=frozenset(range(7))), NOW),
    ],
)
def test_hours_and_days_are_skipped(manners: Manners, from_: datetime) -> None:
    """A poll that is due in a skipped hour waits for the first that is not; nobody is skipped for ever."""
    assert welcome_from(manners, NOW) == from_


@given(
    hours=st.frozensets(st.integers(0, 23)),
    days=st.frozensets(st.integers(0, 6)),
    due=st.timedeltas(timedelta(), timedelta(days=365)).map(lambda passed: NOW + passed),
)
def test_a_poll_is_never_sooner_and_never_unwelcome(
    hours: frozenset[int], days: frozenset[int], due: datetime
) -> None:
    """The instant is at or after the one asked for, and welcome unless none is."""
    at = welcome_from(Manners(skip_hours=hours, skip_days=days), due)
    assert due <= at <= due + timedelta(weeks=1)
    if len(hours) < 24 and len(days) < 7:
        assert at.hour not in hours
        assert at.weekday() not in days
