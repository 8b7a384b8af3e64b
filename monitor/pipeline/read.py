"""Read: fetch the pages of listed entries, and store each article, or why there is none."""

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from monitor.domain.articles import (
    Article,
    DateSource,
    EntryState,
    Extracted,
    ExtractFailed,
    ExtractResult,
    PageJob,
)
from monitor.domain.feeds import Feed, Fetched, FetchFailed, FetchRequest, FetchResult
from monitor.domain.ports import Clock, HttpClient, Store, Workers
from monitor.domain.records import PendingEntry, ReadRecord
from monitor.pipeline import Progress, unseen
from monitor.policy.presenting import presented
from monitor.policy.publishers import publisher
from monitor.policy.reading import PagePlan, page_failed
from monitor.policy.urls import canonical_url, is_front_page

LEASE = timedelta(minutes=10)
BATCH = 20
PATIENCE = timedelta(seconds=60)
ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"

log = structlog.get_logger("read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Everything that reading needs. `max_bytes` caps a page after decompression.

    `authorizations` are the headers for sources that ask who we are.
    """

    store: Store
    http: HttpClient
    workers: Workers
    clock: Clock
    feeds: Mapping[str, Feed]
    authorizations: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int = 3_000_000

    def run(self, limit: int = 200, progress: Progress = unseen) -> Counter[str]:
        """Read up to `limit` entries, news before back-catalogue; return how many had each end.

        A round lasts about a minute at most: the pages of a host that wants long pauses are left to
        later rounds, so that the news of the others does not wait for them.
        """
        claimed = self.store.claim_entries(self.clock.now(), LEASE, limit)
        counts: Counter[str] = Counter()
        at_hand, to_fetch = self._sort(claimed)
        self._store(at_hand, counts)
        done = len(at_hand)
        pages: list[_Page] = []
        begun = self.clock.now()
        for result in self.http.fetch_many([self._request(p) for p in to_fetch.values()]):
            done += 1
            progress(done, len(claimed))
            pages.append(self._begin(to_fetch[result.request.key], result))
            if len(pages) >= BATCH:
                self._store([self._record(page) for page in pages], counts)
                pages.clear()
            if self.clock.now() - begun > PATIENCE:
                break
        self._store([self._record(page) for page in pages], counts)
        return counts

    def _store(self, records: list[ReadRecord], counts: Counter[str]) -> None:
        self.store.record_reads(records)
        for record in records:
            counts[record.state.value] += 1
            log.info("read", entry=record.entry_id, state=record.state.value, reason=record.reason)

    def _sort(self, claimed: Iterable[PendingEntry]) -> tuple[list[ReadRecord], dict[str, PendingEntry]]:
        """Tell the entries whose page must be fetched from those that are settled without."""
        settled: list[ReadRecord] = []
        to_fetch: dict[str, PendingEntry] = {}
        pages = [canonical_url(p.url) for p in claimed if p.url and p.article_id is None]
        taken = self.store.known_pages([page for page in pages if page])
        for pending in claimed:
            feed = self.feeds.get(pending.feed_id)
            pending = _without_front_page(pending)  # noqa: PLW2901 - the same entry, read otherwise
            page = canonical_url(pending.url) if pending.url else None
            if feed is None:
                settled.append(self._end(pending, EntryState.FAILED, "its source is no longer configured"))
            elif page and pending.article_id is None and page in taken:
                settled.append(
                    self._end(pending, EntryState.DUPLICATE, f"same page as article {taken[page]}")
                )
            elif page is None or feed.read == "feed":
                settled.append(self._from_feed_alone(pending, feed, page))
            else:
                to_fetch[str(pending.id)] = pending
        return settled, to_fetch

    def _request(self, pending: PendingEntry) -> FetchRequest:
        feed = self.feeds[pending.feed_id]
        assert pending.url is not None
        # What a source asks of us is for its own site, and not for whoever its links lead to.
        headers, authorization = presented(feed, pending.url, self.authorizations.get(feed.id))
        return FetchRequest(
            key=str(pending.id),
            url=pending.url,
            accept=ACCEPT,
            max_bytes=self.max_bytes,
            robots=True,
            allow_private=feed.allow_private,
            headers=headers,
            authorization=authorization,
        )

    def _begin(self, pending: PendingEntry, result: FetchResult) -> "_Page":
        extracting = None
        if isinstance(result, Fetched):
            entry = pending.entry
            job = PageJob(
                body=result.body,
                url=result.url,
                content_type=result.headers.get("content-type", ""),
                known_title=entry.title or None,
                known_author=entry.author,
                known_published=entry.published,
                rules=self.feeds[pending.feed_id].reading,
            )
            extracting = self.workers.extract_page(job)
        return _Page(pending=pending, result=result, extracting=extracting)

    def _record(self, page: "_Page") -> ReadRecord:
        """Return what one page changes; wait for its extractor."""
        now = self.clock.now()
        result, pending = page.result, page.pending
        if isinstance(result, Fetched) and page.extracting is not None:
            note = f"{result.status}, {len(result.body) / 1000:.0f} kB"
            extracted = page.extracting.result()
            if isinstance(extracted, Extracted):
                article = self._article(pending, result.url, extracted, now)
                record = _record(pending, article, now, note=note)
                if extracted.missed:
                    missed = f"nothing found by the source's rule for {', '.join(extracted.missed)}"
                    record = replace(record, reason=f"{record.reason}; {missed}")
                return record
            return self._page_failed(pending, extracted, now, note)
        if isinstance(result, FetchFailed):
            note = str(result.status or result.fault.value)
            return self._page_failed(pending, result, now, note)
        # A 304 to a request without validators: the server breaks RFC 9110, 15.4.5.
        return self._page_failed(pending, ExtractFailed(code="empty", message="304"), now, "304")

    def _page_failed(
        self, pending: PendingEntry, failure: FetchFailed | ExtractFailed, now: datetime, note: str
    ) -> ReadRecord:
        """Let the feed's own text serve where it can, and plan the next try of the page."""
        attempts = pending.page_attempts + 1
        plan = page_failed(failure, attempts=attempts, now=now)
        article = self._feed_text(pending, f"from the feed only ({plan.reason})", now)
        if article is not None:
            record = _record(pending, article, now, note=note)
        else:
            record = self._end(pending, _end_state(pending, plan), plan.reason, note)
        return replace(record, page_attempts=attempts, page_due=plan.retry_at)

    def _from_feed_alone(self, pending: PendingEntry, feed: Feed, page: str | None) -> ReadRecord:
        now = self.clock.now()
        why = "" if feed.read == "feed" else "from the feed only (no link)"
        article = self._feed_text(pending, why, now, page)
        if article is None:
            return self._end(pending, EntryState.FAILED, "no link and no text in the feed")
        return _record(pending, article, now, note="in the feed")

    def _feed_text(
        self, pending: PendingEntry, incomplete: str, now: datetime, page: str | None = None
    ) -> Article | None:
        """Return an article of the feed's own words, or None where it has none."""
        entry, feed = pending.entry, self.feeds[pending.feed_id]
        text = entry.content or entry.summary
        if not text:
            return None
        url = page or (canonical_url(pending.url) if pending.url else None) or f"urn:newsmon:{entry.key}"
        whose = publisher(feed, entry, url, self.feeds.values())
        return Article(
            url=url,
            feed_id=feed.id,
            outlet=whose.outlet,
            domain=whose.domain,
            title=entry.title,
            text=text,
            author=entry.author,
            published=entry.published,
            published_from=DateSource.FEED if entry.published else DateSource.UNKNOWN,
            lang=entry.lang or feed.lang,
            country=whose.country,
            outlet_kind=whose.outlet_kind,
            section=whose.section,
            incomplete=incomplete,
            read_at=now,
        )

    def _article(self, pending: PendingEntry, url: str, page: Extracted, now: datetime) -> Article:
        feed = self.feeds[pending.feed_id]
        canonical = canonical_url(page.canonical_url or url) or canonical_url(pending.url or "") or url
        whose = publisher(feed, pending.entry, canonical, self.feeds.values())
        return Article(
            url=canonical,
            feed_id=feed.id,
            outlet=whose.outlet,
            domain=whose.domain,
            title=page.title or pending.entry.title,
            text=page.text,
            author=page.author,
            published=page.published,
            published_from=page.published_from,
            lang=page.lang or feed.lang,
            country=whose.country,
            outlet_kind=whose.outlet_kind,
            section=whose.section,
            read_at=now,
        )

    def _end(self, pending: PendingEntry, state: EntryState, reason: str, note: str = "") -> ReadRecord:
        return ReadRecord(
            entry_id=pending.id,
            at=self.clock.now(),
            state=state,
            reason=reason,
            fetch_note=note,
            page_attempts=pending.page_attempts,
        )


def _without_front_page(pending: PendingEntry) -> PendingEntry:
    """A front page is no article: where the feed has the words, they are the article, and have no page."""
    has_words = pending.entry.content or pending.entry.summary
    return replace(pending, url=None) if has_words and is_front_page(pending.url or "") else pending


def _end_state(pending: PendingEntry, plan: PagePlan) -> EntryState:
    """An article read before stays what it is; a page to be tried again is still on its way."""
    if pending.article_id is not None:
        return pending.state
    return EntryState.LISTED if plan.retry_at else plan.state


def _record(pending: PendingEntry, article: Article, now: datetime, *, note: str) -> ReadRecord:
    return ReadRecord(
        entry_id=pending.id,
        at=now,
        state=EntryState.EXTRACTED,
        reason=article.incomplete or f"{article.words} words, {article.lang or 'language unknown'}",
        article=article,
        fetch_note=note,
        page_attempts=pending.page_attempts + 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page under way: what came, and the extractor that may be working on it."""

    pending: PendingEntry
    result: FetchResult
    extracting: "Future[ExtractResult] | None"
