"""How is a value written into a column? Instants as UTC, long keys as digests, words free of poison."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, DateTime, Integer, Row, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from monitor.domain.instants import require_utc

LONGEST_KEY = 200
"""Characters of an indexed word (ids, keys, occasions): PostgreSQL refuses index rows above 2.7 kB."""

Values = dict[str, Any]
"""A row to write, by column."""

Found: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row that a query found; its columns are its attributes."""

# SQLite counts its rows itself only where the type is spelled INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: `timestamptz` on PostgreSQL, text like 2026-11-23T09:14:00.000000Z on SQLite.

    The text has one length, so it sorts and compares as time does, and SQLite's own date functions
    read it. Anything but an aware UTC datetime is refused on the way in.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type on this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Return what the driver is given."""
        if value is None:
            return None
        require_utc("instant", value)
        if dialect.name == "sqlite":
            return value.isoformat(timespec="microseconds")[:-6] + "Z"
        return value

    def process_result_value(
        self,
        value: datetime | str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """Return what was stored, with `datetime.UTC` as its zone on both databases."""
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value if value is None else value.astimezone(UTC)


def digest(value: str) -> bytes:
    """Return the 16 bytes under which a long text is indexed (BLAKE2b)."""
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def require_storable(name: str, value: str) -> None:
    """Refuse text that one of the databases cannot hold.

    SQLite takes a NUL and PostgreSQL does not; neither takes a lone surrogate.

    Raises:
        ValueError: naming the field.
    """
    if "\0" in value:
        raise ValueError(f"{name} holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{name} holds a lone surrogate") from error


def storable(table: str, rows: Sequence[Values], keys: Iterable[str] = ()) -> Sequence[Values]:
    """Return `rows` unchanged when every text in them can be stored on both databases.

    `table` names the rows in the error; `keys` are the columns that are indexed, and so bounded.

    Raises:
        ValueError: naming table and column of the first text that cannot.
    """
    for row in rows:
        for name, value in row.items():
            if type(value) is str:
                require_storable(f"{table}.{name}", value)
        require_short(table, row, keys)
    return rows


def require_short(table: str, row: Mapping[str, Any], keys: Iterable[str]) -> None:
    """Refuse an indexed text that is longer than LONGEST_KEY characters.

    Raises:
        ValueError: naming table and column.
    """
    for key in keys:
        if len(row[key]) > LONGEST_KEY:
            raise ValueError(f"{table}.{key} is longer than {LONGEST_KEY} characters")
