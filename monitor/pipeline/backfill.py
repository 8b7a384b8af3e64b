"""Back-fill: look for what sources published before we knew them, document by document, back to a date."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import (
    Entry,
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    FetchRequest,
    FetchResult,
    ParsedFeed,
    ParseFailed,
)
from monitor.domain.ports import Clock, HttpClient, SourceKind, Store, Workers
from monitor.domain.records import Backfill
from monitor.pipeline import Progress, unseen
from monitor.pipeline.parts import followed
from monitor.policy.backfill import counts, dated, goes_on, is_numbered, is_past, older_document
from monitor.policy.identity import possible_keys, stored_key
from monitor.policy.links import link_counts
from monitor.policy.pace import describe

MOST_DOCUMENTS = 200
"""Documents of one source that one run asks for."""

MOST_ENTRIES = 50_000
"""Entries of one source that one run looks at."""

_OF_ONE = 10_000
"""Entries of one document that are looked at."""

_WHOLE = 100
_NOT_NOW = frozenset((408, 425, 429))
_CLIENT_ERRORS = range(400, 500)

log = structlog.get_logger("backfill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What became of a source's search. This run found `new` entries; `oldest` is the oldest date seen.

    `failed` tells that it broke off, and why is its progress' `note`; the next run goes on there.
    """

    feed: Feed
    progress: Backfill
    new: int = 0
    oldest: datetime | None = None
    failed: bool = False


