"""What do the parts of an index list? A second wave of requests within one poll."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from monitor.domain.feeds import (
    Feed,
    FeedState,
    Fetched,
    FetchRequest,
    ParsedFeed,
    ParseFailed,
    ParseResult,
)
from monitor.domain.ports import HttpClient, SourceKind, Workers
from monitor.policy.presenting import presented
from monitor.policy.urls import same_site

_HASH = 8
_SHORT = 500
_REMEMBERED = 4_000
"""Digests of items kept for an index, whose parts are not all asked each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that came: how it was asked for, and what it says."""

    request: FetchRequest
    parsed: ParsedFeed


def done(result: ParseResult) -> "Future[ParseResult]":
    """Return a future that has its result."""
    future: Future[ParseResult] = Future()
    future.set_result(result)
    return future


def read_parts(
    http: HttpClient,
    workers: Workers,
    sources: Mapping[str, SourceKind],
    feeds: Mapping[str, Feed],
    states: Mapping[str, FeedState],
    indexes: Mapping[str, Index],
) -> dict[str, ParseResult]:
    """Return, by feed, what its index and the parts asked for list together.

    A part that does not come, or is an index itself, is told in `fault` and asked again at the next
    poll; it does not keep the others from being read. Where none can be read, the poll has failed.
    """
    requests: dict[str, FetchRequest] = {}
    owners: dict[str, str] = {}
    for feed_id, index in indexes.items():
        for number, url in enumerate(index.parsed.more or ()):
            key = f"{feed_id} {number}"
            owners[key] = feed_id
            requests[key] = followed(index.request, feeds[feed_id], key, url)
    reading: dict[str, list[tuple[str, Future[ParseResult] | None]]] = {name: [] for name in indexes}
    for result in http.fetch_many(requests.values()):
        feed_id = owners[result.request.key]
        feed = feeds[feed_id]
        parsing = None
        if isinstance(result, Fetched):
            parsing = sources[feed.kind].read(result, feed, states[feed_id], workers)
        reading[feed_id].append((result.request.url, parsing))
    return {name: _together(indexes[name].parsed, reading[name], states[name]) for name in indexes}


def followed(request: FetchRequest, feed: Feed, key: str, url: str) -> FetchRequest:
    """Return the request of a document that another names, without validators.

    The guard against private addresses is lifted on the same site only.
    """
    headers, authorization = presented(feed, url, request.authorization)
    return replace(
        request,
        key=key,
        url=url,
        etag=None,
        last_modified=None,
        headers=headers,
        authorization=authorization,
        allow_private=request.allow_private and same_site(url, request.url),
    )


def _together(
    index: ParsedFeed, parts: "list[tuple[str, Future[ParseResult] | None]]", state: FeedState
) -> ParseResult:
    read: list[ParsedFeed] = []
    faults = [index.fault] if index.fault else []
    for url, parsing in parts:
        result = parsing.result() if parsing else None
        if isinstance(result, ParsedFeed) and result.more is None:
            read.append(result)
            faults += [f"{url}: {result.fault}"] if result.fault else []
        else:
            faults.append(f"{url} {_why_not(result)}")
    asked = len(index.more or ())
    if asked and not read:
        return ParseFailed(code="no-parts", message="; ".join(faults)[:_SHORT])
    left = sum(part.total - len(part.item_hashes) // _HASH for part in read)
    whole = len(read) == asked and not left and not any(part.truncated for part in read)
    # A part that failed, or was not dealt with wholly, has to count as not seen yet: so the index does.
    hashes = [*([index.item_hashes] if whole else []), *(part.item_hashes for part in read)]
    remembered = _newest_digests(hashes, state.item_hashes)
    return replace(
        index,
        title=next((part.title for part in read if part.title), ""),
        entries=tuple({entry.key: entry for part in read for entry in part.entries}.values()),
        total=len(remembered) // _HASH + left,
        lang=next((part.lang for part in read if part.lang), None),
        item_hashes=remembered,
        lasting=index.lasting and whole,
        fault="; ".join(faults)[:_SHORT],
        more=None,
    )


def _why_not(result: ParseResult | None) -> str:
    if isinstance(result, ParsedFeed):
        return "is an index itself, and was not followed"
    return f"could not be read: {result.message}" if result else "did not come"


def _newest_digests(now: list[bytes], before: bytes) -> bytes:
    """Return the digests of this poll and then those of the ones before, each once, as many as are kept."""
    pieces = (digests[at : at + _HASH] for digests in (*now, before) for at in range(0, len(digests), _HASH))
    return b"".join(list(dict.fromkeys(pieces))[:_REMEMBERED])
