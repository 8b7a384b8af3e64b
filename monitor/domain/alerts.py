"""Who is told, of what, by which way, and how far did it get?"""

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from monitor.domain.instants import require_utc
from monitor.domain.topics import Match


class When(StrEnum):
    """How soon a subscription tells."""

    AT_ONCE = "at-once"
    DAILY = "daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Which topics, how soon, from which relevance on, by which channel. `topics` ("*",) means all."""

    topics: tuple[str, ...] = ("*",)
    when: When = When.DAILY
    min_relevance: int = 0
    channel: str = "email"

    def wants(self, topic_id: str, relevance: int) -> bool:
        """Tell whether a match of this topic at this relevance belongs to the subscription."""
        return relevance >= self.min_relevance and ("*" in self.topics or topic_id in self.topics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person or list that is told. `timezone` is an IANA name; `digest_at` is local wall time.

    `addresses` maps a channel's name to where it reaches this recipient ({"email": "desk@..."}).
    """

    id: str
    name: str
    addresses: tuple[tuple[str, str], ...]
    timezone: str = "UTC"
    digest_at: time = time(8, 0)
    subscriptions: tuple[Subscription, ...] = (Subscription(),)

    def address(self, channel: str) -> str | None:
        """Return where `channel` reaches this recipient, or None."""
        return dict(self.addresses).get(channel)


class Route(StrEnum):
    """How an alert travels: in a message of its own, or within the next digest."""

    AT_ONCE = "at-once"
    DIGEST = "digest"


class Kind(StrEnum):
    """What a delivery is. With recipient, channel and occasion it is unique."""

    ALERT = "alert"
    DIGEST = "digest"
    NOTICE = "notice"
    HEALTH = "health"


class DeliveryState(StrEnum):
    """States of the outbox; the chart is in db/README.md.

    todo -> sending; sending -> in_doubt | todo | dead; in_doubt -> sent | todo | held | dead.
    """

    TODO = "todo"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    HELD = "held"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that the HTML part shows by its content id; PNG bytes."""

    cid: str
    data: bytes
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Words to send, ready: pure text, no headers. `html` may refer to `pictures` by cid."""

    subject: str
    text: str
    html: str
    list_id: str = ""
    list_name: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one recipient by one channel. Unique on (recipient, channel, kind, occasion).

    `occasion` is "story:<id>" or, for a digest or a health mail, the local date, and the instant for a
    notice. `message_id` derives from the
    unique key, so that a second copy can be recognised. `resent` says that an earlier attempt's
    answer was never seen. `attempts` counts sending attempts that ended without success.
    """

    id: int = 0
    recipient_id: str
    address: str
    channel: str
    kind: Kind
    occasion: str
    message_id: str
    message: Message
    state: DeliveryState = DeliveryState.TODO
    attempts: int = 0
    resent: bool = False
    created_at: datetime
    next_due: datetime
    last_error: str | None = None
    sent_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("created_at", "next_due", "sent_at"):
            require_utc(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The other side took the message; `detail` is its answer."""

    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The other side refused this message: for good (`permanent`), or for now."""

    permanent: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """The channel itself is at fault (connect, TLS, sign-in): no message is to blame."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The message was handed over whole, but the answer was never seen."""

    detail: str


SendResult = Accepted | Refused | Unavailable | Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The decision to tell one recipient about one story once. Unique on (recipient, story, kind).

    `reason` says why it did not go the way that was subscribed ("late find: published 3 days before we
    first looked"), and is empty where it did.
    """

    recipient_id: str
    kind: str = "new"
    route: Route
    reason: str
    channel: str
    topics: tuple[str, ...]
    relevance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryItem:
    """A story as a report shows it: its leading article, the other outlets, and the matches.

    `topics` maps topic id to name, in the order of `matches`.
    """

    story_id: int
    article_id: int
    title: str
    url: str
    outlet: str
    published: datetime | None
    lang: str | None
    matches: tuple[Match, ...]
    topics: tuple[tuple[str, str], ...]
    also: tuple[tuple[str, str], ...] = ()
    actors: tuple[tuple[str, str], ...] = ()
    themes: tuple[tuple[str, str], ...] = ()
    incomplete: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        require_utc("published", self.published)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageNote:
    """One line of a digest's honesty: which feed is not delivering, since when, what it means."""

    feed_id: str
    outlet: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestData:
    """Everything a digest shows. The window is half-open, aware UTC; `date` is the local ISO date.

    `footer` is one sentence on how to stop it ("To unsubscribe, write to ...").
    """

    recipient: Recipient
    date: str
    since: datetime
    until: datetime
    stories: tuple[StoryItem, ...]
    coverage: tuple[CoverageNote, ...] = ()
    feeds_polled: int = 0
    articles_read: int = 0
    per_day: tuple[tuple[str, int], ...] = ()
    heat: tuple[tuple[str, str, int], ...] = ()
    rules_version: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        require_utc("since", self.since)
        require_utc("until", self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertData:
    """Everything an alert mail shows."""

    recipient: Recipient
    story: StoryItem
    footer: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)
