"""Test: ask sources now, and tell what each would give; nothing is stored."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.domain.feeds import (
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    FetchResult,
    ParsedFeed,
)
from monitor.domain.ports import Clock, HttpClient, SourceKind, Workers
from monitor.pipeline.parts import Index, read_parts
from monitor.policy.links import link_counts
from monitor.policy.pace import describe

SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a source gave just now. `outcome` is as of a poll; `moved` where a redirect led for good."""

    feed: Feed
    outcome: str
    message: str = ""
    title: str = ""
    total: int = 0
    newest: datetime | None = None
    samples: tuple[str, ...] = ()
    moved: str | None = None

    @property
    def gave(self) -> bool:
        """Return whether it gave an entry."""
        return self.outcome == "ok" and self.total > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tester:
    """Everything that trying sources needs; the same parts that polling has."""

    http: HttpClient
    workers: Workers
    clock: Clock
    sources: Mapping[str, SourceKind]
    authorizations: Mapping[str, str] = field(default_factory=dict)

    def test(self, feeds: Iterable[Feed]) -> Iterator[Tried]:
        """Yield what each source gives, as the answers come, and not as they were asked."""
        now = self.clock.now()
        asked = {feed.id: feed for feed in feeds}
        states = {name: FeedState(feed_id=name, url=feed.url, next_due=now) for name, feed in asked.items()}
        requests = [
            replace(
                self.sources[feed.kind].request(feed, states[name]),
                headers=feed.headers,
                authorization=self.authorizations.get(name),
            )
            for name, feed in asked.items()
        ]
        for result in self.http.fetch_many(requests):
            name = result.request.key
            yield self._tried(asked[name], states[name], result)

    def _tried(self, feed: Feed, state: FeedState, result: FetchResult) -> Tried:
        if isinstance(result, FetchFailed):
            return Tried(feed=feed, outcome=result.fault.value, message=describe(result))
        if not isinstance(result, Fetched):
            return Tried(feed=feed, outcome="protocol", message="the server answered 304 without being asked")
        parsed = self.sources[feed.kind].read(result, feed, state, self.workers).result()
        if isinstance(parsed, ParsedFeed) and parsed.more:
            index = {feed.id: Index(parsed=parsed, request=result.request)}
            parsed = read_parts(
                self.http, self.workers, self.sources, {feed.id: feed}, {feed.id: state}, index
            )[feed.id]
        if not isinstance(parsed, ParsedFeed):
            return Tried(feed=feed, outcome=parsed.code, message=parsed.message)
        entries = [entry for entry in parsed.entries if link_counts(feed.links, entry.url)]
        dates = [date for entry in entries if (date := entry.published or entry.updated)]
        for_good = result.redirects and all(hop.status in (301, 308) for hop in result.redirects)
        return Tried(
            feed=feed,
            outcome="ok",
            message=parsed.fault or ("" if entries else "it lists no entry"),
            title=parsed.title,
            total=len(entries),
            newest=max(dates, default=None),
            samples=tuple(entry.title for entry in entries if entry.title)[:SAMPLES],
            moved=result.url if for_good else None,
        )
