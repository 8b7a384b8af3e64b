"""How is a transaction begun, and what does its failure mean? SQLite and PostgreSQL, one manner."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from monitor.domain.errors import StoreBusy, StoreError

BUSY = timedelta(seconds=30)
"""How long a writer waits for another process's lock before it gives up with StoreBusy."""

_SQLITE_BUSY = {5, 6}  # SQLITE_BUSY, SQLITE_LOCKED
# lock_not_available, deadlock_detected, serialization_failure; and unique_violation: every insert
# says ON CONFLICT, so two writers met between a look and a step, and a second try sees the winner.
_POSTGRES_BUSY = {"55P03", "40P01", "40001", "23505"}


def parse_url(url: str) -> URL:
    """Return the address of a database file or a PostgreSQL database.

    Raises:
        StoreError: the URL is no such address.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("not a database URL: use sqlite:///FILE or postgresql://…") from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
            raise StoreError("the database must be a file: use sqlite:///FILE")
        return parsed.set(drivername="sqlite+pysqlite")
    if kind in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreError(f"no support for {kind} databases: use sqlite:///FILE or postgresql://…")


def database_file(url: URL) -> Path | None:
    """Return the file of an SQLite database, None for PostgreSQL."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def place(url: str) -> str:
    """Return where a database is, as people may see it: its file, or its address without the password."""
    parsed = parse_url(url)
    return str(database_file(parsed) or parsed.set(drivername="postgresql").render_as_string())


class Database:
    """An engine, and the two ways to begin a transaction on it: to read and to write."""

    def __init__(self, url: str, busy: timedelta = BUSY) -> None:
        self.url = parse_url(url)
        self.file = database_file(self.url)
        self.engine = _sqlite(self.url, busy) if self.file else _postgres(self.url, busy)
        self._busy = busy
        # SQLite lets one connection write. Threads of one process queue here, fairly and without
        # the polling that busy_timeout does.
        self._writer = threading.Lock() if self.file else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads; on SQLite it sees one state of the database.

        Raises:
            StoreError: the database failed; StoreBusy when only its lock did.
        """
        with _told(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes, committed at the end, undone by any exception.

        Raises:
            StoreBusy: another writer kept the lock too long; nothing was changed.
            StoreError: the database failed; nothing was changed.
        """
        with self._alone(), _told(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Open a connection outside any transaction, for what belongs to a session: a lock, a VACUUM.

        Raises:
            StoreError: the database failed; StoreBusy when only its lock did.
        """
        with _told(), self.engine.connect() as connection:
            # Not the driver's AUTOCOMMIT on SQLite: giving it back would make the driver begin by itself.
            options = {"bare": True} if self.file else {"isolation_level": "AUTOCOMMIT"}
            yield connection.execution_options(**options)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _alone(self) -> AbstractContextManager[None]:
        return self._hold(self._writer) if self._writer else nullcontext()

    @contextmanager
    def _hold(self, lock: threading.Lock) -> Iterator[None]:
        if not lock.acquire(timeout=self._busy.total_seconds()):
            raise StoreBusy("another thread is writing to the database and does not end")
        try:
            yield
        finally:
            lock.release()


def _sqlite(url: URL, busy: timedelta) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": busy.total_seconds(), "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        # A WAL that one long reader made large is cut down again.
        connection.execute("PRAGMA journal_size_limit = 67108864")

    # The driver begins nothing by itself (isolation_level None). A writer takes the lock at once:
    # a deferred BEGIN that turns into a write fails without waiting (reliability.md, finding 7).
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("bare"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    return engine


def _postgres(url: URL, busy: timedelta) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        # In another zone the driver cannot read back what it stored near year 1 and year 9999.
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"SET lock_timeout = {int(busy.total_seconds() * 1000)}")
        connection.commit()

    return engine


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the driver raises into StoreError or StoreBusy, in words for people."""
    try:
        yield
    except DBAPIError as error:
        if _is_busy(error.orig):
            raise StoreBusy(f"the database is busy: {error.orig}") from error
        raise StoreError(f"the database failed: {error.orig}") from error
    except PoolTimeout as error:
        raise StoreBusy("all database connections are in use") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database failed: {error}") from error


def _is_busy(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_BUSY
    return getattr(error, "sqlstate", None) in _POSTGRES_BUSY
