"""How far is the search for a feed's older entries, and what did it find?"""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from db.columns import Values, storable
from db.models import backfills, entries
from db.statements import chunks, insert_new
from db.store.feeds import entry_row
from db.store.part import StorePart
from monitor.domain.feeds import Entry
from monitor.domain.records import Backfill

_COLUMNS = ("feed_id", "since", "next_url", "pages", "found", "started_at", "updated_at", "note")


class BackfillStore(StorePart):
    """The memory of back-fills; their entries are back-catalogue, whatever their date."""

    def backfill(self, feed_id: str) -> Backfill | None:
        """See `Store.backfill`."""
        with self.database.reading() as connection:
            row = connection.execute(select(backfills).where(backfills.c.feed_id == feed_id)).first()
        return Backfill(**{name: getattr(row, name) for name in _COLUMNS}) if row else None

    def record_backfill(self, progress: Backfill, entries_found: Sequence[Entry]) -> int:
        """See `Store.record_backfill`."""
        feed_id, at = progress.feed_id, progress.updated_at
        rows = storable(
            "entries", [entry_row(feed_id, entry, at, late=True) for entry in entries_found], ("key",)
        )
        with self.database.writing() as connection:
            known: set[str] = set()
            for chunk in chunks(entry.key for entry in entries_found):
                query = select(entries.c.key).where(entries.c.feed_id == feed_id, entries.c.key.in_(chunk))
                known.update(connection.execute(query).scalars())
            new = list({row["key"]: row for row in rows if row["key"] not in known}.values())
            if new:
                connection.execute(insert_new(connection, entries), new)
            values: Values = {name: getattr(progress, name) for name in _COLUMNS}
            values["found"] = progress.found + len(new)
            connection.execute(delete(backfills).where(backfills.c.feed_id == feed_id))
            connection.execute(insert(backfills), storable("backfills", [values], ("feed_id",)))
        return len(new)
