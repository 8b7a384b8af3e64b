"""Is the service well, and what is kept for its own sake? Status, heartbeats, snapshots, pruning."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, text, true, update
from sqlalchemy.dialects import postgresql, sqlite

from db.columns import storable
from db.models import articles, deliveries, entries, feeds, heartbeats, polls, snapshots
from db.queries.sources import source_rows
from db.queries.status import status_counts
from db.store.part import StorePart
from monitor.domain.ports import SourceRow, StatusCounts

SNAPSHOTS_KEPT = 20

# What can be leased at all: the conditions of the partial indexes, so that no table is read whole.
_LEASED = (
    (feeds, true()),
    (entries, entries.c.page_due.is_not(None)),
    (articles, articles.c.matched_at.is_(None)),
    (deliveries, text("state IN ('todo', 'sending', 'in_doubt')")),
)


class OperationStore(StorePart):
    """What operators ask, and what the daemon notes for them."""

    def feed_states(self) -> list[SourceRow]:
        """See `Store.feed_states`."""
        with self.database.reading() as connection:
            return source_rows(connection)

    def status(self, now: datetime) -> StatusCounts:
        """See `Store.status`."""
        with self.database.reading() as connection:
            return status_counts(connection, self.database, now)

    def release_leases(self, now: datetime) -> None:
        """See `Store.release_leases`."""
        with self.database.writing() as connection:
            for table, open_rows in _LEASED:
                leased = update(table).where(open_rows, table.c.claimed_until > now)
                connection.execute(leased.values(claimed_until=now))

    def hasten_feeds(self, feed_ids: Sequence[str], now: datetime) -> None:
        """See `Store.hasten_feeds`."""
        with self.database.writing() as connection:
            connection.execute(update(feeds).where(feeds.c.id.in_(feed_ids)).values(next_due=now))

    def heartbeat(self, stage: str, now: datetime) -> None:
        """See `Store.heartbeat`."""
        row = storable("heartbeats", [{"stage": stage, "at": now}], ("stage",))[0]
        with self.database.writing() as connection:
            dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
            connection.execute(
                dialect.insert(heartbeats).on_conflict_do_update(index_elements=["stage"], set_={"at": now}),
                row,
            )

    def save_snapshot(self, digest: str, files: str, now: datetime) -> None:
        """See `Store.save_snapshot`. The same one again only becomes newer."""
        row = storable("snapshots", [{"digest": digest, "files": files, "kept_at": now}], ("digest",))[0]
        with self.database.writing() as connection:
            latest = connection.execute(_latest).first()
            if latest is not None and latest.digest == digest and latest.files == files:
                connection.execute(update(snapshots).where(snapshots.c.id == latest.id).values(kept_at=now))
            else:
                connection.execute(insert(snapshots), row)

    def last_snapshot(self) -> tuple[str, str, datetime] | None:
        """See `Store.last_snapshot`."""
        with self.database.reading() as connection:
            latest = connection.execute(_latest).first()
        return None if latest is None else (latest.digest, latest.files, latest.kept_at)

    def prune(self, now: datetime, keep_polls: timedelta) -> dict[str, int]:
        """See `Store.prune`. Polls older than `keep_polls` go, and all but the last 20 snapshots."""
        newest = select(snapshots.c.id).order_by(snapshots.c.id.desc()).limit(SNAPSHOTS_KEPT)
        with self.database.writing() as connection:
            old_polls = connection.execute(delete(polls).where(polls.c.at < now - keep_polls))
            old_snapshots = connection.execute(delete(snapshots).where(snapshots.c.id.not_in(newest)))
        return {"polls": old_polls.rowcount, "snapshots": old_snapshots.rowcount}


_latest = select(snapshots).order_by(snapshots.c.id.desc()).limit(1)
