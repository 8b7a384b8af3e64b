"""How many new entries are expected of a feed, and when will the next one come?"""

from datetime import datetime, timedelta

from monitor.domain.feeds import Rhythm

HOURS_OF_WEEK = 168
_HOUR = timedelta(hours=1)


def steady(per_day: float) -> Rhythm:
    """Return the rhythm of a feed of which only a number of entries a day is known."""
    return Rhythm(hourly=(per_day / 24,) * HOURS_OF_WEEK, weeks=0.0)


def expected(rhythm: Rhythm, start: datetime, end: datetime) -> float:
    """Return how many new entries are expected between two instants, aware UTC; 0 for none."""
    total = 0.0
    whole_weeks = max((end - start) // timedelta(weeks=1), 0)
    if whole_weeks:
        total = whole_weeks * sum(rhythm.hourly)
        start += whole_weeks * timedelta(weeks=1)
    while start < end:
        stop = min(_next_hour(start), end)
        total += rhythm.hourly[_hour_of_week(start)] * ((stop - start) / _HOUR)
        start = stop
    return total


def when_expected(rhythm: Rhythm, start: datetime, entries: float, longest: timedelta) -> datetime:
    """Return the instant by which so many new entries are expected, at most `longest` after `start`."""
    latest = start + longest
    while start < latest:
        stop = _next_hour(start)
        rate = rhythm.hourly[_hour_of_week(start)]
        coming = rate * ((stop - start) / _HOUR)
        if coming >= entries:
            return min(start + _HOUR * (entries / rate), latest) if rate else start
        entries -= coming
        start = stop
    return latest


def _hour_of_week(instant: datetime) -> int:
    return instant.weekday() * 24 + instant.hour


def _next_hour(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0) + _HOUR
