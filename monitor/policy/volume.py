"""Does a source bring clearly fewer or more entries than it used to, or none though many were expected?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import log, log1p, sqrt
from statistics import median

from monitor.domain.feeds import Rhythm
from monitor.policy.rhythm import expected

WINDOW = timedelta(days=28)

_DAY = timedelta(days=1)
_RECENT = 3
_BASELINE = 14
_LOW, _CLEARLY_LOW, _HIGH = -1.5, -3.5, 4.0
_MANY_TIMES, _MANY_MORE = 3, 30
_UNLIKELY = log(1000)
_LONGER = 1.5
_MEDIAN_OF_SQUARES = 0.455  # of a standard normal variable: chi squared with one degree of freedom
_ONE_HOUR_IS_NONE = timedelta(hours=6)
_UNSURE = timedelta(days=3)
_SURE_AFTER = 2.0
_A_FEW = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What came of late beside what usually comes: entries, and since when."""

    came: int
    usual: float
    since: datetime


def daily(news: Sequence[tuple[datetime, int]], last: date, days: int) -> tuple[int, ...]:
    """Return the new entries of each of so many UTC days, `last` the last of them."""
    first = last - timedelta(days=days - 1)
    counts = [0] * days
    for at, number in news:
        place = (at.date() - first).days
        if 0 <= place < days:
            counts[place] += number
    return tuple(counts)


def whole_days(
    news: Sequence[tuple[datetime, int]],
    start: datetime,
    end: datetime,
    unheard: Sequence[tuple[datetime, datetime]],
) -> dict[date, int]:
    """Return the new entries of each UTC day that lies whole in the window and in no span of `unheard`."""
    counts: dict[date, int] = {}
    day = start.date() if start.timetz() == time(tzinfo=UTC) else start.date() + _DAY
    while day < end.date():
        begins = datetime.combine(day, time(), UTC)
        if not any(first < begins + _DAY and last > begins for first, last in unheard):
            counts[day] = 0
        day += _DAY
    for at, number in news:
        if at.date() in counts:
            counts[at.date()] += number
    return counts


def slow(days: Mapping[date, int], today: date) -> Volume | None:
    """Return the last three days where each brought clearly fewer entries than its weekday does.

    Counts are compared as square roots (Anscombe), so that their spread is one whatever their size; a
    weekday's usual count is the median of the weeks before, the spread of the source the median of the
    distances (MAD), at least that of chance. All together at most half of the usual must have come.
    """
    recent = [today - _DAY * back for back in range(_RECENT, 0, -1)]
    before = {day: number for day, number in days.items() if day < recent[0]}
    if len(before) < _BASELINE or not all(day in days for day in recent):
        return None
    usual, spread = _usual(before), _spread(before)
    distances = [_root(days[day]) - _root(usual[day.weekday()]) for day in recent]
    came, normal = sum(days[day] for day in recent), sum(usual[day.weekday()] for day in recent)
    clear = sum(distances) / (spread * sqrt(_RECENT)) <= _CLEARLY_LOW
    if max(distances) > _LOW or not clear or came > normal / 2:
        return None
    return Volume(came=came, usual=normal, since=datetime.combine(recent[0], time(), UTC))


def surge(days: Mapping[date, int], today: date) -> Volume | None:
    """Return yesterday where it brought far more entries than its weekday does."""
    yesterday = today - _DAY
    before = {day: number for day, number in days.items() if day < yesterday}
    if len(before) < _BASELINE or yesterday not in days:
        return None
    came, usual = days[yesterday], _usual(before)[yesterday.weekday()]
    far = (_root(came) - _root(usual)) / _spread(before) >= _HIGH
    if not far or came < _MANY_TIMES * usual or came < usual + _MANY_MORE:
        return None
    return Volume(came=came, usual=usual, since=datetime.combine(yesterday, time(), UTC))


def silent(
    news: Sequence[tuple[datetime, int]],
    days: Mapping[date, int],
    rhythm: Rhythm,
    *,
    last: datetime,
    heard: datetime,
    unheard: Sequence[tuple[datetime, datetime]] = (),
) -> bool:
    """Tell whether nothing new from `last` to `heard` is very improbable for a feed of this rhythm.

    If entries came singly and the rate were known, none would come with the probability exp(−expected).
    A rate learned from n entries is itself uncertain: (1 + expected/n)^−n. And outlets publish in
    bunches, so both numbers are divided by how much more the days differ than chance would have it.
    Below 1 in 1,000, and where more was missed than in any pause of the last weeks by half, it is a
    silence. A single bad hour never is; what was declared, or watched for less than two weeks, is
    believed after three days.

    Args:
        news: polls that brought new entries, oldest first.
        days: the entries of whole days.
        rhythm: what is expected.
        last: when the last new entry was seen.
        heard: when the feed last answered well.
        unheard: spans in which it could not be heard.
    """
    patience = _ONE_HOUR_IS_NONE if rhythm.weeks >= _SURE_AFTER else _UNSURE
    if heard - last < patience:
        return False
    missed = expected(rhythm, last, heard)
    bunching = _bunching(days, rhythm, last.date())
    known = sum(rhythm.hourly) * (rhythm.weeks or _SURE_AFTER) / bunching
    if not missed or known * log1p(missed / bunching / known) < _UNLIKELY:
        return False
    instants = [at for at, _ in news if at <= last]
    pauses = [
        expected(rhythm, first, second)
        for first, second in pairwise(instants)
        if not any(begin < second and end > first for begin, end in unheard)
    ]
    return missed > _LONGER * max(pauses, default=0.0)


def _bunching(days: Mapping[date, int], rhythm: Rhythm, last: date) -> float:
    """Return how much more the days up to `last` differ than chance would have it, at least 1."""
    squares = []
    for day, number in days.items():
        mean = sum(rhythm.hourly[day.weekday() * 24 : day.weekday() * 24 + 24])
        if day <= last and mean > _A_FEW:
            squares.append((number - mean) ** 2 / mean)
    return max(1.0, median(squares) / _MEDIAN_OF_SQUARES) if squares else 1.0


def _usual(days: Mapping[date, int]) -> list[float]:
    """Return the median count of each weekday; a fortnight has every weekday twice, whatever is missing.

    A weekday that was never heard whole counts as any other.
    """
    whole = float(median(days.values()))
    by_weekday: list[list[int]] = [[] for _ in range(7)]
    for day, number in days.items():
        by_weekday[day.weekday()].append(number)
    return [float(median(counts)) if counts else whole for counts in by_weekday]


def _spread(days: Mapping[date, int]) -> float:
    """Return how far a day lies from its weekday's usual count (MAD, as a standard deviation), at least 1."""
    usual = _usual(days)
    distances = [abs(_root(number) - _root(usual[day.weekday()])) for day, number in days.items()]
    return max(1.0, 1.4826 * median(distances))


def _root(count: float) -> float:
    """Return a count so that chance moves it by about one (Anscombe 1948)."""
    return 2 * sqrt(count + 3 / 8)
