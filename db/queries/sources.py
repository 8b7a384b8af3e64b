"""What is known of each feed?"""

from sqlalchemy import Connection, func, select

from db.columns import Found
from db.models import entries, feeds
from monitor.domain.feeds import FeedState
from monitor.domain.records import SourceRow

STATE = (
    "url",
    "next_due",
    "etag",
    "last_modified",
    "body_hash",
    "item_hashes",
    "failure_points",
    "failing_since",
    "last_error",
    "last_polled",
    "last_success",
    "first_success",
    "moved_to",
    "moved_seen",
    "gone_since",
)
STATE_COLUMNS = [feeds.c.id, *(feeds.c[name] for name in STATE)]


def source_rows(connection: Connection) -> list[SourceRow]:
    """Return every configured feed's memory and counts, by id. Polls are counted since it was added."""
    counts: dict[str, int] = dict(
        connection.execute(select(entries.c.feed_id, func.count()).group_by(entries.c.feed_id)).all()
    )
    query = (
        select(*STATE_COLUMNS, feeds.c.last_entry, feeds.c.polls, feeds.c.failures)
        .where(feeds.c.configured)
        .order_by(feeds.c.id)
    )
    return [
        SourceRow(
            state=feed_state(row),
            entries=counts.get(row.id, 0),
            last_entry=row.last_entry,
            polls=row.polls,
            failures=row.failures,
        )
        for row in connection.execute(query)
    ]


def feed_state(row: Found) -> FeedState:
    """Return a feed's memory from a row of `feeds`."""
    return FeedState(feed_id=row.id, **{name: getattr(row, name) for name in STATE})
