"""What do the store's tests store? Small feeds, entries, articles and verdicts, with what a test changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from db import SqlStore
from monitor.domain.alerts import Alert, Delivery, Kind, Message, Picture, Route
from monitor.domain.articles import Article, DateSource, EntryState
from monitor.domain.feeds import Entry, Feed
from monitor.domain.records import MatchRecord, PendingEntry, PollRecord, ReadRecord, Telling
from monitor.domain.topics import ClauseResult, Evidence, Match, Mention, Quote, SearchText

NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def feed(name: str = "steppe", **changes: Any) -> Feed:
    """Return a feed as the configuration declares it."""
    fields = {
        "id": name,
        "url": f"https://{name}.example/rss",
        "outlet": name.title(),
        "domain": f"{name}.example",
    }
    return Feed(**(fields | changes))


def entry(number: int, **changes: Any) -> Entry:
    """Return an entry; its key and URL tell its number."""
    fields = {
        "key": f"{number:064x}",
        "guid": f"guid-{number}",
        "url": f"https://steppe.example/{number}",
        "title": f"Title {number}",
        "published": NOW - HOUR,
        "summary": f"Summary {number}",
        "content": f"Content {number}",
        "lang": "en",
    }
    return Entry(**(fields | changes))


def add_feeds(store: SqlStore, *names: str, now: datetime = NOW) -> None:
    """Configure feeds."""
    store.remember_feeds([feed(name) for name in names or ("steppe",)], now)


def poll(store: SqlStore, *new: Entry, feed_id: str = "steppe", at: datetime = NOW, **changes: Any) -> None:
    """Record a poll that listed these entries, with whatever memory the feed has."""
    (state,) = (row.state for row in store.feed_states() if row.state.feed_id == feed_id)
    fields = {
        "state": replace(state, last_polled=at, next_due=at + HOUR),
        "at": at,
        "outcome": "ok",
        "new": new,
    }
    store.record_polls([PollRecord(**(fields | changes))])


def article(number: int = 1, **changes: Any) -> Article:
    """Return the article of entry `number`, not stored yet."""
    fields = {
        "url": f"https://steppe.example/{number}",
        "feed_id": "steppe",
        "outlet": "Steppe",
        "domain": "steppe.example",
        "title": f"Title {number}",
        "text": f"Text {number}.\n\nIn two paragraphs.",
        "author": "A. Author",
        "published": NOW - HOUR,
        "published_from": DateSource.FEED,
        "lang": "en",
        "country": "KZ",
        "outlet_kind": "private",
        "section": "economy",
        "read_at": NOW,
    }
    return Article(**(fields | changes))


def read(pending: PendingEntry, read_article: Article | None = None, **changes: Any) -> ReadRecord:
    """Return the record of reading a claimed entry."""
    fields = {
        "entry_id": pending.id,
        "at": NOW,
        "state": EntryState.EXTRACTED,
        "reason": "",
        "article": read_article,
        "fetch_note": "200, 48 kB",
        "page_attempts": 1,
    }
    return ReadRecord(**(fields | changes))


def claim_entries(store: SqlStore, now: datetime = NOW, limit: int = 100) -> list[PendingEntry]:
    """Claim what waits to be read."""
    return store.claim_entries(now, LEASE, limit)


def add_articles(store: SqlStore, *numbers: int, **changes: Any) -> list[int]:
    """List and read entries of the feed `steppe`; return the ids of their articles."""
    poll(store, *(entry(number) for number in numbers))
    pending = claim_entries(store)
    store.record_reads(
        [read(one, article(number, **changes)) for one, number in zip(pending, numbers, strict=True)]
    )
    return [row.article.id for row in reversed(store.articles(limit=len(numbers)))]


EVIDENCE = Evidence(field="body", start=5, end=11, text="Астана", label="kazakhstan")
PLAIN = Evidence(field="title", start=0, end=4, text='a "quoted" \\u0000 word')


def match(topic_id: str = "minerals", *, flagged: bool = True, relevance: int = 80, **changes: Any) -> Match:
    """Return a verdict with every kind of part in it."""
    fields = {
        "topic_id": topic_id,
        "topic_version": "v1",
        "flagged": flagged,
        "relevance": relevance,
        "total": relevance + 10,
        "threshold": 50,
        "clauses": (
            ClauseResult(kind="require", when="@central-asia", held=True, evidence=(EVIDENCE, PLAIN)),
            ClauseResult(kind="score", when="#sport", held=False, points=-40, times=2, note="none"),
        ),
        "evidence": (EVIDENCE,),
        "quotes": (Quote(field="body", start=0, end=20, text="В Астане подписали", marks=(EVIDENCE,)),),
    }
    return Match(**(fields | changes))


def delivery(recipient: str = "desk", occasion: str = "story:1", **changes: Any) -> Delivery:
    """Return a message to send."""
    fields = {
        "recipient_id": recipient,
        "address": f"{recipient}@desk.example",
        "channel": "email",
        "kind": Kind.ALERT,
        "occasion": occasion,
        "message_id": f"<{recipient}.{occasion}@desk.example>",
        "message": Message(
            subject="Тақырып",
            text="text",
            html="<p>html</p>",
            list_id="minerals",
            list_name="Minerals",
            pictures=(Picture(cid="heat", data=b"\x89PNG\x00\xff", alt="heat table"),),
        ),
        "created_at": NOW,
        "next_due": NOW,
    }
    return Delivery(**(fields | changes))


def digest_delivery(recipient: str = "desk", date: str = "2026-11-23", **changes: Any) -> Delivery:
    """Return a digest to send."""
    return delivery(recipient, date, **({"kind": Kind.DIGEST} | changes))


def at_once(story_id: int, recipient: str = "desk") -> Telling:
    """Return the decision to mail a story at once."""
    alert = Alert(
        recipient_id=recipient,
        route=Route.AT_ONCE,
        reason="new",
        channel="email",
        topics=("minerals",),
        relevance=80,
    )
    return Telling(alert=alert, delivery=delivery(recipient, f"story:{story_id}"))


def in_digest(recipient: str = "desk", relevance: int = 80, reason: str = "daily") -> Telling:
    """Return the decision to tell a story in the next digest."""
    return Telling(
        alert=Alert(
            recipient_id=recipient,
            route=Route.DIGEST,
            reason=reason,
            channel="email",
            topics=("minerals", "energy"),
            relevance=relevance,
        )
    )


def matched(article_id: int, *matches: Match, tell: Sequence[Telling] = (), **changes: Any) -> MatchRecord:
    """Return the record of matching an article; every article is a story of its own unless told."""
    fields = {
        "article_id": article_id,
        "version": 1,
        "at": NOW,
        "story_key": f"{article_id:064x}",
        "matches": matches,
        "actors": (Mention(id="kazakhstan", name="Kazakhstan", count=3, kind="state", iso="KZ"),),
        "themes": (Mention(id="minerals", name="critical minerals", count=2),),
        "search": SearchText(title=("title", "words"), body=("some", "body", "words")),
        "tell": lambda _story_id: tell,
    }
    return MatchRecord(**(fields | changes))
