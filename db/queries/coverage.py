"""Which feeds do not deliver what they should, and what does that mean for a reader?"""

from sqlalchemy import Connection, select

from db.models import episodes, feeds
from db.queries.health import episode
from monitor.domain.alerts import CoverageNote
from monitor.policy.coverage import leading, note


def coverage_notes(connection: Connection) -> list[CoverageNote]:
    """Return a note for each configured feed with an open episode that concerns a reader, worst first."""
    query = (
        select(episodes, feeds.c.outlet)
        .join(feeds, feeds.c.id == episodes.c.feed_id)
        .where(feeds.c.configured, episodes.c.until.is_(None))
    )
    rows = connection.execute(query).all()
    outlets = {row.feed_id: row.outlet for row in rows}
    return [
        CoverageNote(feed_id=one.feed_id, outlet=outlets[one.feed_id], text=note(one))
        for one in leading(episode(row) for row in rows)
    ]
