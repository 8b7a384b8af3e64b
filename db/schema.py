"""Which revision is a database at, and how does it get to the newest?"""

import warnings
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import SchemaItem

from db.engine import Database, database_file, parse_url
from db.models import metadata
from monitor.domain.errors import StoreError, StoreNewer, StoreOutdated

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision this program knows, oldest first; a test holds it equal to the migrations."""

# Any two constants do, as long as no other program on the same database uses them.
_UPGRADE_LOCK = 0x6E65_7773_0001
_SEARCH_TABLES = "search"


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the database, None when it has no schema of ours yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def require_current(connection: Connection) -> None:
    """Refuse a database that is not at the newest revision.

    Raises:
        StoreNewer: a newer program wrote it.
        StoreOutdated: it has no schema, or an older one.
    """
    revision = current_revision(connection)
    _refuse_newer(revision)
    if revision != REVISIONS[-1]:
        state = "has no tables yet" if revision is None else f"is at revision {revision}"
        raise StoreOutdated(f"the database {state}; run: newsmon db upgrade")


def is_fresh(url: str) -> bool:
    """Return whether the database is not there yet, or holds no schema of ours.

    Raises:
        StoreError: it cannot be reached.
    """
    file = database_file(parse_url(url))
    if file is not None and not file.exists():
        return True
    database = Database(url)
    try:
        with database.reading() as connection:
            return current_revision(connection) is None
    finally:
        database.close()


def upgrade(url: str) -> bool:
    """Bring a database to the newest revision, making it if need be; return whether anything changed.

    All steps are one transaction, and two upgrades at once wait for one another.

    Raises:
        StoreNewer: a newer program wrote it; nothing was changed.
        StoreError: the database cannot be reached or changed.
    """
    if file := database_file(parse_url(url)):
        _make_folder(file.parent)
    database = Database(url)
    try:
        with database.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            revision = current_revision(connection)
            _refuse_newer(revision)
            if revision == REVISIONS[-1]:
                return False
            run_migrations(connection, "upgrade", "head")
            return True
    finally:
        database.close()


def run_migrations(connection: Connection, direction: str, target: str) -> None:
    """Run Alembic's `upgrade` or `downgrade` on an open connection; no alembic.ini is needed."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    getattr(command, direction)(config, target)


def differences(connection: Connection) -> list[str]:
    """Return how the database's tables differ from db/models.py, a line each; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": is_ours(connection.dialect.name)}
    )
    with warnings.catch_warnings():
        # The virtual table has columns without types, which reflection remarks on.
        warnings.simplefilter("ignore")
        return [repr(difference) for difference in compare_metadata(context, metadata)]


def is_ours(dialect: str) -> Callable[[SchemaItem, str | None, str, bool, SchemaItem | None], bool]:
    """Return Alembic's `include_object` filter: leaves out what one of the databases does in its own way."""

    def include(
        thing: SchemaItem,
        name: str | None,
        kind: str,
        reflected: bool,  # noqa: FBT001 - Alembic's signature
        _other: SchemaItem | None,
    ) -> bool:
        if kind != "table":
            return True
        if reflected:
            return dialect != "sqlite" or not (name or "").startswith(_SEARCH_TABLES)
        return bool(thing.info.get("only", dialect) == dialect)

    return include


def migrations_folder() -> Path:
    """Return the folder of Alembic's scripts: in a checkout, or inside the installed package."""
    checkout = Path(__file__).resolve().parent.parent / "migrations"
    if (checkout / "env.py").is_file():
        return checkout
    return Path(str(files("monitor") / "data" / "migrations"))


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in REVISIONS:
        raise StoreNewer(
            f"the database is at revision {revision}, which this Newsmon does not know: "
            "a newer one wrote it. Nothing was changed; install that version, or restore a backup"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from error
