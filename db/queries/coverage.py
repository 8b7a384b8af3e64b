"""Which feeds are not delivering, and what does that mean for a reader?"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select

from db.columns import Found
from db.models import feeds
from monitor.domain.alerts import CoverageNote

SILENT_AFTER = timedelta(hours=24)
MANY_FAILURES = 3.0


def coverage_notes(connection: Connection, now: datetime) -> list[CoverageNote]:
    """Return a note for each configured feed that is gone, or fails for a day or more than three times.

    Worst first: what has been missing longest.
    """
    query = (
        select(feeds.c.id, feeds.c.outlet, feeds.c.failing_since, feeds.c.gone_since, feeds.c.last_error)
        .where(
            feeds.c.configured,
            or_(
                feeds.c.gone_since.is_not(None),
                feeds.c.failing_since <= now - SILENT_AFTER,
                feeds.c.failure_points > MANY_FAILURES,
            ),
        )
        .order_by(feeds.c.id)
    )
    rows = sorted(connection.execute(query), key=lambda row: _since(row) or now)
    return [CoverageNote(feed_id=row.id, outlet=row.outlet, text=_wording(row)) for row in rows]


def _since(row: Found) -> datetime | None:
    since: datetime | None = row.gone_since or row.failing_since
    return since


def _wording(row: Found) -> str:
    if row.gone_since:
        return f"gone for good since {_instant(row.gone_since)}: the outlet ended this feed; look for another"
    since = f" since {_instant(row.failing_since)}" if row.failing_since else ""
    cause = f" ({row.last_error})" if row.last_error else ""
    return f"not reachable{since}{cause}: what it published may be missing"


def _instant(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
