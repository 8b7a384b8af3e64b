"""Which feeds are due, and what did a poll change?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, case, false, func, insert, or_, select, update

from db.codec import rhythm_to_bytes
from db.columns import Values, digest, storable
from db.models import entries, feeds, first_seen, polls
from db.queries.sources import STATE, STATE_COLUMNS, feed_state, state_values
from db.statements import MOST_IN_ONE, chunks, claim, free, insert_new
from db.store.part import StorePart
from monitor.domain.articles import EntryState
from monitor.domain.feeds import Entry, Feed, FeedState, Rhythm
from monitor.domain.records import PollRecord
from monitor.policy.urls import host_of

_GOOD = frozenset({"ok", "unchanged"})

# What a feed forgets when the configuration gives it another URL: all that belonged to the old one.
_FORGOTTEN: Values = {
    "etag": None,
    "last_modified": None,
    "body_hash": None,
    "item_hashes": b"",
    "failure_points": 0.0,
    "failing_since": None,
    "last_error": None,
    "moved_to": None,
    "moved_seen": 0,
    "gone_since": None,
    "full_at": None,
    "listed": None,
    "newest": None,
    "gap_at": None,
    "clock_skew": None,
    "manners": None,
    "rhythm": None,
    "claimed_until": None,
}

_due = (
    select(*STATE_COLUMNS)
    .where(
        feeds.c.configured,
        feeds.c.next_due <= bindparam("now"),
        free(feeds),
        or_(feeds.c.paused_since.is_(None), feeds.c.paused_until <= bindparam("now")),
    )
    .order_by(feeds.c.next_due, feeds.c.id)
)
_next = bindparam("next_due", type_=feeds.c.next_due.type)
_polled = (
    update(feeds)
    .where(feeds.c.id == bindparam("b_id"))
    .values(
        {name: bindparam(name) for name in (*STATE, "host")}
        | {
            # Due when it was claimed: what lies later now is a pause of its host, told meanwhile.
            "next_due": case((feeds.c.next_due > _next, feeds.c.next_due), else_=_next),
            "claimed_until": None,
            "title": func.coalesce(bindparam("b_title"), feeds.c.title),
            "last_entry": func.coalesce(
                bindparam("b_last_entry", type_=feeds.c.last_entry.type), feeds.c.last_entry
            ),
            "polls": feeds.c.polls + 1,
            "failures": feeds.c.failures + bindparam("b_failed"),
        }
    )
)
_known = select(entries.c.feed_id, entries.c.key, entries.c.words_digest).where(
    entries.c.feed_id.in_(bindparam("feeds", expanding=True)),
    entries.c.key.in_(bindparam("keys", expanding=True)),
)
_host_paused = (
    update(feeds)
    .where(feeds.c.host == bindparam("b_host"), feeds.c.next_due < bindparam("b_until"))
    .values(next_due=bindparam("b_until"))
)
_WORDS = ("guid", "url", "url_hash", "title", "author", "published", "published_raw", "updated", "summary")
_MORE_WORDS = ("content", "lang", "publisher", "publisher_url")
_reworded = (
    update(entries)
    .where(entries.c.feed_id == bindparam("b_feed_id"), entries.c.key == bindparam("b_key"))
    .values(
        {name: bindparam(name) for name in (*_WORDS, *_MORE_WORDS, "words_digest", "page_due")}
        # A lease taken on the old words must not end the wish to read the new ones.
        | {"claimed_until": None}
    )
)


class FeedStore(StorePart):
    """The memory of feeds, and the record of polls."""

    def remember_feeds(self, feeds_now: Sequence[Feed], now: datetime) -> None:
        """See `Store.remember_feeds`."""
        rows = storable("feeds", [_declared(feed) for feed in feeds_now], ("id",))
        with self.database.writing() as connection:
            known = dict(connection.execute(select(feeds.c.id, feeds.c.declared_url)).all())
            connection.execute(update(feeds).where(feeds.c.configured).values(configured=false()))
            new = [_fresh(row, now) for row in rows if row["id"] not in known]
            if new:
                connection.execute(insert_new(connection, feeds), new)
            same = [_renamed(row) for row in rows if known.get(row["id"]) == row["declared_url"]]
            if same:
                connection.execute(_redeclared, same)
            moved = [row for row in rows if row["id"] in known and known[row["id"]] != row["declared_url"]]
            for row in moved:
                changed = row | _FORGOTTEN | _at(row["declared_url"]) | {"next_due": now}
                connection.execute(update(feeds).where(feeds.c.id == row["id"]).values(changed))

    def feed_addresses(self) -> dict[str, str]:
        """See `Store.feed_addresses`."""
        with self.database.reading() as connection:
            return dict(connection.execute(select(feeds.c.id, feeds.c.declared_url)).all())

    def remember_first_seen(self, kind: str, ids: Sequence[str], now: datetime) -> dict[str, datetime]:
        """See `Store.remember_first_seen`."""
        rows = storable(
            "first_seen", [{"kind": kind, "id": name, "seen_at": now} for name in ids], ("kind", "id")
        )
        seen: dict[str, datetime] = {}
        with self.database.writing() as connection:
            if rows:
                connection.execute(insert_new(connection, first_seen), rows)
            for chunk in chunks(ids):
                query = select(first_seen.c.id, first_seen.c.seen_at).where(
                    first_seen.c.kind == kind, first_seen.c.id.in_(chunk)
                )
                seen |= dict(connection.execute(query).all())
        return seen

    def claim_feeds(self, now: datetime, lease: timedelta, limit: int) -> list[FeedState]:
        """See `Store.claim_feeds`."""
        with self.database.writing() as connection:
            rows = claim(connection, _due.limit(limit), feeds, now, now + lease)
        return [feed_state(row) for row in rows]

    def pause_feed(self, feed_id: str, now: datetime, until: datetime | None = None) -> None:
        """See `Store.pause_feed`."""
        self._set(feed_id, {"paused_since": now, "paused_until": until})

    def resume_feed(self, feed_id: str, now: datetime) -> None:
        """See `Store.resume_feed`."""
        self._set(feed_id, {"paused_since": None, "paused_until": None, "next_due": now})

    def learn_rhythms(self, rhythms: Mapping[str, Rhythm]) -> None:
        """See `Store.learn_rhythms`."""
        rows = [{"b_id": name, "b_rhythm": rhythm_to_bytes(rhythm)} for name, rhythm in rhythms.items()]
        if rows:
            with self.database.writing() as connection:
                connection.execute(_learned, rows)

    def _set(self, feed_id: str, values: Values) -> None:
        with self.database.writing() as connection:
            connection.execute(update(feeds).where(feeds.c.id == feed_id).values(values))

    def known_entries(self, listed: Mapping[str, Collection[str]]) -> dict[str, dict[str, str]]:
        """See `Store.known_entries`."""
        known: dict[str, dict[str, str]] = {}
        if not listed:
            return known
        with self.database.reading() as connection:
            for feed_ids, keys in _asked_together(listed):
                for row in connection.execute(_known, {"feeds": feed_ids, "keys": keys}):
                    if row.key in listed[row.feed_id]:
                        known.setdefault(row.feed_id, {})[row.key] = row.words_digest
        return known

    def record_polls(self, records: Sequence[PollRecord]) -> None:
        """See `Store.record_polls`."""
        states = storable("feeds", [_state_row(record) for record in records])
        history = storable("polls", [_poll_row(record) for record in records])
        new = storable(
            "entries", [_entry_row(record, entry) for record in records for entry in record.new], ("key",)
        )
        updated = storable(
            "entries", [_words_row(record, entry) for record in records for entry in record.updated]
        )
        pauses = [
            {"b_host": host_of(record.state.url), "b_until": record.host_pause}
            for record in records
            if record.host_pause
        ]
        if not records:
            return
        with self.database.writing() as connection:
            connection.execute(_polled, states)
            connection.execute(insert(polls), history)
            if pauses:
                connection.execute(_host_paused, pauses)
            if new:
                connection.execute(insert_new(connection, entries), new)
            if updated:
                connection.execute(_reworded, updated)


_learned = update(feeds).where(feeds.c.id == bindparam("b_id")).values(rhythm=bindparam("b_rhythm"))
_redeclared = (
    update(feeds)
    .where(feeds.c.id == bindparam("b_id"))
    .values(outlet=bindparam("b_outlet"), poll_every=bindparam("b_poll_every"), configured=True)
)


def _asked_together(listed: Mapping[str, Collection[str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield feeds and keys to look up at once: few enough that trying each with each costs little."""
    feed_ids: list[str] = []
    keys: list[str] = []
    for feed_id, more in listed.items():
        if feed_ids and (len(feed_ids) + 1) * (len(keys) + len(more)) > MOST_IN_ONE:
            yield feed_ids, keys
            feed_ids, keys = [], []
        if len(more) > MOST_IN_ONE:
            yield from (([feed_id], chunk) for chunk in chunks(more))
        elif more:
            feed_ids.append(feed_id)
            keys.extend(more)
    if feed_ids:
        yield feed_ids, keys


