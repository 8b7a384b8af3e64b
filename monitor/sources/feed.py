"""How is a feed (RSS, RDF, Atom, JSON Feed) asked and read?"""

from concurrent.futures import Future

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Feed, FeedState, Fetched, FetchRequest, ParseResult
from monitor.domain.ports import Workers
from monitor.extract.cut import complete_part, cut_items, unchanged
from monitor.extract.values import web_address
from monitor.sources.asking import conditional

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, application/json;q=0.7, text/xml;q=0.7, */*;q=0.1"
)


class FeedSource:
    """Feeds in any version of RSS, in RDF, Atom and JSON; implements `ports.SourceKind`.

    `max_bytes` caps a feed's decoded body; a longer one is not read.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def request(self, feed: Feed, state: FeedState) -> FetchRequest:
        """Return the conditional request; robots.txt is not asked: a feed is published for programs."""
        return conditional(feed, state, accept=_ACCEPT, max_bytes=self._max_bytes)

    def read(self, fetched: Fetched, feed: Feed, state: FeedState, workers: Workers) -> "Future[ParseResult]":
        """Parse a body that changed, leaving out items whose digests `state` already holds.

        A body that lists only known items is told here, without a worker: it has no entries then,
        and an empty title, since nothing was parsed.
        """
        body, content_type = fetched.body, fetched.headers.get("content-type", "")
        whole = state.item_hashes and complete_part(body) is None
        cut = cut_items(body, content_type) if whole else None
        known = unchanged(body, content_type, state.item_hashes, cut)
        if known is not None:
            done: Future[ParseResult] = Future()
            done.set_result(known)
            return done
        return workers.parse_feed(
            FeedJob(
                body=body,
                url=_base(fetched),
                kind=feed.kind,
                content_type=content_type,
                content_language=fetched.headers.get("content-language", ""),
                known=state.item_hashes,
                spans=cut.spans if cut else (),
                digests=cut.digests if cut else (),
            )
        )


def _base(fetched: Fetched) -> str:
    """Return the address that a document's relative links start from.

    Content-Location, where a server sends one, as feedparser has it and RFC 2616 had (14.14); else the URL.
    """
    return web_address(fetched.headers.get("content-location"), fetched.url) or fetched.url
