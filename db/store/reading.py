"""What did reading an entry change: a new article, another version, or only its state?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from db.columns import Found, Values, digest, require_storable, storable
from db.models import article_versions, articles, entries
from db.statements import chunks, insert_new
from db.store.part import StorePart
from monitor.domain.articles import Article, EntryState
from monitor.domain.errors import StoreError
from monitor.domain.records import ReadRecord

_read_entries = (
    select(
        entries.c.id,
        entries.c.state,
        entries.c.reason,
        entries.c.late,
        entries.c.listed_at,
        entries.c.page_due,
        entries.c.claimed_until,
        entries.c.article_id,
        articles.c.id.label("own_id"),
        articles.c.version,
        articles.c.text_hash,
        articles.c.matched_at,
    )
    .select_from(entries.outerjoin(articles, articles.c.entry_id == entries.c.id))
    .where(entries.c.id.in_(bindparam("ids", expanding=True)))
)
_by_url = select(articles.c.id, articles.c.url_hash, articles.c.entry_id, articles.c.feed_id).where(
    articles.c.url_hash.in_(bindparam("hashes", expanding=True))
)
_ARTICLE = (
    "title",
    "author",
    "published",
    "published_from",
    "lang",
    "country",
    "outlet_kind",
    "section",
    "incomplete",
    "read_at",
)
_reread = (
    update(articles)
    .where(articles.c.id == bindparam("b_id"))
    .values(
        {name: bindparam(name) for name in (*_ARTICLE, "url", "url_hash", "version", "text_hash")}
        | {"matched_at": None, "claimed_until": None}
    )
)
# The page may tell its canonical URL, or show itself whole, only when it is read the second time.
_UNCHANGED = ("url", "url_hash", "incomplete")
_unchanged = (
    update(articles)
    .where(articles.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in _UNCHANGED})
)
_moved_on = (
    update(entries)
    .where(entries.c.id == bindparam("b_id"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "state",
                "reason",
                "fetch_note",
                "read_at",
                "page_due",
                "page_attempts",
                "article_id",
            )
        }
        | {"claimed_until": None}
    )
)


@dataclass(slots=True, kw_only=True)
class _Changes:
    """The rows that a batch of reads writes, table by table."""

    versions: list[Values] = field(default_factory=list)
    reread: list[Values] = field(default_factory=list)
    unchanged: list[Values] = field(default_factory=list)
    entries: list[Values] = field(default_factory=list)


class ReadingStore(StorePart):
    """The record of reads."""

    def record_reads(self, records: Sequence[ReadRecord]) -> None:
        """See `Store.record_reads`."""
        for record in records:
            require_storable("entries.reason", record.reason)
            require_storable("entries.fetch_note", record.fetch_note)
        read = {
            record.entry_id: storable("articles", [_article_row(record.article)])[0]
            for record in records
            if record.article is not None
        }
        for record in records:
            if record.article is not None:
                require_storable("article_versions.text", record.article.text)
        if not records:
            return
        with self.database.writing() as connection:
            known = _known_entries(connection, [record.entry_id for record in records])
            _insert_articles(connection, read, known)
            holders = _holders(connection, [row["url_hash"] for row in read.values()])
            changes = _Changes()
            for record in records:
                _decide(changes, record, known[record.entry_id], read.get(record.entry_id), holders)
            _write(connection, changes)


def _known_entries(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    known = {
        row.id: row for chunk in chunks(ids) for row in connection.execute(_read_entries, {"ids": chunk})
    }
    if missing := [number for number in ids if number not in known]:
        raise StoreError(f"there is no entry {missing[0]}")
    return known


def _insert_articles(connection: Connection, read: dict[int, Values], known: dict[int, Any]) -> None:
    """Add the articles of entries that have none; one whose URL another entry's article has is left out."""
    new = [
        row | {"entry_id": number, "late": known[number].late, "listed_at": known[number].listed_at}
        for number, row in read.items()
        if known[number].own_id is None
    ]
    if new:
        connection.execute(insert_new(connection, articles), new)


def _holders(connection: Connection, hashes: Iterable[bytes]) -> dict[bytes, Any]:
    return {
        row.url_hash: row
        for chunk in chunks(hashes)
        for row in connection.execute(_by_url, {"hashes": chunk})
    }


def _decide(
    changes: _Changes, record: ReadRecord, entry: Found, row: Values | None, holders: dict[bytes, Any]
) -> None:
    """Add what one read changes."""
    if row is None or record.article is None:
        changes.entries.append(_entry_row(record, entry, record.state, record.reason, entry.article_id))
        return
    holder = holders.get(row["url_hash"])
    if holder is not None and holder.entry_id != entry.id:
        reason = f"same page as article {holder.id} ({holder.feed_id})"
        changes.entries.append(_entry_row(record, entry, EntryState.DUPLICATE, reason, holder.id))
        return
    state, reason = EntryState.EXTRACTED, record.reason
    number = entry.own_id or holders[row["url_hash"]].id
    if entry.own_id is None:
        changes.versions.append(_version_row(number, 1, record.article))
    elif entry.text_hash != row["text_hash"]:
        changes.versions.append(_version_row(number, entry.version + 1, record.article))
        changes.reread.append(row | {"b_id": number, "version": entry.version + 1})
    else:
        changes.unchanged.append({"b_id": number} | {f"b_{name}": row[name] for name in _UNCHANGED})
        if entry.matched_at is not None:
            # Nothing will be matched again: the verdict on the same words stands.
            state, reason = EntryState(entry.state), entry.reason
    changes.entries.append(_entry_row(record, entry, state, reason, number))


def _write(connection: Connection, changes: _Changes) -> None:
    if changes.reread:
        connection.execute(_reread, changes.reread)
    if changes.unchanged:
        connection.execute(_unchanged, changes.unchanged)
    if changes.versions:
        connection.execute(insert(article_versions), changes.versions)
    connection.execute(_moved_on, changes.entries)


def _article_row(article: Article) -> Values:
    return {
        "url": article.url,
        "url_hash": digest(article.url),
        "feed_id": article.feed_id,
        "outlet": article.outlet,
        "domain": article.domain,
        "title": article.title,
        "author": article.author,
        "published": article.published,
        "published_from": article.published_from.value,
        "lang": article.lang,
        "country": article.country,
        "outlet_kind": article.outlet_kind,
        "section": article.section,
        "incomplete": article.incomplete,
        "read_at": article.read_at,
        "version": 1,
        "text_hash": digest(f"{article.title}\0{article.text}"),
        "actors": "[]",
        "themes": "[]",
    }


def _version_row(number: int, version: int, article: Article) -> Values:
    return {
        "article_id": number,
        "version": version,
        "title": article.title,
        "text": article.text,
        "read_at": article.read_at,
    }


def _entry_row(
    record: ReadRecord, entry: Found, state: EntryState, reason: str, article_id: int | None
) -> Values:
    page_due = record.page_due
    if entry.claimed_until is None and entry.page_due not in (None, entry.listed_at):
        # A poll found new words while the old ones were being read: the new ones are still to come.
        page_due = entry.page_due
    elif page_due is None and state is EntryState.LISTED:
        # Not at an end and no other time named: due at once, never forgotten.
        page_due = record.at
    return {
        "b_id": entry.id,
        "state": state.value,
        "reason": reason,
        "fetch_note": record.fetch_note,
        "read_at": record.at,
        "page_due": page_due,
        "page_attempts": record.page_attempts,
        "article_id": article_id,
    }