def _declared(feed: Feed) -> Values:
    return {
        "id": feed.id,
        "declared_url": feed.url,
        "outlet": feed.outlet,
        "poll_every": int(feed.poll_every.total_seconds()),
        "configured": True,
    }


def _fresh(declared: Values, now: datetime) -> Values:
    return (
        declared
        | _FORGOTTEN
        | _at(declared["declared_url"])
        | {"next_due": now, "polls": 0, "failures": 0, "added_at": now}
    )


def _at(url: str) -> Values:
    return {"url": url, "host": host_of(url)}


def _renamed(declared: Values) -> Values:
    return {
        "b_id": declared["id"],
        "b_outlet": declared["outlet"],
        "b_poll_every": declared["poll_every"],
    }


def _state_row(record: PollRecord) -> Values:
    state = record.state
    row = state_values(state)
    row["host"] = host_of(state.url)
    row["b_id"] = state.feed_id
    row["b_title"] = record.title
    row["b_last_entry"] = record.at if record.new else None
    row["b_failed"] = 0 if record.outcome in _GOOD else 1
    return row


def _poll_row(record: PollRecord) -> Values:
    return {
        "feed_id": record.state.feed_id,
        "at": record.at,
        "outcome": record.outcome,
        "status": record.status,
        "message": record.message,
        "size": record.size,
        "elapsed_ms": record.elapsed // timedelta(milliseconds=1),
        "listed": record.listed,
        "new": len(record.new),
        "updated": len(record.updated),
    }


