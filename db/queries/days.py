"""How many stories were flagged on each day?"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from db.models import stories


def flagged_stories(connection: Connection, first: date, last: date, timezone: str) -> list[tuple[str, int]]:
    """Return (ISO date, stories first flagged then) for each local day from `first` to `last`.

    A day is the wall clock's: 23 or 25 hours long where the clock changes.
    """
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, time.min, zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), time.min, zone).astimezone(UTC)
    query = select(stories.c.flagged_at).where(stories.c.flagged_at >= start, stories.c.flagged_at < end)
    counted = Counter(at.astimezone(zone).date() for at in connection.execute(query).scalars())
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [(day.isoformat(), counted[day]) for day in days]
