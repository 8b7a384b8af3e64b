"""What was read, and where is an entry on its way?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.domain.feeds import ALL_LINKS, GENERAL_WAY, LinkRules, PageRules
from monitor.domain.instants import require_utc
from monitor.domain.topics import Document


class EntryState(StrEnum):
    """Where an entry is on its way. Every entry ever listed is in exactly one of these.

    `listed` and `extracted` are on the way; the others are ends, each with a reason.
    """

    LISTED = "listed"
    EXTRACTED = "extracted"
    MATCHED = "matched"
    NOTHING = "nothing"
    DUPLICATE = "duplicate"
    GONE = "gone"
    BLOCKED = "blocked"
    FAILED = "failed"


class DateSource(StrEnum):
    """Where a publication date was read; nothing is guessed in silence."""

    FEED = "feed"
    PAGE = "page"
    URL = "url"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a page says, as the extractor read it. Text in paragraphs separated by a blank line.

    `lang` is detected from the text (ISO 639-1), None where the text is too short to tell.
    `canonical_url` is the page's own claim, absolute, or None. `missed` are the source's own rules
    (`PageRules`) that found nothing in it.
    """

    title: str
    text: str
    author: str | None = None
    published: datetime | None = None
    published_from: DateSource = DateSource.UNKNOWN
    lang: str | None = None
    canonical_url: str | None = None
    missed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_utc("published", self.published)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractFailed:
    """No article text in a page. `code` is stable: empty, killed, crashed, not-html, too-large."""

    code: str
    message: str


ExtractResult = Extracted | ExtractFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article as it is stored. `url` is canonical and unique; `id` is 0 before it is stored.

    `incomplete` says why the text is not the whole article ("from the feed only (page gone: 404)"),
    and is empty when it is. `story_id` is given once, at the first match, and then kept.
    """

    id: int = 0
    url: str
    feed_id: str
    outlet: str
    domain: str
    title: str
    text: str
    author: str | None = None
    published: datetime | None = None
    published_from: DateSource = DateSource.UNKNOWN
    lang: str | None = None
    country: str | None = None
    outlet_kind: str | None = None
    section: str | None = None
    incomplete: str = ""
    read_at: datetime
    story_id: int | None = None
    version: int = 1

    def __post_init__(self) -> None:
        require_utc("published", self.published)
        require_utc("read_at", self.read_at)

    @property
    def words(self) -> int:
        """Return the number of white-space separated words of the text."""
        return len(self.text.split())

    @property
    def document(self) -> Document:
        """Return the article as the rules see it."""
        return Document(
            title=self.title,
            body=self.text,
            lang=self.lang,
            url=self.url,
            source=self.domain,
            outlet_kind=self.outlet_kind,
            country=self.country,
            section=self.section,
            author=self.author,
            published=self.published,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """A page to read in a worker: its bytes, and what is already known of it.

    `known_title`, `known_author` and `known_published` come from the feed and spare the extractor
    its metadata work where they are there. `rules` are the source's own ways to read its pages. A
    date later than a day after `now` is not believed; the workers fill `now` in where it is None.
    """

    body: bytes
    url: str
    content_type: str = ""
    rules: PageRules = GENERAL_WAY
    known_title: str | None = None
    known_author: str | None = None
    known_published: datetime | None = None
    now: datetime | None = None

    def __post_init__(self) -> None:
        require_utc("known_published", self.known_published)
        require_utc("now", self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedJob:
    """A body of a source to parse in a worker. `known` holds the item digests of the last body.

    `kind` is the source's, as in `Feed`; `links` say which links of a page source count.
    `content_language` is what the server claims; the document's own claim counts before it.

    At most `max_entries` come out of it: a flood is drained poll by poll, so that no feed fills a round.
    `spans` and `digests` tell where its items stand, and what they are, where the caller has looked.
    A date later than a day after `now` is not believed; the workers fill `now` in where it is None.
    With `since`, the body is asked for its past: of a sitemap counts all that is dated from then on, and
    of an index every part that may hold such.
    """

    body: bytes
    url: str
    kind: str = "feed"
    links: LinkRules = ALL_LINKS
    content_type: str = ""
    content_language: str = ""
    known: bytes = b""
    spans: tuple[tuple[int, int], ...] = ()
    digests: tuple[bytes, ...] = ()
    max_entries: int = 500
    now: datetime | None = None
    since: datetime | None = None

    def __post_init__(self) -> None:
        require_utc("now", self.now)
        require_utc("since", self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What one task may cost: after `deadline` it is killed, above `memory` bytes it fails."""

    deadline: timedelta = timedelta(seconds=10)
    memory: int = 768 * 1024 * 1024
    recycle_after: int = 200
    workers: int = 2
