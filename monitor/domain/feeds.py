"""What is polled, what came back, and what does a feed list?"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.instants import require_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the configuration declares it. Its identity is `id`, never its URL.

    `country` is an ISO 3166 alpha-2 code, `lang` BCP 47; None where unknown or mixed.
    `first_poll` says where the back-catalogue goes: "digest" or (the demo) "alert".
    `read` is "page" (fetch each entry's page) or "feed" (the feed carries the full text).
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
    poll_every: timedelta = timedelta(hours=1)
    read: str = "page"
    first_poll: str = "digest"
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the database remembers of a feed between polls; all instants aware UTC.

    `url` differs from the declared one after a permanent move. `item_hashes` are the digests of
    the items in the last body, 8 bytes each, in order. `failure_points` is the weighted number of
    failures in a row. `moved_seen` counts consecutive permanent redirects to `moved_to`.
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

    def __post_init__(self) -> None:
        for name in (
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
    `allow_private` lifts the address guard for this request only (an intranet source).
    """

    key: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    max_bytes: int = 5_000_000
    robots: bool = False
    allow_private: bool = False


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
class Entry:
    """One item of a feed, cleaned for storage: no NUL, no surrogates, lengths capped.

    `key` is the feed-wide identity (hex sha256, see policy). `summary` and `content` are plain text
    with paragraphs separated by a blank line. Dates out of range are None, the raw text is kept in
    `published_raw`.
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
    the next poll hands out the rest. `ttl` is what the feed asks for, `lang` what it claims.
    """

    title: str
    entries: tuple[Entry, ...]
    total: int
    version: str = ""
    home: str | None = None
    lang: str | None = None
    ttl: timedelta | None = None
    item_hashes: bytes = b""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """A body that could not be read. `code` is stable: not-a-feed, empty, killed, crashed, ..."""

    code: str
    message: str


ParseResult = ParsedFeed | ParseFailed
