"""What does the service need from the world? Protocols that `app` joins to implementations."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from monitor.domain.alerts import (
    Alert,
    CoverageNote,
    Delivery,
    DeliveryState,
    SendResult,
    StoryItem,
)
from monitor.domain.articles import Article, EntryState, ExtractResult, FeedJob, PageJob
from monitor.domain.feeds import Entry, Feed, FeedState, FetchRequest, FetchResult, ParseResult
from monitor.domain.labels import Label, Labelled, TopicVersion, Unflagged
from monitor.domain.searching import Sought
from monitor.domain.topics import Match, Mention, SearchText


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the current instant, aware UTC."""
        ...


class HttpClient(Protocol):
    """The only way out to the network."""

    def fetch_many(self, requests: Iterable[FetchRequest]) -> Iterator[FetchResult]:
        """Fetch all, side by side, and yield each result as it comes; never raises for a request."""
        ...

    def close(self) -> None:
        """Close every connection and stop the loop's thread."""
        ...


class Workers(Protocol):
    """Parsers behind a wall: hostile bytes cost a worker, not the service."""

    def parse_feed(self, job: FeedJob) -> "Future[ParseResult]":
        """Return a future that never raises: a killed or crashed worker is a ParseFailed."""
        ...

    def extract_page(self, job: PageJob) -> "Future[ExtractResult]":
        """Return a future that never raises: a killed or crashed worker is an ExtractFailed."""
        ...

    def close(self) -> None:
        """End the worker processes."""
        ...


class SourceKind(Protocol):
    """How a kind of source is asked and read (`monitor/sources`)."""

    def request(self, feed: Feed, state: FeedState) -> FetchRequest:
        """Return the conditional request that polls this source; its key is the feed's id."""
        ...

    def read(
        self, body: bytes, url: str, content_type: str, state: FeedState, workers: Workers
    ) -> "Future[ParseResult]":
        """Parse a body that changed, leaving out items whose digests `state` already holds."""
        ...


