"""How many new entries are expected of a feed, and when will the next one come?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.domain.feeds import Rhythm

HOURS_OF_WEEK = 168
_HOUR = timedelta(hours=1)
_LEAST_HEARD = 24.0
_DECLARED_DAYS = 3.0
_EVENLY_BY_DAY, _EVENLY_BY_HOUR = 4.0, 2.0
"""Entries that every weekday, and every hour of the day, is taken to have seen before it saw any."""
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=1)


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


def learned(
    news: Sequence[tuple[datetime, int]],
    start: datetime,
    end: datetime,
    *,
    interval: timedelta,
    unheard: Sequence[tuple[datetime, datetime]] = (),
    declared: float | None = None,
) -> Rhythm | None:
    """Return the rhythm that a feed showed from `start` to `end`; None before it showed a whole day.

    A weekday and an hour of the day count in part as the average does, the more so the fewer entries
    there were, as if some had come evenly: a feed of three entries has a rate, and hardly an hour. The
    week's sum is what came, drawn towards the declaration where there is one, with the weight of three
    days.

    Args:
        news: polls that brought new entries: when, how many; oldest first.
        start: the first instant that counts, aware UTC.
        end: the last.
        interval: how long before a poll its entries may have appeared: they are spread over it.
        unheard: spans in which the feed could not be heard; neither their hours nor their entries count.
        declared: entries a day as people expect them, None where nobody knows.
    """
    hours = _heard(start, end, unheard)
    heard = sum(hours)
    if heard < _LEAST_HEARD:
        return None
    came = _spread(
        [poll for poll in news if start <= poll[0] <= end and not _within(poll[0], unheard)], interval
    )
    total = sum(came)
    rate = total / heard
    if declared is not None:
        rate = (total + declared * _DECLARED_DAYS) / (heard + 24 * _DECLARED_DAYS)
    days = [_factor(came, hours, rate, range(day * 24, day * 24 + 24), _EVENLY_BY_DAY) for day in range(7)]
    clock = [
        _factor(came, hours, rate, range(hour, HOURS_OF_WEEK, 24), _EVENLY_BY_HOUR) for hour in range(24)
    ]
    shape = [days[hour // 24] * clock[hour % 24] for hour in range(HOURS_OF_WEEK)]
    scale = rate * HOURS_OF_WEEK / sum(shape)
    return Rhythm(hourly=tuple(part * scale for part in shape), weeks=heard / HOURS_OF_WEEK)


def _factor(came: Sequence[float], hours: Sequence[float], rate: float, cells: range, evenly: float) -> float:
    """Return how many times the average rate these hours have, drawn towards 1 where little is known."""
    usual = rate * sum(hours[cell] for cell in cells)
    return (sum(came[cell] for cell in cells) + evenly) / (usual + evenly)


def _heard(start: datetime, end: datetime, unheard: Sequence[tuple[datetime, datetime]]) -> list[float]:
    """Return how many hours of each hour of the week lie in the window and in no span of `unheard`."""
    hours = [0.0] * HOURS_OF_WEEK
    at = start
    while at < end:
        stop = min(_next_hour(at), end)
        if not _within(at, unheard):
            hours[_hour_of_week(at)] += (stop - at) / _HOUR
        at = stop
    return hours


def _within(at: datetime, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(first <= at <= last for first, last in spans)


def _spread(news: Sequence[tuple[datetime, int]], interval: timedelta) -> list[float]:
    """Return the entries by hour of the week, each poll's spread over the time they may have come in."""
    came = [0.0] * HOURS_OF_WEEK
    before: datetime | None = None
    for at, number in news:
        begin = at - min(max(interval, _SHORTEST), _LONGEST)
        if before is not None:
            begin = max(begin, min(before, at - _SHORTEST))
        share = number / ((at - begin) / _HOUR)
        while begin < at:
            stop = min(_next_hour(begin), at)
            came[_hour_of_week(begin)] += share * ((stop - begin) / _HOUR)
            begin = stop
        before = at
    return came