@dataclass(slots=True, kw_only=True)
class _Search:
    """A source's search under way. `parts` are those of its index still to be asked, once it came."""

    feed: Feed
    base: FetchRequest
    progress: Backfill
    documents: int = 0
    parts: list[str] | None = None
    asked_parts: int = 0
    urls: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    new: int = 0
    oldest: datetime | None = None
    failed: bool = False
    over: bool = False

    @property
    def first(self) -> bool:
        """Return whether the document to ask is the one that polls ask, too."""
        return self.progress.next_url in (None, self.base.url)

    @property
    def url(self) -> str:
        """Return the document to ask: an index first of all, also where one of its parts is next."""
        if self.feed.kind == "sitemap" and self.parts is None:
            return self.base.url
        return self.progress.next_url or self.base.url

    def done(self, now: datetime) -> float:
        """Return how much of the search is behind it, from 0 to 1."""
        if self.over:
            return 1.0
        if self.parts is not None:
            return self.asked_parts / (self.asked_parts + len(self.parts))
        back = (now - self.oldest) / (now - self.progress.since) if self.oldest else 0.0
        return min(max(back, 0.0), 0.99)

    def filled(self) -> Filled:
        """Return what became of it."""
        return Filled(
            feed=self.feed, progress=self.progress, new=self.new, oldest=self.oldest, failed=self.failed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfiller:
    """Everything that back-filling needs; `store` is None where nothing is remembered yet (a dry run)."""

    store: Store | None
    http: HttpClient
    workers: Workers
    clock: Clock
    sources: Mapping[str, SourceKind]
    authorizations: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, feeds: Sequence[Feed], since: datetime, progress: Progress = unseen, *, keep: bool = True
    ) -> Iterator[Filled]:
        """Yield what became of each source's search back to `since`, as they end.

        One document of each source is under way at a time, and recorded before the next is asked
        for: a run that is broken off goes on there. Where nothing is to be kept, all is only counted.
        """
        addresses = (
            {row.state.feed_id: row.state.url for row in self.store.feed_states()} if self.store else {}
        )
        searches = {feed.id: self._begun(feed, addresses.get(feed.id, feed.url), since) for feed in feeds}
        for search in searches.values():
            if search.feed.kind == "page":
                self._end(search, "an index page shows no past")
                yield search.filled()
        while under_way := [search for search in searches.values() if not search.over]:
            requests = [
                followed(search.base, search.feed, search.feed.id, search.url) for search in under_way
            ]
            for result in self.http.fetch_many(requests):
                search = searches[result.request.key]
                found = self._take(search, result)
                search.progress = replace(search.progress, updated_at=self.clock.now())
                self._keep(search, found, keep=keep)
                now = self.clock.now()
                behind = sum(one.done(now) for one in searches.values())
                progress(int(behind * _WHOLE), len(searches) * _WHOLE)
                if search.over:
                    log.info("back-filled", feed=search.feed.id, new=search.new, reason=search.progress.note)
                    yield search.filled()

    def _begun(self, feed: Feed, url: str, since: datetime) -> _Search:
        now = self.clock.now()
        request = self.sources[feed.kind].request(feed, FeedState(feed_id=feed.id, url=url, next_due=now))
        request = replace(request, headers=feed.headers, authorization=self.authorizations.get(feed.id))
        stored = self.store.backfill(feed.id) if self.store else None
        begun = Backfill(feed_id=feed.id, since=since, next_url=url, started_at=now, updated_at=now)
        if stored is not None and goes_on(stored, since):
            begun = replace(stored, since=since, note="")
        return _Search(feed=feed, base=request, progress=begun)

    def _take(self, search: _Search, result: FetchResult) -> list[Entry]:
        """Move a search on by what came; return the entries that count."""
        search.documents += 1
        search.urls.add(result.request.url)
        if not isinstance(result, Fetched):
            self._missed(search, result)
            return []
        job = FeedJob(
            body=result.body,
            url=result.url,
            kind=search.feed.kind,
            links=search.feed.links,
            content_type=result.headers.get("content-type", ""),
            max_entries=_OF_ONE,
            since=search.progress.since,
        )
        parsed = self.workers.parse_feed(job).result()
        if isinstance(parsed, ParseFailed):
            self._unread(search, parsed)
            return []
        search.progress = replace(search.progress, pages=search.progress.pages + 1)
        if parsed.more is not None:
            self._index(search, parsed)
            return []
        now, polled = self.clock.now(), search.first or search.feed.kind == "sitemap"
        found = {
            entry.key: entry
            for entry in parsed.entries
            if entry.key not in search.keys
            and counts(entry, search.progress.since, now, polled=polled)
            and link_counts(search.feed.links, entry.url)
        }
        self._go_on(search, parsed, result.request.url)
        search.keys.update(entry.key for entry in parsed.entries)
        dates = [at for entry in parsed.entries if (at := dated(entry))]
        search.oldest = min([*dates, *([search.oldest] if search.oldest else [])], default=None)
        return list(found.values())

    def _go_on(self, search: _Search, parsed: ParsedFeed, url: str) -> None:
        """Name the document that is next, or end the search."""
        if search.feed.kind == "sitemap":
            self._next_part(search, parsed.fault)
        elif is_past(parsed.entries, search.progress.since):
            self._end(search, "the date is reached")
        elif all(entry.key in search.keys for entry in parsed.entries):
            self._end(search, "there is nothing older than what came before")
        elif (older := older_document(parsed, url, first=search.first)) is None:
            self._end(search, "there is no older document")
        elif older in search.urls:
            self._end(search, "the documents lead back to one that came before")
        else:
            self._next(search, older)

    def _index(self, search: _Search, index: ParsedFeed) -> None:
        if search.parts is not None:
            self._next_part(search, f"{search.url} is an index itself, and was not followed")
            return
        parts = list(index.more or ())
        at = parts.index(search.progress.next_url) if search.progress.next_url in parts else 0
        search.asked_parts, search.parts = at, parts[at:]
        search.progress = replace(search.progress, next_url=None)
        if search.parts:
            self._next(search, search.parts[0])
        else:
            self._end(search, index.fault or "no part is as young as the date")

    def _next_part(self, search: _Search, fault: str = "") -> None:
        if fault:
            search.progress = replace(search.progress, note=fault[:200])
        if search.parts:
            del search.parts[0]
            search.asked_parts += 1
        if search.parts:
            self._next(search, search.parts[0])
        else:
            self._end(search, search.progress.note or "all that is younger than the date was asked")

    def _next(self, search: _Search, url: str) -> None:
        search.progress = replace(search.progress, next_url=url)
        if search.documents >= MOST_DOCUMENTS or len(search.keys) >= MOST_ENTRIES:
            note = f"stopped after {search.documents} documents; the same command goes on"
            search.progress = replace(search.progress, note=note)
            search.over = True

    def _missed(self, search: _Search, result: FetchResult) -> None:
        """Deal with a document that did not come: the end of numbered pages, a lost part, or a break."""
        status = result.status if isinstance(result, FetchFailed) else None
        lost = status in _CLIENT_ERRORS and status not in _NOT_NOW
        told = describe(result) if isinstance(result, FetchFailed) else "the server answered 304 unasked"
        if lost and is_numbered(search.url):
            self._end(search, "there is no further page")
        elif lost and search.parts:
            self._next_part(search, f"{search.url}: {told}")
        else:
            self._break_off(search, told)

    def _unread(self, search: _Search, failure: ParseFailed) -> None:
        told = f"{failure.code}: {failure.message}"
        if is_numbered(search.url):
            self._end(search, "there is no further page")
        elif search.parts:
            self._next_part(search, f"{search.url}: {told}")
        else:
            self._break_off(search, told)

    def _break_off(self, search: _Search, why: str) -> None:
        search.progress = replace(search.progress, next_url=search.url, note=why[:200])
        search.failed = search.over = True

    def _end(self, search: _Search, why: str) -> None:
        search.progress = replace(search.progress, next_url=None, note=why[:200])
        search.over = True

    def _keep(self, search: _Search, found: list[Entry], *, keep: bool) -> None:
        """Record what a document brought, and how far the search is."""
        store, feed_id = self.store, search.feed.id
        asked = {feed_id: set(possible_keys(found))}
        known = store.known_entries(asked).get(feed_id, {}) if store else {}
        entries = [entry for entry in found if stored_key(entry, known) not in known]
        new = store.record_backfill(search.progress, entries) if store and keep else len(entries)
        search.progress = replace(search.progress, found=search.progress.found + new)
        search.new += new