class Channel(Protocol):
    """A way to tell somebody (`monitor/channels`)."""

    def send(self, delivery: Delivery, in_doubt: Callable[[], None]) -> SendResult:
        """Send one message; failure is a value.

        `in_doubt` is called exactly once, after everything that can fail early and directly before
        the step whose answer could get lost; when it raises, nothing has been sent.
        """
        ...

    def close(self) -> None:
        """Close a connection kept for reuse."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """What one poll changes, recorded in one transaction: state, entries, history.

    `new` are entries never seen in this feed; `updated` known ones whose words changed. `late` are
    the keys of new entries that are back-catalogue. `outcome` is ok, unchanged, or a fault's value.
    """

    state: FeedState
    at: datetime
    outcome: str
    status: int | None = None
    message: str = ""
    size: int = 0
    elapsed: timedelta = timedelta()
    title: str | None = None
    listed: int = 0
    new: tuple[Entry, ...] = ()
    updated: tuple[Entry, ...] = ()
    late: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEntry:
    """An entry claimed for reading. `page_attempts` counts tries of its page so far."""

    id: int
    feed_id: str
    entry: Entry
    url: str | None
    state: EntryState
    page_attempts: int
    article_id: int | None
    late: bool
    listed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """What reading one entry changes, in one transaction: its article (if any) and its state.

    With `article`, the store inserts it, or, when its URL is known, adds a version if the text
    differs and sets it to be matched again. The entry becomes EXTRACTED then, or DUPLICATE when
    the URL belongs to another entry's article. Without, it becomes `state` with `reason`.
    `page_due` is when the page is tried again, None for never.
    """

    entry_id: int
    at: datetime
    state: EntryState
    reason: str
    article: Article | None = None
    fetch_note: str = ""
    page_attempts: int = 0
    page_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedArticle:
    """An article claimed for matching, with what the policy needs to decide on alerts."""

    article: Article
    late: bool
    listed_at: datetime
    feed_first_success: datetime | None
    story_alerted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A decision to tell somebody, with the message to send where it goes at once."""

    alert: Alert
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRecord:
    """What matching one article changes, in one transaction: matches, story, alerts, deliveries, state.

    `story_key` joins it to the story of the same text, or begins one. `tell` is called inside the
    transaction with the story's id when the story is known, and must do no I/O: it returns the
    alerts to add. An alert that exists already is left as it is, and its delivery is not added.
    """

    article_id: int
    at: datetime
    story_key: str
    matches: tuple[Match, ...]
    actors: tuple[Mention, ...]
    themes: tuple[Mention, ...]
    search: SearchText
    tell: Callable[[int], Sequence[Telling]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Everything the database knows of one entry or article, for `explain`."""

    url: str
    feed_id: str
    title: str
    state: EntryState
    reason: str
    listed_at: datetime
    read_at: datetime | None = None
    fetch_note: str = ""
    matched_at: datetime | None = None
    article: Article | None = None
    matches: tuple[Match, ...] = ()
    deliveries: tuple[tuple[str, str, str, DeliveryState], ...] = ()
    versions: int = 0
    page_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """One line of `newsmon articles`: the article, its entry state, and its flagged topics."""

    article: Article
    topics: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """One flag in the archive: which topic flagged an article of which story, and how relevant."""

    article_id: int
    story_id: int
    topic_id: str
    relevance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One line of `newsmon sources`: the feed's memory and its counts."""

    state: FeedState
    entries: int
    last_entry: datetime | None
    polls: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCounts:
    """The figures of `newsmon status`. `oldest` is the age of the oldest item waiting per stage."""

    feeds: int
    feeds_due: int
    feeds_late: int
    feeds_failing: int
    entries: dict[str, int]
    waiting: dict[str, int]
    oldest: dict[str, datetime | None]
    articles: int
    flagged: int
    stories: int
    deliveries: dict[str, int]
    last_digest: datetime | None
    size_bytes: int
    heartbeats: dict[str, datetime] = field(default_factory=dict)
    started_at: datetime | None = None


class Store(Protocol):
    """Everything that is remembered, on SQLite or PostgreSQL with one meaning.

    Every method is one short transaction. All instants are aware UTC. Any method may raise
    StoreError; StoreBusy means: nothing was changed, try again. Usable from several threads. A
    claim is a lease: rows claimed and not recorded are free again when `lease` is over.
    """

    def remember_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Add memory for feeds not seen before, due at once; forget nothing about the others.

        A feed whose declared URL changed starts over with its validators; feeds no longer
        configured are kept but not claimed.
        """
        ...

    def remember_first_seen(self, kind: str, ids: Sequence[str], now: datetime) -> dict[str, datetime]:
        """Return when each topic or recipient was first seen, recording `now` for the new ones."""
        ...

    def hasten_feeds(self, feed_ids: Sequence[str], now: datetime) -> None:
        """Make these feeds due at `now`, whatever their pace."""
        ...

    def claim_feeds(self, now: datetime, lease: timedelta, limit: int) -> list[FeedState]:
        """Lease up to `limit` configured feeds that are due, longest overdue first."""
        ...

    def known_entries(self, feed_id: str, keys: Sequence[str]) -> dict[str, str]:
        """Return, for those of the keys that this feed listed before, `Entry.words_digest` as stored."""
        ...

    def record_polls(self, records: Sequence[PollRecord]) -> None:
        """Record polls and end their leases, all in one transaction."""
        ...

    def claim_entries(self, now: datetime, lease: timedelta, limit: int) -> list[PendingEntry]:
        """Lease entries to read: listed, or whose page is due again; news before back-catalogue."""
        ...

    def known_pages(self, urls: Sequence[str]) -> dict[str, int]:
        """Return, for those of the canonical URLs that are articles already, the article's id."""
        ...

    def record_reads(self, records: Sequence[ReadRecord]) -> None:
        """Record what was read and end the leases, all in one transaction."""
        ...

    def claim_articles(self, now: datetime, lease: timedelta, limit: int) -> list[UnmatchedArticle]:
        """Lease articles not yet matched, news before back-catalogue."""
        ...

    def record_matches(self, records: Sequence[MatchRecord]) -> int:
        """Record matches with their stories, alerts and deliveries in one transaction; return new alerts."""
        ...

    def digest_candidates(self, recipient_id: str) -> list[StoryItem]:
        """Return the stories waiting for the recipient's next digest, most relevant first."""
        ...

    def record_digest(self, delivery: Delivery, story_ids: Sequence[int]) -> bool:
        """Add a digest's delivery and take its stories off the waiting list, in one transaction.

        Returns False, changing nothing, when this occasion's digest exists already.
        """
        ...

    def last_digest(self, recipient_id: str) -> tuple[str, datetime] | None:
        """Return the occasion and creation of the recipient's latest digest."""
        ...

    def claim_deliveries(self, now: datetime, lease: timedelta, limit: int) -> list[Delivery]:
        """Lease deliveries that are `todo` and due, oldest first; they become `sending`."""
        ...

    def record_delivery(  # noqa: PLR0913 - one row, each part of it by name
        self,
        delivery_id: int,
        state: DeliveryState,
        now: datetime,
        *,
        error: str | None = None,
        next_due: datetime | None = None,
        failed: bool = False,
        resent: bool = False,
    ) -> None:
        """Move a delivery along an allowed arrow; `failed` counts an attempt.

        `resent` marks what will be sent again though an answer was never seen.

        Raises:
            StoreError: the arrow is not in the chart.
        """
        ...

    def release_leases(self, now: datetime) -> None:
        """End every lease at `now`, so that work a dead process had claimed is free at once.

        Only for a process that holds the daemon's lock: nobody else is at work then.
        """
        ...

    def release_deliveries(self, now: datetime, *, hold_doubtful: bool) -> tuple[int, int]:
        """Free deliveries whose lease is over; return how many became `todo`, and how many `held`.

        `sending` becomes `todo`; `in_doubt` becomes `todo` marked as resent, or `held`.
        """
        ...

    def stories(self, story_ids: Sequence[int]) -> list[StoryItem]:
        """Return stories as reports show them, in the order asked for."""
        ...

    def journey(self, url_or_id: str) -> Journey | None:
        """Return what became of a URL (canonical or as listed) or an article id."""
        ...

    def articles(
        self,
        *,
        search: Sequence[Sequence[str]] = (),
        topic: str | None = None,
        flagged: bool = False,
        since: datetime | None = None,
        feed_id: str | None = None,
        limit: int = 50,
    ) -> list[ArticleRow]:
        """Return articles, newest first. `search` holds phrases of prepared words, all required."""
        ...

    def select_articles(
        self,
        sought: Sought | None,
        *,
        since: datetime | None = None,
        feed_id: str | None = None,
        lang: str | None = None,
    ) -> list[int]:
        """Return the ids of matched articles that may hold what is sought, newest first.

        None of those that do is left out; some that do not may be among them. `since` counts from
        when an article was read; `lang` holds for its variants, too (uz for uz-Cyrl).
        """
        ...

    def articles_of(self, ids: Sequence[int]) -> list[Article]:
        """Return the articles of these ids, in their order; those that are gone are left out."""
        ...

    def oldest_article(self) -> datetime | None:
        """Return when the article was read that has been in the archive for longest."""
        ...

    def flagged_since(self, since: datetime) -> list[Flagged]:
        """Return every flag of an article read since then, as it was recorded."""
        ...

    def article(self, article_id: int) -> Article | None:
        """Return one article by id."""
        ...

    def feed_states(self) -> list[SourceRow]:
        """Return what is known of every configured feed, by id."""
        ...

    def status(self, now: datetime) -> StatusCounts:
        """Return the figures of `newsmon status`."""
        ...

    def heartbeat(self, stage: str, now: datetime) -> None:
        """Remember that a stage of the daemon finished a round ("started" for its start)."""
        ...

    def coverage(self, now: datetime) -> list[CoverageNote]:
        """Return a note for every configured feed that has been failing, worst first."""
        ...

    def counts_since(self, since: datetime, until: datetime) -> tuple[int, int]:
        """Return the numbers of feeds polled and articles read within the window."""
        ...

    def flagged_per_day(self, first: date, last: date, timezone: str) -> list[tuple[str, int]]:
        """Return (ISO date, flagged stories) for each local day of the range, zeros included."""
        ...

    def save_snapshot(
        self, digest: str, files: str, now: datetime, versions: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Keep a configuration that was found good, as one JSON text of path -> content.

        `versions` are those of its topics, by id; what differs from the last known is remembered.
        """
        ...

    def topic_versions(self, topic_id: str) -> list[TopicVersion]:
        """Return the versions of a topic that were in force, newest first."""
        ...

    def snapshot_files(self, snapshot_id: int) -> str | None:
        """Return the files of a snapshot as its JSON text, None for one that is not kept."""
        ...

    def record_label(self, label: Label, page: Article | None = None) -> None:
        """Keep a label in place of what the same person said of it; `page` where the archive lacks it."""
        ...

    def remove_label(self, url: str, topic_id: str, by: str) -> bool:
        """Forget a label; return whether there was one."""
        ...

    def labelled(self, topic_id: str) -> list[Labelled]:
        """Return the pages labelled for a topic, with all labels that speak of it, by URL.

        What is relevant to no topic ("*") is not relevant to this one; what is relevant to some
        says nothing of it. For "*" itself, what is relevant to one topic counts as well.
        """
        ...

    def labels_on(self, url: str) -> list[Label]:
        """Return every label on a canonical URL, by topic and person."""
        ...

    def applied_digest(self) -> str | None:
        """Return the digest of the latest good configuration, None where there is none."""
        ...

    def unflagged(self, topic_id: str, since: datetime) -> list[Unflagged]:
        """Return the articles read since then that a topic ("*": any) did not flag, newest first.

        Those with a label that speaks of the topic are left out.
        """
        ...

    def last_snapshot(self) -> tuple[str, str, datetime] | None:
        """Return digest, files and instant of the latest good configuration."""
        ...

    def prune(self, now: datetime, keep_polls: timedelta) -> dict[str, int]:
        """Delete what has outlived its use; return how many rows per table."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
