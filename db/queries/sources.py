"""What is known of each feed?"""

from datetime import timedelta

from sqlalchemy import Connection, func, select

from db.codec import manners_from_json, manners_to_json, rhythm_from_bytes
from db.columns import Found, Values
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
    "full_at",
    "listed",
    "newest",
    "gap_at",
    "clock_skew",
    "manners",
)
"""What a poll writes."""
_OTHERS = ("rhythm", "paused_since", "paused_until")
STATE_COLUMNS = [feeds.c.id, *(feeds.c[name] for name in (*STATE, *_OTHERS))]
_CODED = frozenset({"listed", "clock_skew", "manners", "rhythm"})
_PLAIN = tuple(name for name in (*STATE, *_OTHERS) if name not in _CODED)


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
    return FeedState(
        feed_id=row.id,
        listed=row.listed or 0,
        clock_skew=None if row.clock_skew is None else timedelta(seconds=row.clock_skew),
        manners=manners_from_json(row.manners),
        rhythm=rhythm_from_bytes(row.rhythm),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def state_values(state: FeedState) -> Values:
    """Return what a poll writes of a feed's memory, by column."""
    row: Values = {name: getattr(state, name) for name in STATE}
    skew = state.clock_skew
    row["clock_skew"] = None if skew is None else round(skew.total_seconds())
    row["manners"] = manners_to_json(state.manners)
    return row
