"""Which parser reads a body of a source? By its kind; runs in a worker."""

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import ParseResult
from monitor.extract.feeds import parse_feed
from monitor.extract.index_page import parse_index_page
from monitor.extract.sitemap import parse_sitemap

_PARSERS = {"feed": parse_feed, "sitemap": parse_sitemap, "page": parse_index_page}


def parse_document(job: FeedJob) -> ParseResult:
    """Return what a body of a source lists, or why it cannot be read. Parsers' errors pass through."""
    return _PARSERS[job.kind](job)
