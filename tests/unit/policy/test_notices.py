"""When is the operator told of sources?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from sources_watched import DAY, HOUR, NOW, episode, failing, feed, watched

from monitor.domain.health import FAULTS, Health, HealthMails
from monitor.policy.health import seen
from monitor.policy.notices import lasts, uncovered, weekly_due

MAILS = HealthMails(
    to="desk@example.org",
    weekday=0,
    hour=8,
    minute=30,
    timezone="Asia/Almaty",
    notices=True,
    persistent_after=DAY,
)


@pytest.mark.parametrize("state", sorted(FAULTS))
def test_a_fault_is_told_of_after_a_day(state: Health) -> None:
    """Of a source with many entries, and of one of which nobody knows how many."""
    for usual in (None, 40.0):
        for hours, told in ((23, False), (24, True)):
            one = episode(state, NOW - hours * HOUR)
            assert lasts(one, known_since=NOW - 9 * DAY, usual=usual, mails=MAILS, now=NOW) is told


@pytest.mark.parametrize(("usual", "days"), [(3.0, 1), (1.0, 3), (0.5, 6), (0.01, 7)])
def test_a_rare_source_is_waited_for(usual: float, days: int) -> None:
    """Three times its usual gap, at most a week."""
    for span, told in ((days * DAY - HOUR, False), (days * DAY, True)):
        one = episode(Health.FAILING, NOW - span)
        assert lasts(one, known_since=NOW - 99 * DAY, usual=usual, mails=MAILS, now=NOW) is told


def test_what_is_no_fault_and_what_is_older_than_its_source_are_not_told_at_once() -> None:
    """A pause is meant, a gap is over; a feed that was dead before it was added gets its day."""
    for state in set(Health) - FAULTS:
        one = episode(state, NOW - 99 * DAY)
        assert not lasts(one, known_since=NOW - 99 * DAY, usual=None, mails=MAILS, now=NOW)
    stale = episode(Health.STALE, NOW - 99 * DAY)
    assert not lasts(stale, known_since=NOW - HOUR, usual=None, mails=MAILS, now=NOW)


MONDAY = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
"""08:30 in Almaty."""


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (MONDAY, None, date(2026, 11, 23)),
        (MONDAY - timedelta(minutes=1), None, None),
        (MONDAY + 23 * HOUR, None, date(2026, 11, 23)),
        (MONDAY + 24 * HOUR, None, None),
        (MONDAY, "2026-11-16", date(2026, 11, 23)),
        (MONDAY + HOUR, "2026-11-23", None),
        (MONDAY - 7 * DAY, "2026-11-23", None),
    ],
)
def test_the_weekly_mail_is_due_on_its_day(now: datetime, last: str | None, due: date | None) -> None:
    """From its local time on for a day, once."""
    assert weekly_due(MAILS, last=last, first_seen=MONDAY - 30 * DAY, now=now) == due


def test_no_weekly_mail_is_for_a_time_before_the_start() -> None:
    """Who starts at noon waits a week; who wants none gets none."""
    assert weekly_due(MAILS, last=None, first_seen=MONDAY + HOUR, now=MONDAY + 2 * HOUR) is None
    never = HealthMails(
        to="a@b.example",
        weekday=None,
        hour=8,
        minute=0,
        timezone="UTC",
        notices=True,
        persistent_after=DAY,
    )
    assert weekly_due(never, last=None, first_seen=MONDAY - DAY, now=MONDAY) is None


def test_countries_and_languages_that_nobody_delivers_for_are_named() -> None:
    """Those with one source that delivers are not; unknown ones do not count."""
    down, up = failing(9, 503, "x"), watched()
    sources = [
        seen(feed(id="a", country="KG", lang="ky"), down, NOW),
        seen(feed(id="b", country="KG", lang="ru"), down, NOW),
        seen(feed(id="c", country="KZ", lang="ru"), up, NOW),
        seen(feed(id="d", country=None, lang=None), down, NOW),
    ]
    assert uncovered(sources) == (
        "country KG: none of 2 delivers",
        "language ky: its one source does not deliver",
    )
    assert uncovered([]) == ()
