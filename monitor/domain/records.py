"""What do stages write down in one transaction, and what does the store give back?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.domain.alerts import (
    Alert,
    Delivery,
    DeliveryState,
)
from monitor.domain.articles import Article, EntryState
from monitor.domain.feeds import Entry, FeedState
from monitor.domain.instants import require_utc
from monitor.domain.topics import Match, Mention, SearchText


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """What one poll changes, recorded in one transaction: state, entries, history.

    `new` are entries never seen in this feed; `updated` known ones whose words changed. `late` are
    the keys of new entries that are back-catalogue. `outcome` is ok, unchanged, or a fault's value.
    Until `host_pause` no feed of this one's host is asked.
    """

    state: FeedState
    at: datetime
    outcome: str
    status: int | None = None
    message: str = ""
    size: int = 0
    elapsed: timedelta = timedelta()
    title: str | None = None
    listed: int = 0
    new: tuple[Entry, ...] = ()
    updated: tuple[Entry, ...] = ()
    late: frozenset[str] = frozenset()
    host_pause: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """How far the search for a feed's older entries is. Instants aware UTC.

    `since` is how far back it goes, `next_url` the document to ask next, None when it is over; `note`
    says why it ended. `pages` documents were read, `found` entries were new.
    """

    feed_id: str
    since: datetime
    next_url: str | None
    started_at: datetime
    updated_at: datetime
    pages: int = 0
    found: int = 0
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("since", "started_at", "updated_at"):
            require_utc(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEntry:
    """An entry claimed for reading. `page_attempts` counts tries of its page so far."""

    id: int
    feed_id: str
    entry: Entry
    url: str | None
    state: EntryState
    page_attempts: int
    article_id: int | None
    late: bool
    listed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """What reading one entry changes, in one transaction: its article (if any) and its state.

    With `article`, the store inserts it, or, when its URL is known, adds a version if the text
    differs and sets it to be matched again. The entry becomes EXTRACTED then, or DUPLICATE when
    the URL belongs to another entry's article. Without, it becomes `state` with `reason`.
    `page_due` is when the page is tried again, None for never.
    """

    entry_id: int
    at: datetime
    state: EntryState
    reason: str
    article: Article | None = None
    fetch_note: str = ""
    page_attempts: int = 0
    page_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedArticle:
    """An article claimed for matching, with what the policy needs to decide on alerts."""

    article: Article
    late: bool
    listed_at: datetime
    feed_first_success: datetime | None
    story_alerted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A decision to tell somebody, with the message to send where it goes at once."""

    alert: Alert
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRecord:
    """What matching one article changes, in one transaction: matches, story, alerts, deliveries, state.

    `version` is that of the text which was judged: of an article that has another one by now, nothing is
    recorded, and it waits to be matched again.
    `story_key` joins it to the story of the same text, or begins one. `tell` is called inside the
    transaction with the story's id when the story is known, and must do no I/O: it returns the
    alerts to add. An alert that exists already is left as it is, and its delivery is not added.
    """

    article_id: int
    version: int
    at: datetime
    story_key: str
    matches: tuple[Match, ...]
    actors: tuple[Mention, ...]
    themes: tuple[Mention, ...]
    search: SearchText
    tell: Callable[[int], Sequence[Telling]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Everything the database knows of one entry or article, for `explain`."""

    url: str
    feed_id: str
    title: str
    state: EntryState
    reason: str
    listed_at: datetime
    read_at: datetime | None = None
    fetch_note: str = ""
    matched_at: datetime | None = None
    article: Article | None = None
    matches: tuple[Match, ...] = ()
    deliveries: tuple[tuple[str, str, str, DeliveryState], ...] = ()
    versions: int = 0
    page_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """One line of `newsmon articles`: the article, its entry state, and its flagged topics."""

    article: Article
    topics: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """One flag in the archive: which topic flagged an article of which story, and how relevant."""

    article_id: int
    story_id: int
    topic_id: str
    relevance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One line of `newsmon sources`: the feed's memory and its counts."""

    state: FeedState
    entries: int
    last_entry: datetime | None
    polls: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPoll:
    """A poll as the history keeps it; `size` in bytes after decompression."""

    at: datetime
    outcome: str
    status: int | None
    message: str
    size: int
    elapsed: timedelta
    listed: int
    new: int
    updated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCounts:
    """The figures of `newsmon status`. `oldest` is the age of the oldest item waiting per stage."""

    feeds: int
    feeds_due: int
    feeds_late: int
    feeds_failing: int
    entries: dict[str, int]
    waiting: dict[str, int]
    oldest: dict[str, datetime | None]
    articles: int
    flagged: int
    stories: int
    deliveries: dict[str, int]
    last_digest: datetime | None
    size_bytes: int
    heartbeats: dict[str, datetime] = field(default_factory=dict)
    started_at: datetime | None = None
