"""Is the service well, and what is kept for its own sake? Status, heartbeats, snapshots, pruning."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import delete, exists, func, insert, select, text, true, update
from sqlalchemy.dialects import postgresql, sqlite

from db.columns import storable
from db.models import (
    articles,
    deliveries,
    entries,
    episodes,
    feeds,
    heartbeats,
    polls,
    quarantine,
    snapshots,
    topic_versions,
)
from db.queries.sources import source_rows
from db.queries.status import status_counts
from db.store.part import StorePart
from monitor.domain.labels import TopicVersion
from monitor.domain.records import SourceRow, StatusCounts

SNAPSHOTS_KEPT = 20
VERSIONS_KEPT = timedelta(days=400)
QUARANTINE_KEPT = timedelta(days=30)
EPISODES_KEPT = timedelta(days=400)

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

    def save_snapshot(
        self, digest: str, files: str, now: datetime, versions: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """See `Store.save_snapshot`. The same one again only becomes newer."""
        row = storable("snapshots", [{"digest": digest, "files": files, "kept_at": now}], ("digest",))[0]
        with self.database.writing() as connection:
            latest = connection.execute(_latest).first()
            if latest is not None and latest.digest == digest and latest.files == files:
                number = latest.id
                connection.execute(update(snapshots).where(snapshots.c.id == number).values(kept_at=now))
            else:
                number = connection.execute(insert(snapshots).returning(snapshots.c.id), row).scalar_one()
            known = dict(connection.execute(_latest_versions).all())
            changed = [
                {"topic_id": topic, "version": version, "snapshot_id": number, "since": now}
                for topic, version in sorted(versions.items())
                if known.get(topic) != version
            ]
            if changed:
                rows = storable("topic_versions", changed, ("topic_id", "version"))
                connection.execute(insert(topic_versions), rows)

    def topic_versions(self, topic_id: str) -> list[TopicVersion]:
        """See `Store.topic_versions`."""
        mine = select(topic_versions).where(topic_versions.c.topic_id == topic_id)
        with self.database.reading() as connection:
            return [
                TopicVersion(
                    topic_id=row.topic_id, version=row.version, since=row.since, snapshot_id=row.snapshot_id
                )
                for row in connection.execute(mine.order_by(topic_versions.c.id.desc()))
            ]

    def snapshot_files(self, snapshot_id: int) -> str | None:
        """See `Store.snapshot_files`."""
        with self.database.reading() as connection:
            found = connection.execute(select(snapshots.c.files).where(snapshots.c.id == snapshot_id))
            return found.scalar()

    def applied_digest(self) -> str | None:
        """See `Store.applied_digest`."""
        newest = select(snapshots.c.digest).order_by(snapshots.c.id.desc()).limit(1)
        with self.database.reading() as connection:
            return connection.execute(newest).scalar()

    def last_snapshot(self) -> tuple[str, str, datetime] | None:
        """See `Store.last_snapshot`."""
        with self.database.reading() as connection:
            latest = connection.execute(_latest).first()
        return None if latest is None else (latest.digest, latest.files, latest.kept_at)

    def prune(self, now: datetime, keep_polls: timedelta) -> dict[str, int]:
        """See `Store.prune`.

        Polls older than `keep_polls` go; topics' versions that were followed by others over 400 days
        ago; snapshots but the last 20 and those that hold a version that is kept; documents that
        killed no parser for 30 days: another may read them by now; and episodes that ended 400 days ago.
        """
        newest = select(snapshots.c.id).order_by(snapshots.c.id.desc()).limit(SNAPSHOTS_KEPT)
        held = select(topic_versions.c.snapshot_id)
        later = topic_versions.alias()
        followed = exists().where(
            later.c.topic_id == topic_versions.c.topic_id,
            later.c.id > topic_versions.c.id,
            later.c.since < now - VERSIONS_KEPT,
        )
        with self.database.writing() as connection:
            old_polls = connection.execute(delete(polls).where(polls.c.at < now - keep_polls))
            old_versions = connection.execute(delete(topic_versions).where(followed))
            unused = (snapshots.c.id.not_in(newest), snapshots.c.id.not_in(held))
            old_strikes = connection.execute(
                delete(quarantine).where(quarantine.c.last_at < now - QUARANTINE_KEPT)
            )
            old_episodes = connection.execute(delete(episodes).where(episodes.c.until < now - EPISODES_KEPT))
            old_snapshots = connection.execute(delete(snapshots).where(*unused))
        return {
            "polls": old_polls.rowcount,
            "topic_versions": old_versions.rowcount,
            "snapshots": old_snapshots.rowcount,
            "quarantine": old_strikes.rowcount,
            "episodes": old_episodes.rowcount,
        }


_latest = select(snapshots).order_by(snapshots.c.id.desc()).limit(1)
_latest_versions = select(topic_versions.c.topic_id, topic_versions.c.version).where(
    topic_versions.c.id.in_(select(func.max(topic_versions.c.id)).group_by(topic_versions.c.topic_id))
)
