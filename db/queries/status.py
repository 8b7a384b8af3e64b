"""How is the service doing? The figures of `newsmon status`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, distinct, func, select, text

from db.columns import Found
from db.engine import Database
from db.models import alerts, articles, deliveries, entries, feeds, heartbeats, matches, stories
from monitor.domain.alerts import DeliveryState, Kind, Route
from monitor.domain.articles import EntryState
from monitor.domain.records import StatusCounts

_UNSENT = (DeliveryState.TODO.value, DeliveryState.SENDING.value, DeliveryState.IN_DOUBT.value)


def status_counts(connection: Connection, database: Database, now: datetime) -> StatusCounts:
    """Return the figures at `now`.

    A feed is late when it has been due for longer than its own interval, and failing from its first
    failure on. What waits, by the stage it waits for: poll (feeds due), read, match, digest (alerts),
    notify (deliveries on their way). `stories` counts those with a flagged article.
    """
    schedule = connection.execute(
        select(feeds.c.next_due, feeds.c.poll_every, feeds.c.failing_since).where(feeds.c.configured)
    ).all()
    due = [row for row in schedule if row.next_due <= now]
    waiting = _waiting(connection)
    waiting["poll"] = (len(due), min((row.next_due for row in due), default=None))
    beats = dict(connection.execute(select(heartbeats.c.stage, heartbeats.c.at)).all())
    return StatusCounts(
        feeds=len(schedule),
        feeds_due=len(due),
        feeds_late=sum(now - row.next_due > timedelta(seconds=row.poll_every) for row in due),
        feeds_failing=sum(row.failing_since is not None for row in schedule),
        entries=_by_state(connection, entries.c.state, EntryState),
        waiting={stage: count for stage, (count, _) in waiting.items()},
        oldest={stage: oldest for stage, (_, oldest) in waiting.items()},
        articles=_count(connection, articles.c.id),
        flagged=_count(connection, distinct(matches.c.article_id), matches.c.flagged),
        stories=_count(connection, stories.c.id, stories.c.flagged_at.is_not(None)),
        deliveries=_by_state(connection, deliveries.c.state, DeliveryState),
        last_digest=connection.execute(
            select(func.max(deliveries.c.created_at)).where(deliveries.c.kind == Kind.DIGEST.value)
        ).scalar(),
        size_bytes=_size(connection, database),
        heartbeats=beats,
        started_at=beats.get("started"),
    )


def _waiting(connection: Connection) -> dict[str, tuple[int, datetime | None]]:
    """Return how many wait per stage, and since when the first does."""
    queries = {
        "read": select(func.count(), func.min(entries.c.listed_at)).where(
            entries.c.state == EntryState.LISTED.value
        ),
        "match": select(func.count(), func.min(articles.c.read_at)).where(articles.c.matched_at.is_(None)),
        "digest": select(func.count(), func.min(alerts.c.created_at)).where(
            alerts.c.delivery_id.is_(None), alerts.c.route == Route.DIGEST.value
        ),
        "notify": select(func.count(), func.min(deliveries.c.created_at)).where(
            deliveries.c.state.in_(_UNSENT)
        ),
    }
    return {stage: _pair(connection.execute(query).one()) for stage, query in queries.items()}


def _pair(row: Found) -> tuple[int, datetime | None]:
    count, oldest = row
    return count, oldest


def _by_state(connection: Connection, column: Column[str], states: Iterable[StrEnum]) -> dict[str, int]:
    """Return the number of rows in each state, zeros included."""
    counted: dict[str, int] = dict(connection.execute(select(column, func.count()).group_by(column)).all())
    return {state.value: counted.get(state.value, 0) for state in states}


def _count(connection: Connection, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count(column)).where(*conditions)).scalar_one()


def _size(connection: Connection, database: Database) -> int:
    """Return the bytes on disk, what SQLite has not yet merged into its file included."""
    if database.file is None:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    parts = (database.file, database.file.with_name(f"{database.file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
