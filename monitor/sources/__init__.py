"""Where do entries come from? One module per kind of source, and the registry of kinds."""

from monitor.domain.ports import SourceKind
from monitor.sources.feed import FeedSource

SOURCES: dict[str, SourceKind] = {"feed": FeedSource()}
"""The kinds of source by the name that `kind:` has in the configuration."""
