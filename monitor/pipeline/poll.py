"""Poll: ask the feeds that are due, and record what each lists that is new or changed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import structlog

from monitor.domain.feeds import (
    Entry,
    Feed,
    FeedState,
    Fetched,
    FetchFailed,
    FetchRequest,
    FetchResult,
    Manners,
    NotModified,
    ParsedFeed,
    ParseFailed,
    ParseResult,
)
from monitor.domain.ports import Clock, HttpClient, SourceKind, Store, Workers
from monitor.domain.records import PollRecord
from monitor.pipeline import Progress, unseen
from monitor.pipeline.parts import Index, done, read_parts
from monitor.policy.alerting import LATE_AFTER
from monitor.policy.identity import possible_keys, stored_key
from monitor.policy.links import link_counts
from monitor.policy.observed import clock_skew, is_gap, newest
from monitor.policy.pace import (
    MAX_WAIT,
    MIN_WAIT,
    Answer,
    Pace,
    after_failure,
    after_success,
    came_back,
    describe,
    host_pause,
)
from monitor.policy.presenting import presented
from monitor.policy.rhythm import steady
from monitor.policy.validators import as_asked, full_fetch

LEASE = timedelta(minutes=10)
BATCH = 20
_HASH = 8

log = structlog.get_logger("poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Poller:
    """Everything that polling needs. `sources` maps a feed's kind to how it is asked and read.

    `authorizations` are the headers for feeds that ask who we are.
    """

    store: Store
    http: HttpClient
    workers: Workers
    clock: Clock
    random: Random
    sources: Mapping[str, SourceKind]
    feeds: Mapping[str, Feed]
    authorizations: Mapping[str, str] = field(default_factory=dict)
    shortest: timedelta = MIN_WAIT
    longest: timedelta = MAX_WAIT

    def run(self, limit: int = 500, progress: Progress = unseen) -> Counter[str]:
        """Poll up to `limit` due feeds; return how many had each outcome, and the new entries.

        Results are recorded in batches as they come, so that one slow server delays nobody's news.
        """
        claimed = self.store.claim_feeds(self.clock.now(), LEASE, limit)
        states = {state.feed_id: state for state in claimed if state.feed_id in self.feeds}
        requests = [self._request(state) for state in states.values()]
        counts: Counter[str] = Counter()
        waiting: list[_Poll] = []
        indexes: list[_Poll] = []
        for came, result in enumerate(self.http.fetch_many(requests), 1):
            progress(came, len(requests))
            waiting.append(self._begin(states[result.request.key], result))
            if len(waiting) >= BATCH or came == len(requests):
                indexes += [poll for poll in waiting if poll.lists_parts]
                counts.update(self._write([poll for poll in waiting if not poll.lists_parts]))
                waiting.clear()
        # Whoever lists no articles but further documents comes last, so that nobody waits for those.
        for at in range(0, len(indexes), BATCH):
            counts.update(self._write(self._with_parts(indexes[at : at + BATCH])))
        return counts

    def _request(self, state: FeedState) -> FetchRequest:
        feed = self.feeds[state.feed_id]
        request = self._source(feed.id).request(feed, as_asked(state, self.clock.now()))
        # A feed that moved to another host takes none of our secrets along.
        headers, authorization = presented(feed, request.url, self.authorizations.get(feed.id))
        return replace(request, headers=headers, authorization=authorization)

    def _write(self, polls: "list[_Poll]") -> Counter[str]:
        records = self._records(polls)
        if records:
            self.store.record_polls(records)
        counts = Counter(record.outcome for record in records)
        counts["new entries"] += sum(len(record.new) for record in records)
        return counts

    def _with_parts(self, polls: "list[_Poll]") -> "list[_Poll]":
        """Return the polls of indexes, each with what its parts list: a second wave of requests."""
        indexes = {poll.state.feed_id: poll.index for poll in polls}
        states = {poll.state.feed_id: poll.state for poll in polls}
        read = read_parts(self.http, self.workers, self.sources, self.feeds, states, indexes)
        return [replace(poll, parsing=done(read[poll.state.feed_id])) for poll in polls]

    def _source(self, feed_id: str) -> SourceKind:
        return self.sources[self.feeds[feed_id].kind]

    def _begin(self, state: FeedState, result: FetchResult) -> "_Poll":
        """Send a body that changed to a worker, so that parsing runs while others are fetched."""
        parsing = None
        digest = b""
        if isinstance(result, Fetched):
            digest = hashlib.sha256(result.body).digest()
            if digest != state.body_hash:
                feed = self.feeds[state.feed_id]
                parsing = self.sources[feed.kind].read(result, feed, state, self.workers)
        return _Poll(state=state, result=result, digest=digest, parsing=parsing, at=self.clock.now())

    def _records(self, polls: Sequence["_Poll"]) -> list[PollRecord]:
        """Return what the polls change; wait for their parsers, and look once for what they listed before."""
        parsed = [poll.parsing.result() if poll.parsing else None for poll in polls]
        listed = {
            poll.state.feed_id: set(possible_keys(found.entries))
            for poll, found in zip(polls, parsed, strict=True)
            if isinstance(found, ParsedFeed)
        }
        known = self.store.known_entries(listed)
        return [
            self._record(poll, found, known.get(poll.state.feed_id, {}))
            for poll, found in zip(polls, parsed, strict=True)
        ]

    def _record(self, poll: "_Poll", parsed: ParseResult | None, known: Mapping[str, str]) -> PollRecord:
        """Return what one poll changes, with the words stored of entries that its feed listed before."""
        result = poll.result
        if isinstance(result, FetchFailed):
            record = self._failed(poll, result)
        elif isinstance(parsed, ParseFailed):
            record = self._failed(poll, parsed)
        elif isinstance(result, NotModified) or parsed is None:
            record = self._unchanged(poll)
        else:
            record = self._listed(poll, parsed, known)
        told = {"reason": record.message} if record.message else {}
        log.info("polled", feed=poll.state.feed_id, outcome=record.outcome, new=len(record.new), **told)
        return record

    def _pace(self, state: FeedState) -> Pace:
        feed = self.feeds[state.feed_id]
        if not feed.adapts:
            # Who names an interval means it, even beyond the service's limits.
            shortest, longest = min(self.shortest, feed.poll_every), max(self.longest, feed.poll_every)
            return Pace(interval=feed.poll_every, shortest=shortest, longest=longest)
        rhythm = state.rhythm or (steady(feed.rhythm) if feed.rhythm else None)
        return Pace(interval=feed.poll_every, rhythm=rhythm, shortest=self.shortest, longest=self.longest)

    def _failed(self, poll: "_Poll", failure: FetchFailed | ParseFailed) -> PollRecord:
        pace, jitter = self._pace(poll.state), self.random.random()
        outcome = failure.fault.value if isinstance(failure, FetchFailed) else failure.code
        state = after_failure(poll.state, failure, now=poll.at, pace=pace, jitter=jitter)
        record = poll.record(state, outcome=outcome, message=describe(failure))
        if self.feeds[state.feed_id].overload == "host":
            record = replace(record, host_pause=host_pause(failure, poll.at, pace))
        return record

    def _succeeded(self, poll: "_Poll", *, manners: Manners | None = None, brought: int = 0) -> FeedState:
        assert not isinstance(poll.result, FetchFailed)
        answer = Answer(
            brought=brought, redirects=poll.result.redirects, headers=poll.result.headers, manners=manners
        )
        pace, jitter = self._pace(poll.state), self.random.random()
        state = after_success(poll.state, answer, now=poll.at, pace=pace, jitter=jitter)
        return replace(state, clock_skew=clock_skew(poll.result.headers, poll.at))

    def _unchanged(self, poll: "_Poll") -> PollRecord:
        state = self._succeeded(poll)
        if isinstance(poll.result, Fetched):
            state = full_fetch(_with_validators(state, poll.result), poll.result, poll.at)
        return poll.record(state, outcome="unchanged", message=came_back(poll.state, poll.at))

    def _listed(self, poll: "_Poll", parsed: ParsedFeed, known: Mapping[str, str]) -> PollRecord:
        assert isinstance(poll.result, Fetched)
        links = self.feeds[poll.state.feed_id].links
        counting = [entry for entry in parsed.entries if link_counts(links, entry.url)]
        left_out = len(parsed.entries) - len(counting)
        found = (_as_stored(entry, known) for entry in counting)
        entries = {entry.key: entry for entry in found}
        new = tuple(entry for key, entry in entries.items() if key not in known)
        updated = tuple(e for key, e in entries.items() if key in known and known[key] != e.words_digest)
        state = self._succeeded(poll, manners=parsed.manners, brought=len(new))
        gap = is_gap(poll.state, parsed, known=bool(known))
        state = replace(
            full_fetch(replace(state, item_hashes=parsed.item_hashes), poll.result, poll.at),
            listed=parsed.total,
            newest=newest(state.newest, (entry.published for entry in counting), poll.at),
            gap_at=poll.at if gap else state.gap_at,
        )
        # A body that is not wholly dealt with must come again: its validators would hide the rest.
        whole = not parsed.truncated and len(parsed.item_hashes) >= parsed.total * _HASH
        if whole and parsed.lasting:
            state = replace(_with_validators(state, poll.result), body_hash=poll.digest)
        else:
            state = replace(state, etag=None, last_modified=None, body_hash=None)
            if not (whole or parsed.truncated):
                # A flood is drained cap by cap, as fast as manners allow.
                state = replace(state, next_due=min(state.next_due, poll.at + self.shortest))
        return poll.record(
            state,
            outcome="ok",
            message="; ".join(_remarks(poll, parsed, whole=whole, left_out=left_out, gap=gap)),
            title=parsed.title or None,
            listed=parsed.total,
            new=new,
            updated=updated,
            late=frozenset(self._late(poll, new)),
        )

    def _late(self, poll: "_Poll", entries: tuple[Entry, ...]) -> Iterator[str]:
        """Yield the keys of back-catalogue: old or undated entries of a feed's first poll, or left by it."""
        if not _shows_the_past(poll) or self.feeds[poll.state.feed_id].first_poll == "alert":
            return
        for entry in entries:
            if entry.published is None or poll.at - entry.published > LATE_AFTER:
                yield entry.key


