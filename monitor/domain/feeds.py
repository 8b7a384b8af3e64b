"""What is polled, what came back, and what does a feed list?"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.instants import require_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRules:
    """Which links of a source count. `only` and `never` are globs of path and query (`/news/*`).

    `within` is an XPath: the part of a page source's index that is looked at, None for all of it.
    """

    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    within: str | None = None


ALL_LINKS = LinkRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """How a source's pages are read where the general way does not serve: XPaths, and the extractor's mode.

    `drop` are parts taken out before. `mode` is "fast", "precise" (rather too little) or "thorough"
    (rather too much).
    """

    title: str | None = None
    body: str | None = None
    date: str | None = None
    drop: tuple[str, ...] = ()
    mode: str = "fast"


GENERAL_WAY = PageRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who we are to a source that asks. The password is not here: `app` reads it where it is needed."""

    user: str
    password_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source as the configuration declares it. Its identity is `id`, never its URL.

    `kind` is "feed" (RSS, RDF, Atom, JSON Feed: told apart by their bytes), "sitemap" or "page" (an
    index page whose new links are the entries). `country` is an ISO 3166 alpha-2 code, `lang` BCP 47;
    None where unknown or mixed. `group` is the folder that people keep it in. `poll_every` is the
    first interval, and the only one unless the feed `adapts`; `rhythm` is how many entries a day are
    expected of it, None where nobody knows.
    `first_poll` says where the back-catalogue goes: "digest" or (the demo) "alert".
    `read` is "page" (fetch each entry's page) or "feed" (the feed carries the full text).
    `overload` says what a 429 or 503 pauses: this "feed", or all feeds of its "host".
    """

    id: str
    url: str
    outlet: str
    domain: str
    kind: str = "feed"
    country: str | None = None
    lang: str | None = None
    outlet_kind: str | None = None
    section: str | None = None
    group: str | None = None
    poll_every: timedelta = timedelta(hours=1)
    adapts: bool = False
    rhythm: float | None = None
    read: str = "page"
    first_poll: str = "digest"
    allow_private: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    credentials: Credentials | None = None
    links: LinkRules = ALL_LINKS
    reading: PageRules = GENERAL_WAY
    overload: str = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a feed's body asks of those who poll it.

    `ttl` is the least wait between two polls. In the hours `skip_hours` (0 to 23, UTC) and on the days
    `skip_days` (Monday is 0) it wants none (RSS 2.0, skipHours and skipDays).
    """

    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


NO_MANNERS = Manners()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How many new entries are expected of a feed in each hour of the week, learned from what it did.

    `hourly` has 168 numbers; the first is the hour from Monday 00:00 UTC. `weeks` is how many weeks of
    polling they rest on.
    """

    hourly: tuple[float, ...]
    weeks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the database remembers of a feed between polls; all instants aware UTC.

    `url` differs from the declared one after a permanent move. `item_hashes` are the digests of
    the items in the last body, 8 bytes each, in order. `failure_points` is the weighted number of
    failures in a row. `moved_seen` counts consecutive permanent redirects to `moved_to`.
    `full_at` is the last body that came without validators being sent; `listed` the number of items
    in the last body, `newest` the latest date of publication that any had, `gap_at` the last poll
    that shared no item with the one before. `clock_skew` is how far the server's clock is ahead of
    ours. `rhythm` and the pause are written by others than the poll, which leaves them alone.
    """

    feed_id: str
    url: str
    next_due: datetime
    etag: str | None = None
    last_modified: str | None = None
    body_hash: bytes | None = None
    item_hashes: bytes = b""
    failure_points: float = 0.0
    failing_since: datetime | None = None
    last_error: str | None = None
    last_polled: datetime | None = None
    last_success: datetime | None = None
    first_success: datetime | None = None
    moved_to: str | None = None
    moved_seen: int = 0
    gone_since: datetime | None = None
    full_at: datetime | None = None
    listed: int = 0
    newest: datetime | None = None
    gap_at: datetime | None = None
    clock_skew: timedelta | None = None
    manners: Manners = NO_MANNERS
    rhythm: Rhythm | None = None
    paused_since: datetime | None = None
    paused_until: datetime | None = None

    def __post_init__(self) -> None:
        for name in (
            "full_at",
            "newest",
            "gap_at",
            "paused_since",
            "paused_until",
            "next_due",
            "failing_since",
            "last_polled",
            "last_success",
            "first_success",
            "gone_since",
        ):
            require_utc(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """One GET to make. `key` comes back with the result and names what it was for.

    `max_bytes` caps the decoded body. `robots` asks robots.txt first (article pages, not feeds).
    `allow_private` lifts the address guard for this request only (an intranet source). `headers` are
    sent besides our own or in their place; `authorization` goes to the URL's own origin only.
    """

    key: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    max_bytes: int = 5_000_000
    robots: bool = False
    allow_private: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """One hop: the status that sent us on, and the absolute URL it named."""

    status: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A 200 with a complete body, decoded from its transfer and content encodings.

    `headers` have lower-case names. `url` is where the last redirect led.
    """

    request: FetchRequest
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[Redirect, ...] = ()
    elapsed: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304: the server says nothing changed since our validators."""

    request: FetchRequest
    headers: Mapping[str, str] = field(default_factory=dict)
    redirects: tuple[Redirect, ...] = ()
    elapsed: timedelta = timedelta()


class FetchFault(StrEnum):
    """Why there is no body. The value is what people and statistics read."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"
    ENCODING = "encoding"
    PROTOCOL = "protocol"
    STATUS = "status"
    REDIRECTS = "redirects"
    BAD_URL = "bad-url"
    PRIVATE_ADDRESS = "private-address"
    ROBOTS = "robots"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable body, and why. `status` where the server answered; `retry_after` as it asked."""

    request: FetchRequest
    fault: FetchFault
    message: str
    status: int | None = None
    retry_after: timedelta | None = None
    redirects: tuple[Redirect, ...] = ()
    elapsed: timedelta = timedelta()


FetchResult = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that an item comes with: a recording, a picture. `length` in bytes, as the feed claims."""

    url: str
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed, cleaned for storage: no NUL, no surrogates, lengths capped.

    `key` is the feed-wide identity (hex sha256, see policy). `summary` and `content` are plain text
    with paragraphs separated by a blank line. Dates out of range are None, the raw text is kept in
    `published_raw`. `publisher` and `publisher_url` are the outlet that the item itself names as its
    origin, and the address of that one's site or feed. `narrow_keys` and `wide_key` are others that
    the entry may be stored under (see policy). They and `enclosures` are told, not stored.
    """

    key: str
    guid: str | None
    url: str | None
    title: str
    author: str | None = None
    published: datetime | None = None
    published_raw: str | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    lang: str | None = None
    publisher: str | None = None
    publisher_url: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    narrow_keys: tuple[str, ...] = ()
    wide_key: str | None = None

    def __post_init__(self) -> None:
        require_utc("published", self.published)
        require_utc("updated", self.updated)

    @property
    def words_digest(self) -> str:
        """Return 32 hex digits that change when the title, summary or content does."""
        words = f"{self.title}\0{self.summary}\0{self.content}"
        return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed document says. `entries` in document order, at most the cap asked for.

    `total` is the number of items the document lists; `entries` holds fewer when known items were
    left out, when there are more than the cap, or when a last item cut short was dropped
    (`truncated`: the end of the document is missing). `item_hashes` are the digests, 8 bytes each,
    of the items that are dealt with: those in `entries` and those known before. Fewer of them than
    `total` means that the document holds more to come: its validators must not be kept, so that
    the next poll hands out the rest. `manners` is what the feed asks for (None where that was not
    read), `lang` what it claims.
    `more` are the further documents of an index that are to be asked for, newest first; None where the
    document is no index.
    `lasting` is False where the same bytes may stand for other entries later: an index whose parts
    change behind it. `fault` is what is wrong with the document, with its place, where the rest of it
    was read. `older` is the document with older items (RFC 5005), `generator` the program that wrote
    this one.
    """

    title: str
    entries: tuple[Entry, ...]
    total: int
    version: str = ""
    home: str | None = None
    lang: str | None = None
    manners: Manners | None = None
    item_hashes: bytes = b""
    truncated: bool = False
    more: tuple[str, ...] | None = None
    lasting: bool = True
    fault: str = ""
    older: str | None = None
    generator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """A body that could not be read. `code` is stable: not-a-feed, malformed, empty, killed, crashed, ..."""

    code: str
    message: str


ParseResult = ParsedFeed | ParseFailed
