"""How is an index page asked and read, whose links stand for a feed that the site does not have?"""

from concurrent.futures import Future

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Feed, FeedState, Fetched, FetchRequest, ParseResult
from monitor.domain.ports import Workers
from monitor.sources.asking import conditional

_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


class PageSource:
    """Pages that list articles; implements `ports.SourceKind`. `max_bytes` caps the decoded body."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def request(self, feed: Feed, state: FeedState) -> FetchRequest:
        """Return the conditional request; robots.txt is asked first, since pages are made for people."""
        return conditional(feed, state, accept=_ACCEPT, max_bytes=self._max_bytes, robots=True)

    def read(self, fetched: Fetched, feed: Feed, state: FeedState, workers: Workers) -> "Future[ParseResult]":
        """Find the articles of a page that changed, by the feed's rules for links."""
        return workers.parse_feed(
            FeedJob(
                body=fetched.body,
                url=fetched.url,
                kind=feed.kind,
                links=feed.links,
                content_type=fetched.headers.get("content-type", ""),
                known=state.item_hashes,
            )
        )
