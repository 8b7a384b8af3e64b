"""How is a source? Its states, what they rest on, and what is told of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from monitor.domain.feeds import FeedState, Rhythm
from monitor.domain.instants import require_utc


class Health(StrEnum):
    """What a source's state is called. Of several, the one that stands first here leads.

    All but `ok` and `new` are kept as episodes, from when to when they held. `unheard` is only ever an
    episode that is over: nobody looked after the source meanwhile.
    """

    PAUSED = "paused"
    GONE = "gone"
    BLOCKED = "blocked"
    FAILING = "failing"
    EMPTY = "empty"
    SAME_TEXT = "same-text"
    STALE = "stale-200"
    SILENT = "silent"
    TEASER_ONLY = "teaser-only"
    GAP = "gap"
    SLOW = "slow"
    LANGUAGE_CHANGED = "language-changed"
    SURGE = "surge"
    CLOCK_SKEW = "clock-skew"
    MOVED = "moved"
    NEW = "new"
    OK = "ok"
    UNHEARD = "unheard"


RANK = {state: place for place, state in enumerate(Health)}
"""The place of each state: the lower, the more it matters."""

FAULTS = frozenset(
    {
        Health.GONE,
        Health.BLOCKED,
        Health.FAILING,
        Health.EMPTY,
        Health.SAME_TEXT,
        Health.STALE,
        Health.SILENT,
        Health.TEASER_ONLY,
    }
)
"""States in which a source does not deliver, or not what it should: told of when they last."""

MUTE = frozenset(
    {
        Health.PAUSED,
        Health.GONE,
        Health.BLOCKED,
        Health.FAILING,
        Health.EMPTY,
        Health.STALE,
        Health.SILENT,
    }
)
"""States in which what comes says nothing of a source's rhythm."""

LOWER_BOUND = FAULTS | MUTE | {Health.GAP, Health.SLOW, Health.LANGUAGE_CHANGED}
"""States in which a report's counts are a lower bound: they stand in its coverage notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A state that holds: since when, what shows it, and what a person can do.

    `evidence` continues a sentence ("usually 14 a day"), `advice` is a sentence; both may be empty.
    """

    state: Health
    since: datetime
    evidence: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        require_utc("since", self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFact:
    """What became of one listed entry: an article's facts, or why there is none.

    `print` is the length of the text and its beginning: equal for pages that say the same. `lost` is
    the reason why an entry has no text, empty where it has; `refused` says that its page was forbidden.
    """

    at: datetime
    print: str = ""
    length: int = 0
    lang: str | None = None
    incomplete: str = ""
    lost: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A state of a source from `since` to `until` (None: it holds), as it was found."""

    id: int = 0
    feed_id: str
    state: Health
    since: datetime
    until: datetime | None = None
    evidence: str = ""
    told_at: datetime | None = None
    over_told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a source when its health is judged.

    `news` are the polls of the last 28 days that brought new entries, oldest first: when, how many.
    `pages` are its latest entries that were read or given up, newest first. `episodes` are those
    that hold, and those that ended within the 28 days. `status` is the HTTP status of the last poll.
    """

    state: FeedState
    added_at: datetime
    watched_at: datetime | None = None
    last_entry: datetime | None = None
    status: int | None = None
    outcome: str = ""
    news: tuple[tuple[datetime, int], ...] = ()
    pages: tuple[PageFact, ...] = ()
    episodes: tuple[Episode, ...] = ()

    def open_since(self, state: Health) -> datetime | None:
        """Return since when a state is known to hold, None where it is not."""
        return next((e.since for e in self.episodes if e.state is state and e.until is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRecord:
    """What one look at a source writes down: the states that hold at `at`, a rhythm where one was learned.

    `away` is a span in which nobody looked: an episode that is over.
    """

    feed_id: str
    at: datetime
    findings: tuple[Finding, ...]
    rhythm: Rhythm | None = None
    away: Episode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """A source as people see it: the state that leads, the others, and its new entries a day.

    `days` are the last fourteen UTC days, today last.
    """

    feed_id: str
    outlet: str
    country: str | None
    lang: str | None
    finding: Finding
    others: tuple[Finding, ...] = ()
    days: tuple[int, ...] = ()
    usual: float | None = None

    @property
    def delivers(self) -> bool:
        """Tell whether what this source publishes reaches us."""
        return self.finding.state not in FAULTS | {Health.PAUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An episode as a mail tells it, with who it is about."""

    episode: Episode
    outlet: str
    host: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeData:
    """Everything a notice shows: faults that last, and what was told of and is over.

    `sources` is how many are configured: where half of them fail, the fault is nearer.
    """

    at: datetime
    timezone: str
    faults: tuple[Told, ...]
    over: tuple[Told, ...]
    sources: int
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyData:
    """Everything the weekly health mail shows.

    `back` are faults that ended in the week, `uncovered` countries and languages nobody delivers for.
    """

    date: date
    at: datetime
    timezone: str
    sources: tuple[SourceHealth, ...]
    back: tuple[Told, ...]
    uncovered: tuple[str, ...]
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMails:
    """To whom the mails on sources go, and when. `weekly` is a weekday (Monday is 0), with its local time."""

    to: str
    weekday: int | None
    hour: int
    minute: int
    timezone: str
    notices: bool
    persistent_after: timedelta
