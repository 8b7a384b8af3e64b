"""Is another daemon at work on the same data?"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from db.engine import Database
from monitor.domain.errors import AlreadyRunning, StoreError

LOCK_FILE = "daemon.lock"
_DAEMON_LOCK = 0x6E65_7773_0002


@contextmanager
def single_daemon(url: str) -> Iterator[None]:
    """Hold the daemon's lock while the block runs; the operating system or the server frees it after a crash.

    On SQLite it is a lock on the file `daemon.lock` in the database's folder, on PostgreSQL an
    advisory lock of a connection kept for it. Neither waits.

    Raises:
        AlreadyRunning: another process holds it.
        StoreError: the folder or the server cannot be reached.
    """
    database = Database(url)
    try:
        with _file_lock(database.file.parent) if database.file else _server_lock(database):
            yield
    finally:
        database.close()


@contextmanager
def _file_lock(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"cannot lock the folder {folder}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"another Newsmon (process {owner or 'unknown'}) works on {folder}; stop it first"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def _server_lock(database: Database) -> Iterator[None]:
    with database.session() as connection:
        held = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _DAEMON_LOCK})
        if not held.scalar():
            raise AlreadyRunning("another Newsmon works on this database; stop it first")
        yield
