"""What does the service need from the world? Protocols that `app` joins to implementations."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from monitor.domain.alerts import (
    CoverageNote,
    Delivery,
    DeliveryState,
    SendResult,
    StoryItem,
)
from monitor.domain.articles import Article, ExtractResult, FeedJob, PageJob
from monitor.domain.feeds import (
    Entry,
    Feed,
    FeedState,
    Fetched,
    FetchRequest,
    FetchResult,
    ParseFailed,
    ParseResult,
    Rhythm,
)
from monitor.domain.finding import FindJob, FoundOnPage, OutlineJob, Outlines
from monitor.domain.labels import Label, Labelled, TopicVersion, Unflagged
from monitor.domain.records import (
    ArticleRow,
    Backfill,
    Flagged,
    Journey,
    MatchRecord,
    PastPoll,
    PendingEntry,
    PollRecord,
    ReadRecord,
    SourceRow,
    StatusCounts,
    UnmatchedArticle,
)
from monitor.domain.searching import Sought


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

    def find_feeds(self, job: FindJob) -> "Future[FoundOnPage | ParseFailed]":
        """Return a future that never raises: what a page of a site says of its feeds."""
        ...

    def read_outlines(self, job: OutlineJob) -> "Future[Outlines | ParseFailed]":
        """Return a future that never raises: the sources that a list names."""
        ...

    def remember_in(self, quarantine: "Quarantine") -> None:
        """Go by what is remembered there of documents that killed, and remember further ones there."""
        ...

    def close(self) -> None:
        """End the worker processes."""
        ...


class Quarantine(Protocol):
    """Where it is remembered which documents killed the processes that read them."""

    def strikes(self) -> Mapping[bytes, int]:
        """Return how often each document did so, by its digest, the one that did last at the end."""
        ...

    def strike(self, digest: bytes, url: str, now: datetime) -> None:
        """Remember that a document did so once more."""
        ...


class SourceKind(Protocol):
    """How a kind of source is asked and read (`monitor/sources`)."""

    def request(self, feed: Feed, state: FeedState) -> FetchRequest:
        """Return the conditional request that polls this source; its key is the feed's id."""
        ...

    def read(self, fetched: Fetched, feed: Feed, state: FeedState, workers: Workers) -> "Future[ParseResult]":
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

    def feed_addresses(self) -> dict[str, str]:
        """Return the id and the declared URL of every feed that was ever configured."""
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

    def pause_feed(self, feed_id: str, now: datetime, until: datetime | None = None) -> None:
        """Claim this feed no more, for ever or `until` then; a poll under way is still recorded."""
        ...

    def resume_feed(self, feed_id: str, now: datetime) -> None:
        """End a feed's pause; it is due at `now`."""
        ...

    def learn_rhythms(self, rhythms: Mapping[str, Rhythm]) -> None:
        """Remember what was learned of the weeks of these feeds."""
        ...

    def known_entries(self, listed: Mapping[str, Collection[str]]) -> dict[str, dict[str, str]]:
        """Return, by feed and key, `Entry.words_digest` as stored of the keys that a feed listed before.

        `listed` holds the keys asked for by feed; feeds of which none is known are left out.
        """
        ...

    def record_polls(self, records: Sequence[PollRecord]) -> None:
        """Record polls and end their leases, all in one transaction."""
        ...

    def backfill(self, feed_id: str) -> Backfill | None:
        """Return how far the last search for a feed's older entries came."""
        ...

    def record_backfill(self, progress: Backfill, entries: Sequence[Entry]) -> int:
        """Add entries that this feed did not list before, as back-catalogue, and how far the search is.

        Both in one transaction; returns how many were new, and counts them on to `progress.found`.
        """
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
        """Record matches with their stories, alerts and deliveries in one transaction; return new alerts.

        A record of words that are not the article's present ones changes nothing.
        """
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

    def past_polls(self, feed_id: str, limit: int) -> list[PastPoll]:
        """Return a feed's latest polls, newest first."""
        ...

    def status(self, now: datetime) -> StatusCounts:
        """Return the figures of `newsmon status`."""
        ...

    def heartbeat(self, stage: str, now: datetime) -> None:
        """Remember that a stage of the daemon finished a round ("started" for its start)."""
        ...

    def coverage(self) -> list[CoverageNote]:
        """Return a note for every configured feed that does not deliver what it should, worst first."""
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
