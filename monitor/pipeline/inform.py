"""Inform: mail whoever runs this of sources that do not deliver, and do again, and once a week of all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from monitor.domain.alerts import Delivery, Kind, Message
from monitor.domain.feeds import Feed
from monitor.domain.health import (
    FAULTS,
    RANK,
    Episode,
    HealthMails,
    NoticeData,
    SourceHealth,
    Told,
    WeeklyData,
)
from monitor.domain.ports import Clock
from monitor.domain.watching import HealthStore
from monitor.pipeline.match import Sender
from monitor.policy.health import seen
from monitor.policy.mail import message_id
from monitor.policy.notices import AT_MOST_EVERY, lasts, uncovered, weekly_due
from monitor.policy.urls import host_of
from monitor.reports import health as report

OPERATOR = "operator"
CHANNEL = "email"
WEEK = timedelta(days=7)
WORTH_TELLING = timedelta(days=1)
_SLICE = 200
_REMEMBERED = timedelta(days=28)

log = structlog.get_logger("inform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Informer:
    """Everything that the mails on sources need. `mails` is None where nobody wants any."""

    store: HealthStore
    clock: Clock
    feeds: Mapping[str, Feed]
    mails: HealthMails | None
    first_seen: datetime
    sender: Sender

    def run(self) -> Counter[str]:
        """Put the mails that are due into the outbox; return how many of each kind."""
        counts: Counter[str] = Counter()
        if self.mails is None:
            return counts
        now = self.clock.now()
        if self.mails.notices:
            counts["notices"] += self._notice(self.mails, now)
        last = self.store.last_delivery(OPERATOR, Kind.HEALTH)
        due = weekly_due(self.mails, last=last[0] if last else None, first_seen=self.first_seen, now=now)
        if due is not None:
            counts["health mails"] += self._weekly(self.mails, due, now)
        return counts

    def _notice(self, mails: HealthMails, now: datetime) -> bool:
        last = self.store.last_delivery(OPERATOR, Kind.NOTICE)
        if last is not None and now - last[1] < AT_MOST_EVERY:
            return False
        known = [one for one in self.store.episodes(now - _REMEMBERED) if one.feed_id in self.feeds]
        untold = [one for one in known if one.until is None and one.told_at is None and one.state in FAULTS]
        over = [one for one in known if one.until and one.told_at and one.over_told_at is None]
        faults, told = self._lasting(untold, mails, now)
        if not (faults or over):
            return False
        data = NoticeData(
            at=now,
            timezone=mails.timezone,
            faults=tuple(faults),
            over=tuple(self._told(one) for one in over),
            sources=len(self.feeds),
            footer=self._footer(mails),
        )
        occasion = now.isoformat(timespec="seconds")
        delivery = self._delivery(Kind.NOTICE, occasion, report.notice(data), now)
        log.info("notice", faults=len(faults), over=len(over))
        return self.store.record_notice(delivery, [one.id for one in told], [one.id for one in over])

    def _lasting(
        self, untold: Sequence[Episode], mails: HealthMails, now: datetime
    ) -> tuple[list[Told], list[Episode]]:
        """Return of each source the worst of its faults that have lasted, and all of these."""
        sources = self._seen(sorted({one.feed_id for one in untold}), now)
        lasting = [
            one
            for one in untold
            if lasts(
                one,
                known_since=sources[one.feed_id][1],
                usual=sources[one.feed_id][0].usual,
                mails=mails,
                now=now,
            )
        ]
        worst: dict[str, Episode] = {}
        for one in sorted(lasting, key=lambda one: (RANK[one.state], one.since)):
            worst.setdefault(one.feed_id, one)
        advice = {
            (name, finding.state): finding.advice
            for name, (source, _) in sources.items()
            for finding in (source.finding, *source.others)
        }
        told = [self._told(one, advice.get((one.feed_id, one.state), "")) for one in worst.values()]
        return told, lasting

    def _seen(self, names: Sequence[str], now: datetime) -> dict[str, tuple[SourceHealth, datetime]]:
        """Return each source as people see it, with when it was added."""
        found: dict[str, tuple[SourceHealth, datetime]] = {}
        for at in range(0, len(names), _SLICE):
            known = self.store.health_evidence(names[at : at + _SLICE], now)
            for name, evidence in known.items():
                found[name] = (seen(self.feeds[name], evidence, now), evidence.added_at)
        return found

    def _weekly(self, mails: HealthMails, due: date, now: datetime) -> bool:
        sources = [source for source, _ in self._seen(sorted(self.feeds), now).values()]
        back = [
            self._told(one)
            for one in self.store.episodes(now - WEEK)
            if one.feed_id in self.feeds
            and one.state in FAULTS
            and one.until is not None
            and one.until - one.since >= WORTH_TELLING
        ]
        data = WeeklyData(
            date=due,
            at=now,
            timezone=mails.timezone,
            sources=tuple(sources),
            back=tuple(back),
            uncovered=uncovered(sources),
            footer=self._footer(mails),
        )
        log.info("health mail", sources=len(sources))
        delivery = self._delivery(Kind.HEALTH, due.isoformat(), report.weekly(data), now)
        return self.store.record_notice(delivery, (), ())

    def _told(self, episode: Episode, advice: str = "") -> Told:
        feed = self.feeds[episode.feed_id]
        return Told(episode=episode, outlet=feed.outlet, host=host_of(feed.url), advice=advice)

    def _footer(self, mails: HealthMails) -> str:
        return f"You get this at {mails.to} as the operator. The section health of newsmon.yaml changes it."

    def _delivery(self, kind: Kind, occasion: str, message: Message, now: datetime) -> Delivery:
        assert self.mails is not None
        return Delivery(
            recipient_id=OPERATOR,
            address=self.mails.to,
            channel=CHANNEL,
            kind=kind,
            occasion=occasion,
            message_id=message_id(OPERATOR, CHANNEL, kind, occasion, self.sender.domain),
            message=message,
            created_at=now,
            next_due=now,
        )
