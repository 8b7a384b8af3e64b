"""How is a database copied while it is in use, so that the copy is known to be good?"""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, func, select, text

from db.checks import check
from db.engine import Database
from db.models import metadata
from db.schema import require_current
from monitor.domain.errors import StoreError


def backup(url: str, target: Path) -> dict[str, int]:
    """Write a whole copy of the database to `target`; return its number of rows per table.

    SQLite: a compact database of its own (VACUUM INTO), one state of the data however many write
    meanwhile, checked before it gets its name. PostgreSQL: an archive for `pg_restore` (its table
    of contents is checked; the rows are counted in the database).

    Raises:
        StoreError: `target` exists, cannot be written, or the copy is not sound (it is deleted then).
    """
    if target.exists():
        raise StoreError(f"{target} exists already; choose another name")
    database = Database(url)
    if database.file and not database.file.is_file():
        database.close()
        raise StoreError(f"there is no database {database.file}")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with database.reading() as connection:
            require_current(connection)
        if database.file:
            _vacuum_into(database, draft)
            _verify(draft)
            counts = row_counts(f"sqlite:///{draft}")
        else:
            counts = row_counts(url)
            _dump(database.url, draft)
        _sync(draft)
        draft.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        database.close()
        with suppress(OSError):
            draft.unlink()
    return counts


def row_counts(url: str) -> dict[str, int]:
    """Return the number of rows of each table, by name."""
    database = Database(url)
    try:
        with database.reading() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
                if table.name != "search"
            }
    finally:
        database.close()


def _vacuum_into(database: Database, draft: Path) -> None:
    with database.session() as connection:
        connection.execute(text("VACUUM INTO :target"), {"target": str(draft)})


def _verify(draft: Path) -> None:
    if faults := check(f"sqlite:///{draft}"):
        raise StoreError(f"the copy is not sound: {faults[0]}")


def _dump(url: URL, draft: Path) -> None:
    dump, restore = shutil.which("pg_dump"), shutil.which("pg_restore")
    if dump is None or restore is None:
        raise StoreError(
            "pg_dump and pg_restore are not on the PATH: install PostgreSQL's client programs, "
            "of the server's version or newer"
        )
    # The password goes by the environment: a command line is there for every user to see.
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    plain = bare.render_as_string()
    _run([dump, "--format=custom", f"--file={draft}", f"--dbname={plain}"], environment)
    _run([restore, "--list", str(draft)], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    # The program is what PATH says, and no argument is a stranger's.
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise StoreError(f"{Path(command[0]).name} failed: {done.stderr.strip()[:500]}")


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, last through a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
