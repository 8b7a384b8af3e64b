"""Which entries wait to be read?"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from db.columns import Found
from db.models import entries
from db.statements import claim, free
from db.store.part import StorePart
from monitor.domain.articles import EntryState
from monitor.domain.feeds import Entry
from monitor.domain.records import PendingEntry

_waiting = (
    select(
        entries.c.id,
        entries.c.feed_id,
        entries.c.key,
        entries.c.guid,
        entries.c.url,
        entries.c.title,
        entries.c.author,
        entries.c.published,
        entries.c.published_raw,
        entries.c.updated,
        entries.c.summary,
        entries.c.content,
        entries.c.lang,
        entries.c.publisher,
        entries.c.publisher_url,
        entries.c.state,
        entries.c.page_attempts,
        entries.c.article_id,
        entries.c.late,
        entries.c.listed_at,
    )
    # Also an entry that is listed waits by its page_due, which a poll sets to the present.
    .where(entries.c.page_due <= bindparam("now"), free(entries))
    .order_by(entries.c.late, entries.c.page_due, entries.c.id)
)


class EntryStore(StorePart):
    """The queue of entries to read."""

    def claim_entries(self, now: datetime, lease: timedelta, limit: int) -> list[PendingEntry]:
        """See `Store.claim_entries`."""
        with self.database.writing() as connection:
            rows = claim(connection, _waiting.limit(limit), entries, now, now + lease)
        return [_pending(row) for row in rows]


def _pending(row: Found) -> PendingEntry:
    entry = Entry(
        key=row.key,
        guid=row.guid,
        url=row.url,
        title=row.title,
        author=row.author,
        published=row.published,
        published_raw=row.published_raw,
        updated=row.updated,
        summary=row.summary,
        content=row.content,
        lang=row.lang,
        publisher=row.publisher,
        publisher_url=row.publisher_url,
    )
    return PendingEntry(
        id=row.id,
        feed_id=row.feed_id,
        entry=entry,
        url=row.url,
        state=EntryState(row.state),
        page_attempts=row.page_attempts,
        article_id=row.article_id,
        late=row.late,
        listed_at=row.listed_at,
    )