def _shows_the_past(poll: "_Poll") -> bool:
    """Tell whether a poll is a feed's first, or within a day deals with what the ones before it left."""
    first, left = poll.state.first_success, poll.state.body_hash is None
    return first is None or (left and poll.at - first <= LATE_AFTER)


def _as_stored(entry: Entry, known: Mapping[str, str]) -> Entry:
    key = stored_key(entry, known)
    return entry if key == entry.key else replace(entry, key=key)


def _remarks(poll: "_Poll", parsed: ParsedFeed, *, whole: bool, left_out: int, gap: bool) -> Iterator[str]:
    """Yield what people should know of a body that was read."""
    if back := came_back(poll.state, poll.at):
        yield back
    if not whole:
        yield "the body ended early" if parsed.truncated else "more to come"
    if gap:
        yield "nothing in common with the poll before"
    if left_out:
        yield f"{left_out} left out by links"
    if parsed.fault:
        yield parsed.fault


def _with_validators(state: FeedState, fetched: Fetched) -> FeedState:
    """Keep the validators word for word: servers compare them as strings (RFC 9110, 8.8)."""
    etag, modified = fetched.headers.get("etag"), fetched.headers.get("last-modified")
    return replace(state, etag=etag, last_modified=modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Poll:
    """A poll under way: what came, and the parser that may be working on it."""

    state: FeedState
    result: FetchResult
    digest: bytes
    parsing: "Future[ParseResult] | None"
    at: datetime

    @property
    def lists_parts(self) -> bool:
        """Return whether the body is an index of further documents; waits for its parser."""
        parsed = self.parsing.result() if self.parsing else None
        return isinstance(parsed, ParsedFeed) and parsed.more is not None

    @property
    def index(self) -> Index:
        """Return the index that came, of which `lists_parts` holds."""
        assert isinstance(self.result, Fetched)
        assert self.parsing is not None
        parsed = self.parsing.result()
        assert isinstance(parsed, ParsedFeed)
        return Index(request=self.result.request, parsed=parsed)

    def record(  # noqa: PLR0913 - the fields of a PollRecord that differ by outcome
        self,
        state: FeedState,
        *,
        outcome: str,
        message: str = "",
        title: str | None = None,
        listed: int = 0,
        new: tuple[Entry, ...] = (),
        updated: tuple[Entry, ...] = (),
        late: frozenset[str] = frozenset(),
    ) -> PollRecord:
        result = self.result
        status = 304 if isinstance(result, NotModified) else result.status
        return PollRecord(
            state=state,
            at=self.at,
            outcome=outcome,
            status=status,
            message=message,
            size=len(result.body) if isinstance(result, Fetched) else 0,
            elapsed=result.elapsed,
            title=title,
            listed=listed,
            new=new,
            updated=updated,
            late=late,
        )