def _words(entry: Entry) -> Values:
    return {
        "guid": entry.guid,
        "url": entry.url,
        "url_hash": digest(entry.url) if entry.url else None,
        "title": entry.title,
        "author": entry.author,
        "published": entry.published,
        "published_raw": entry.published_raw,
        "updated": entry.updated,
        "summary": entry.summary,
        "content": entry.content,
        "lang": entry.lang,
        "publisher": entry.publisher,
        "publisher_url": entry.publisher_url,
        "words_digest": entry.words_digest,
    }


def entry_row(feed_id: str, entry: Entry, at: datetime, *, late: bool) -> Values:
    """Return the row of an entry listed for the first time."""
    row = _words(entry)
    row["feed_id"] = feed_id
    row["key"] = entry.key
    row["late"] = late
    row["state"] = EntryState.LISTED.value
    row["reason"] = ""
    row["listed_at"] = at
    row["fetch_note"] = ""
    row["page_due"] = at
    row["page_attempts"] = 0
    return row


def _entry_row(record: PollRecord, entry: Entry) -> Values:
    return entry_row(record.state.feed_id, entry, record.at, late=entry.key in record.late)


def _words_row(record: PollRecord, entry: Entry) -> Values:
    return _words(entry) | {"b_feed_id": record.state.feed_id, "b_key": entry.key, "page_due": record.at}
