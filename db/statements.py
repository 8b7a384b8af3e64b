"""Which statements do all parts of the store share? Leases, inserts that skip, lists cut to size."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, or_, update
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

MOST_IN_ONE = 500
"""Values in one IN list, well below what SQLite binds at most."""


def free(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row is not leased at `:now`."""
    claimed = table.c.claimed_until
    return or_(claimed.is_(None), claimed <= bindparam("now"))


def claim(
    connection: Connection, query: Select[Any], table: Table, now: datetime, until: datetime
) -> Sequence[Row[Any]]:
    """Run `query` (its first column is the id) and lease what it finds of `table` until `until`.

    On PostgreSQL rows that another claimer holds are passed over, not waited for; on SQLite the
    transaction itself keeps others out.
    """
    rows = connection.execute(query.with_for_update(of=table, skip_locked=True), {"now": now}).all()
    if rows:
        connection.execute(
            update(table).where(table.c.id == bindparam("b_id")).values(claimed_until=until),
            [{"b_id": row[0]} for row in rows],
        )
    return rows


def insert_new(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that leaves rows alone which a unique key already knows."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the values in lists that fit into one statement."""
    remaining = iter(values)
    while chunk := list(islice(remaining, MOST_IN_ONE)):
        yield chunk
