"""When is the operator told of sources: which faults have lasted, and is the weekly mail due?"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.domain.health import FAULTS, Episode, HealthMails, SourceHealth

AT_MOST_EVERY = timedelta(hours=6)
"""A notice follows another no sooner: what comes up meanwhile goes into the next."""

_GAPS = 3
_LONGEST_WAIT = timedelta(days=7)


def lasts(
    episode: Episode, *, known_since: datetime, usual: float | None, mails: HealthMails, now: datetime
) -> bool:
    """Tell whether a fault has lasted long enough to be told of at `now`.

    That is `persistent_after`, or three times the usual gap between two entries where that is longer, at
    most a week: nobody misses a monthly newsletter for an afternoon. It counts from when the source was
    known, however long ago its fault began.

    Args:
        episode: what holds.
        known_since: when the source was added.
        usual: entries a day, None where nobody knows.
        mails: the operator's wishes.
        now: aware UTC.
    """
    if episode.state not in FAULTS:
        return False
    gaps = timedelta(days=min(_GAPS / usual, _LONGEST_WAIT.days)) if usual else timedelta()
    return now - max(episode.since, known_since) >= max(mails.persistent_after, gaps)


def weekly_due(mails: HealthMails, *, last: str | None, first_seen: datetime, now: datetime) -> date | None:
    """Return the local date whose weekly mail is due at `now`, or None; there is one for each such date.

    A start that is late by up to a day still makes it. None is made for a time before `first_seen`.
    """
    if mails.weekday is None:
        return None
    zone = ZoneInfo(mails.timezone)
    local = now.astimezone(zone)
    day = local.date()
    if local.time() < time(mails.hour, mails.minute):
        day -= timedelta(days=1)
    at = datetime.combine(day, time(mails.hour, mails.minute), zone).astimezone(UTC)
    told = last is not None and last >= day.isoformat()
    return None if day.weekday() != mails.weekday or at < first_seen or told else day


def uncovered(sources: Sequence[SourceHealth]) -> tuple[str, ...]:
    """Return the countries and languages of which no source delivers, each with how many there are."""
    return (
        *_uncovered("country", ((source.country, source.delivers) for source in sources)),
        *_uncovered("language", ((source.lang, source.delivers) for source in sources)),
    )


def _uncovered(kind: str, sources: Iterable[tuple[str | None, bool]]) -> list[str]:
    delivering: dict[str, list[bool]] = {}
    for name, delivers in sources:
        if name is not None:
            delivering.setdefault(name, []).append(delivers)
    return [
        f"{kind} {name}: none of {len(all_)} delivers"
        if len(all_) > 1
        else f"{kind} {name}: its one source does not deliver"
        for name, all_ in sorted(delivering.items())
        if not any(all_)
    ]
