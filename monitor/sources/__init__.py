"""Where do entries come from? One module per kind of source, and the registry of kinds."""

from collections.abc import Callable

from monitor.domain.ports import SourceKind
from monitor.sources.feed import FeedSource

SOURCES: dict[str, Callable[[int], SourceKind]] = {"feed": FeedSource}
"""What makes each kind of source, by the name that `kind:` has; each takes the cap of a body in bytes."""
