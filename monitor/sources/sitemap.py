"""How is a sitemap asked and read: a news sitemap, a plain one, an index of several?"""

from concurrent.futures import Future

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Feed, FeedState, Fetched, FetchRequest, ParseResult
from monitor.domain.ports import Workers
from monitor.sources.asking import conditional

_ACCEPT = "application/xml, text/xml, application/gzip;q=0.9, text/plain;q=0.5, */*;q=0.1"
_LARGER = 4
"""Sitemaps may hold 50,000 addresses: how much larger than a feed they may be."""


class SitemapSource:
    """Sitemaps as outlets publish them for search engines; implements `ports.SourceKind`.

    `max_bytes` caps a feed's decoded body; a sitemap may be four times as large.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = _LARGER * max_bytes

    def request(self, feed: Feed, state: FeedState) -> FetchRequest:
        """Return the conditional request; robots.txt is not asked, which itself names sitemaps."""
        return conditional(feed, state, accept=_ACCEPT, max_bytes=self._max_bytes)

    def read(self, fetched: Fetched, feed: Feed, state: FeedState, workers: Workers) -> "Future[ParseResult]":
        """Parse a body that changed; of an index, `more` holds the parts to be asked and read so, too."""
        return workers.parse_feed(
            FeedJob(
                body=fetched.body,
                url=fetched.url,
                kind=feed.kind,
                content_type=fetched.headers.get("content-type", ""),
                known=state.item_hashes,
            )
        )
