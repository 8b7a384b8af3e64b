"""What may be a source, and what does a list of sources hold?"""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.instants import require_utc

LISTED = "urn:newsmon:sources"
"""The namespace of the attributes by which an OPML list says of a source what OPML has no word for."""

FURTHER = ("section", "poll_every", "rhythm", "read", "overload")
"""The keys of a source's block that a list carries besides those that an `Outline` has a field for.

No list brings headers, credentials, or leave to reach private networks.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindJob:
    """A page of a site in which feeds are to be found, by a worker."""

    body: bytes
    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """An address that may be a source's, and what points there.

    `why` is "link" (the page's head says so), "anchor" (a link that looks like it), "robots"
    (robots.txt names a sitemap) or "known" (a path where many sites have one).
    """

    url: str
    why: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOnPage:
    """What a page says of its feeds, in its own order of preference; its title and language."""

    pointers: tuple[Pointer, ...]
    title: str = ""
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineJob:
    """A list of sources to be read by a worker: OPML, an RDF list of feeds, or a table (CSV)."""

    body: bytes
    url: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A source as a list names it. `group` is its folder, folders within folders parted by " / ".

    `line` is where the list names it, `id` the id that it had where the list was written. `more` are
    those of the keys `FURTHER` that the list gives, as written: nobody has judged them yet.
    """

    url: str
    title: str = ""
    home: str | None = None
    group: str | None = None
    lang: str | None = None
    country: str | None = None
    outlet_kind: str | None = None
    kind: str | None = None
    id: str | None = None
    line: int = 0
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """What a list names, in its order; `faults` say with their place what could not be read."""

    outlines: tuple[Outline, ...]
    title: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A source that was found and looked at. `kind` is as in `Feed`.

    `total` is how many entries it lists, `newest` the latest date among them, `samples` some titles,
    `full_text` whether its entries carry their texts, `astray` whether most lead to other sites.
    """

    url: str
    kind: str
    why: str
    title: str = ""
    home: str | None = None
    lang: str | None = None
    total: int = 0
    newest: datetime | None = None
    samples: tuple[str, ...] = ()
    full_text: bool = False
    astray: bool = False

    def __post_init__(self) -> None:
        require_utc("newest", self.newest)
