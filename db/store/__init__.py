"""Where is everything remembered? `SqlStore` keeps the promises of `monitor.domain.ports.Store`."""

from datetime import timedelta

from db.engine import BUSY, Database
from db.schema import require_current
from db.store.articles import ArticleStore
from db.store.backfills import BackfillStore
from db.store.entries import EntryStore
from db.store.feeds import FeedStore
from db.store.health import HealthMemory
from db.store.labels import LabelStore
from db.store.matching import MatchingStore
from db.store.operations import OperationStore
from db.store.outbox import OutboxStore
from db.store.quarantine import QuarantineStore
from db.store.reading import ReadingStore
from db.store.reports import ReportStore
from monitor.domain.errors import StoreOutdated

__all__ = ["SqlStore", "open_store"]


class SqlStore(
    FeedStore,
    BackfillStore,
    EntryStore,
    ReadingStore,
    MatchingStore,
    OutboxStore,
    ReportStore,
    ArticleStore,
    LabelStore,
    OperationStore,
    QuarantineStore,
    HealthMemory,
):
    """The store on SQLite or PostgreSQL: one class, a part for each question."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def close(self) -> None:
        """Close every connection."""
        self.database.close()


def open_store(url: str, *, busy: timedelta = BUSY) -> SqlStore:
    """Return the store behind a database URL, once its schema is known to fit this program.

    Args:
        url: `sqlite:///FILE` or `postgresql://…`.
        busy: how long a writer waits for another process before StoreBusy.

    Raises:
        StoreOutdated: there is no database yet, or one of an older program: `upgrade` it.
        StoreNewer: a newer program wrote it.
        StoreError: it cannot be reached.
    """
    database = Database(url, busy)
    if database.file and not database.file.is_file():
        # SQLite would make an empty file here, and a mistyped path would look like lost data.
        raise StoreOutdated(f"there is no database {database.file} yet; run: newsmon db upgrade")
    try:
        with database.reading() as connection:
            require_current(connection)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)
