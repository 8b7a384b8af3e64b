"""Is a match told at once, in the digest, or not at all; and to whom?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.alerts import Alert, Recipient, Route, Subscription, When
from monitor.domain.topics import Match

LATE_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is known of the article that matched; instants aware UTC.

    `late` says the entry stood in its feed's back-catalogue when we first saw the feed, or that a search
    for its past found it; either happened when it was listed, at `listed_at`. `alert_first_poll` says
    that this desk wants even that at once (the demo).
    """

    published: datetime | None
    feed_first_seen: datetime | None
    late: bool = False
    listed_at: datetime | None = None
    alert_first_poll: bool = False


def decide(
    matches: Iterable[Match],
    recipient: Recipient,
    occasion: Occasion,
    *,
    topics_first_seen: Mapping[str, datetime],
    recipient_first_seen: datetime,
    late_after: timedelta = LATE_AFTER,
) -> list[Alert]:
    """Return at most one alert per channel for a recipient, topics in order of relevance.

    A subscription that tells at once wins over a daily one. What was published more than
    `late_after` before we first saw its feed, topic or recipient, or (back-catalogue) itself, is a
    late find: digest only.
    """
    flagged = sorted((m for m in matches if m.flagged), key=lambda m: (-m.relevance, m.topic_id))
    chosen: dict[str, Alert] = {}
    for subscription in recipient.subscriptions:
        wanted = [m for m in flagged if subscription.wants(m.topic_id, m.relevance)]
        if not wanted or recipient.address(subscription.channel) is None:
            continue
        first_seen = max(recipient_first_seen, min(topics_first_seen[m.topic_id] for m in wanted))
        alert = _alert(recipient, subscription, wanted, _late(occasion, first_seen, late_after))
        chosen[subscription.channel] = _join(chosen.get(subscription.channel), alert)
    return list(chosen.values())


def _alert(recipient: Recipient, subscription: Subscription, wanted: list[Match], late: str) -> Alert:
    at_once = subscription.when is When.AT_ONCE
    route = Route.AT_ONCE if at_once and not late else Route.DIGEST
    return Alert(
        recipient_id=recipient.id,
        route=route,
        reason=late if at_once else "",
        channel=subscription.channel,
        topics=tuple(m.topic_id for m in wanted),
        relevance=wanted[0].relevance,
    )


def _late(occasion: Occasion, first_seen: datetime, late_after: timedelta) -> str:
    """Return why this is a late find, or ""."""
    if occasion.alert_first_poll:
        return ""
    if occasion.published is None:
        return "late find: undated, from the feed's back-catalogue" if occasion.late else ""
    if occasion.feed_first_seen is not None:
        first_seen = max(first_seen, occasion.feed_first_seen)
    if occasion.late and occasion.listed_at is not None:
        # However long we know the feed: nobody had looked for this before.
        first_seen = max(first_seen, occasion.listed_at)
    age = first_seen - occasion.published
    if age <= late_after:
        return ""
    return f"late find: published {_days(age)} before we first looked"


def _days(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days


def _join(one: Alert | None, other: Alert) -> Alert:
    """Return one alert for two subscriptions on the same channel; telling at once wins."""
    if one is None:
        return other
    first, second = (one, other) if one.route is Route.AT_ONCE else (other, one)
    return Alert(
        recipient_id=first.recipient_id,
        route=first.route,
        reason=first.reason,
        channel=first.channel,
        topics=tuple(dict.fromkeys(first.topics + second.topics)),
        relevance=max(first.relevance, second.relevance),
    )
