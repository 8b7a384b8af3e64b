"""Match: read articles by the rules, join copies to stories, and decide whom to tell."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.domain.alerts import (
    Alert,
    AlertData,
    Delivery,
    Kind,
    Recipient,
    Route,
    StoryItem,
)
from monitor.domain.articles import Article
from monitor.domain.feeds import Feed
from monitor.domain.ports import Clock, Store
from monitor.domain.records import MatchRecord, Telling, UnmatchedArticle
from monitor.domain.topics import Reading
from monitor.pipeline import Progress, unseen
from monitor.policy.alerting import LATE_AFTER, Occasion, decide
from monitor.policy.mail import message_id
from monitor.policy.stories import story_key
from monitor.reports import alert as alert_report
from monitor.rules import Matcher

LEASE = timedelta(minutes=5)
BATCH = 20

log = structlog.get_logger("match")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who speaks: the domain in Message-IDs, and whom to write to about the service."""

    domain: str
    contact: str

    def footer(self, recipient: Recipient) -> str:
        """Return how to stop, in a sentence."""
        return f"You get this as {recipient.name}. To stop or change it, write to {self.contact}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Everything that deciding whom to tell needs; pure but for its clock."""

    recipients: Sequence[Recipient]
    recipients_first_seen: Mapping[str, datetime]
    topics_first_seen: Mapping[str, datetime]
    topic_names: Mapping[str, str]
    feeds: Mapping[str, Feed]
    sender: Sender
    late_after: timedelta = LATE_AFTER

    def tell(
        self, unmatched: UnmatchedArticle, reading: Reading, story_id: int, now: datetime
    ) -> list[Telling]:
        """Return what to tell whom about an article, with the messages that go out at once."""
        if not any(match.flagged for match in reading.matches):
            return []
        feed = self.feeds.get(unmatched.article.feed_id)
        occasion = Occasion(
            published=unmatched.article.published,
            feed_first_seen=unmatched.feed_first_success,
            late=unmatched.late,
            listed_at=unmatched.listed_at,
            alert_first_poll=feed is not None and feed.first_poll == "alert",
        )
        tellings = []
        for recipient in self.recipients:
            alerts = decide(
                reading.matches,
                recipient,
                occasion,
                topics_first_seen=self.topics_first_seen,
                recipient_first_seen=self.recipients_first_seen[recipient.id],
                late_after=self.late_after,
            )
            tellings += [
                self._telling(recipient, a, unmatched.article, reading, story_id, now) for a in alerts
            ]
        return tellings

    def _telling(
        self,
        recipient: Recipient,
        alert: Alert,
        article: Article,
        reading: Reading,
        story_id: int,
        now: datetime,
    ) -> Telling:
        if alert.route is Route.DIGEST:
            return Telling(alert=alert)
        story = self._story(alert, article, reading, story_id)
        data = AlertData(recipient=recipient, story=story, footer=self.sender.footer(recipient))
        occasion = f"story:{story_id}"
        address = recipient.address(alert.channel)
        assert address is not None
        delivery = Delivery(
            recipient_id=recipient.id,
            address=address,
            channel=alert.channel,
            kind=Kind.ALERT,
            occasion=occasion,
            message_id=message_id(recipient.id, alert.channel, Kind.ALERT, occasion, self.sender.domain),
            message=alert_report.render(data),
            created_at=now,
            next_due=now,
        )
        return Telling(alert=alert, delivery=delivery)

    def _story(self, alert: Alert, article: Article, reading: Reading, story_id: int) -> StoryItem:
        matches = {m.topic_id: m for m in reading.matches if m.flagged}
        return StoryItem(
            story_id=story_id,
            article_id=article.id,
            title=article.title,
            url=article.url,
            outlet=article.outlet,
            published=article.published,
            lang=article.lang,
            matches=tuple(matches[t] for t in alert.topics),
            topics=tuple((t, self.topic_names.get(t, t)) for t in alert.topics),
            actors=tuple((m.id, m.name) for m in reading.actors),
            themes=tuple((m.id, m.name) for m in reading.themes),
            incomplete=article.incomplete,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Everything that matching needs."""

    store: Store
    clock: Clock
    matcher: Matcher
    teller: Teller

    def run(self, limit: int = 200, progress: Progress = unseen) -> Counter[str]:
        """Match up to `limit` articles, news before back-catalogue.

        Returns the numbers of `articles`, of `flagged` ones, and of new `alerts`.
        """
        claimed = self.store.claim_articles(self.clock.now(), LEASE, limit)
        counts: Counter[str] = Counter(articles=0, flagged=0, alerts=0)
        for start in range(0, len(claimed), BATCH):
            records = [self._match(unmatched) for unmatched in claimed[start : start + BATCH]]
            counts["alerts"] += self.store.record_matches(records)
            counts["articles"] += len(records)
            counts["flagged"] += sum(any(m.flagged for m in record.matches) for record in records)
            progress(counts["articles"], len(claimed))
        return counts

    def _match(self, unmatched: UnmatchedArticle) -> MatchRecord:
        now = self.clock.now()
        article = unmatched.article
        reading = self.matcher.read(article.document)
        flagged = [m.topic_id for m in reading.matches if m.flagged]
        log.info("matched", article=article.id, topics=flagged)
        return match_record(
            article, reading, now, lambda story_id: self.teller.tell(unmatched, reading, story_id, now)
        )


def match_record(
    article: Article, reading: Reading, now: datetime, tell: Callable[[int], Sequence[Telling]]
) -> MatchRecord:
    """Return what a reading of an article changes; `tell` says whom to tell once its story is known."""
    return MatchRecord(
        article_id=article.id,
        version=article.version,
        at=now,
        story_key=story_key(reading.search.body, article.url),
        matches=reading.matches,
        actors=reading.actors,
        themes=reading.themes,
        search=reading.search,
        tell=tell,
    )
