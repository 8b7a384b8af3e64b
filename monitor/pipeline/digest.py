"""Digest: once a local day, gather what waits for a recipient into one message."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import structlog

from monitor.domain.alerts import Delivery, DigestData, Kind, Recipient, StoryItem
from monitor.domain.ports import Clock, Store
from monitor.pipeline.match import Sender
from monitor.policy.digests import DigestDue, digest_due, has_daily, wants_digest
from monitor.policy.mail import message_id
from monitor.reports import digest as digest_report

CHART_DAYS = 14

log = structlog.get_logger("digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digester:
    """Everything that digests need.

    `rows` are the ids of the actors that head the heat table's rows (the states), `partners` those that
    head its columns.
    """

    store: Store
    clock: Clock
    recipients: Sequence[Recipient]
    recipients_first_seen: Mapping[str, datetime]
    topic_names: Mapping[str, str]
    rows: Sequence[str]
    partners: Sequence[str]
    sender: Sender
    rules_version: str

    def run(self) -> Counter[str]:
        """Make the digests that are due; return how many were made, and the stories in them."""
        counts: Counter[str] = Counter(digests=0, stories=0)
        for recipient in self.recipients:
            if not wants_digest(recipient):
                continue
            due = digest_due(
                recipient,
                last=self.store.last_digest(recipient.id),
                first_seen=self.recipients_first_seen[recipient.id],
                now=self.clock.now(),
            )
            if due is not None:
                made = self.make(recipient, due)
                counts["digests"] += made is not None
                counts["stories"] += made or 0
        return counts

    def make(self, recipient: Recipient, due: DigestDue) -> int | None:
        """Put a digest into the outbox; return its number of stories, None where there is none.

        An empty digest is sent only to those who asked for a daily one.
        """
        data = self.gather(recipient, due)
        channel = next(s.channel for s in recipient.subscriptions if recipient.address(s.channel))
        address = recipient.address(channel)
        assert address is not None
        if not data.stories and not has_daily(recipient):
            return None
        delivery = Delivery(
            recipient_id=recipient.id,
            address=address,
            channel=channel,
            kind=Kind.DIGEST,
            occasion=due.date,
            message_id=message_id(recipient.id, channel, Kind.DIGEST, due.date, self.sender.domain),
            message=digest_report.render(data),
            created_at=due.until,
            next_due=due.until,
        )
        if not self.store.record_digest(delivery, [story.story_id for story in data.stories]):
            return None
        log.info("digest", recipient=recipient.id, date=due.date, stories=len(data.stories))
        return len(data.stories)

    def gather(self, recipient: Recipient, due: DigestDue) -> DigestData:
        """Return all that a digest shows; nothing is taken off the waiting list."""
        waiting = self.store.digest_candidates(recipient.id)
        stories = tuple(with_names(story, self.topic_names) for story in waiting)
        feeds, articles = self.store.counts_since(due.since, due.until)
        zone = ZoneInfo(recipient.timezone)
        last = due.until.astimezone(zone).date()
        first = last - timedelta(days=CHART_DAYS - 1)
        return DigestData(
            recipient=recipient,
            date=due.date,
            since=due.since,
            until=due.until,
            stories=stories,
            coverage=tuple(self.store.coverage()),
            feeds_polled=feeds,
            articles_read=articles,
            per_day=tuple(self.store.flagged_per_day(first, last, recipient.timezone)),
            heat=heat(stories, self.rows, self.partners),
            rules_version=self.rules_version,
            footer=self.sender.footer(recipient),
        )


def with_names(story: StoryItem, topic_names: Mapping[str, str]) -> StoryItem:
    """Return the story with its topics named as the pack names them today."""
    return replace(story, topics=tuple((t, topic_names.get(t, name)) for t, name in story.topics))


def heat(
    stories: Sequence[StoryItem], rows: Sequence[str], partners: Sequence[str]
) -> tuple[tuple[str, str, int], ...]:
    """Return (row's name, partner's name, number of stories naming both) for pairs that occur."""
    names: dict[str, str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for story in stories:
        named = dict(story.actors)
        names.update(named)
        for row, partner in product(rows, partners):
            if row != partner and row in named and partner in named:
                counts[row, partner] += 1
    return tuple((names[row], names[partner], number) for (row, partner), number in sorted(counts.items()))
