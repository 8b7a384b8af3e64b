"""Where do entries come from? One module per kind of source, and the registry of kinds."""

from collections.abc import Callable

from monitor.domain.ports import SourceKind
from monitor.sources.feed import FeedSource
from monitor.sources.page import PageSource
from monitor.sources.sitemap import SitemapSource

SOURCES: dict[str, Callable[[int], SourceKind]] = {
    "feed": FeedSource,
    "sitemap": SitemapSource,
    "page": PageSource,
}
"""What makes each kind of source, by the name that `kind:` has; each takes the cap of a body in bytes."""
