"""Watch: look after each source about once an hour, and remember how it is and since when."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from monitor.domain.feeds import Feed
from monitor.domain.health import Evidence, Health, HealthRecord
from monitor.domain.ports import Clock
from monitor.domain.watching import HealthStore
from monitor.pipeline import Progress, unseen
from monitor.policy.health import LOOK_EVERY, away, judge, learn

SLICE = 100
"""Sources looked after in one transaction: others write meanwhile."""

log = structlog.get_logger("watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Everything that looking after sources needs."""

    store: HealthStore
    clock: Clock
    feeds: Mapping[str, Feed]

    def run(self, limit: int = 25_000, progress: Progress = unseen) -> Counter[str]:
        """Look after up to `limit` sources that are due; return how many are in each state that leads."""
        counts: Counter[str] = Counter()
        now = self.clock.now()
        due = self.store.unwatched(now - LOOK_EVERY, limit)
        for at in range(0, len(due), SLICE):
            known = self.store.health_evidence(due[at : at + SLICE], now)
            records = [self._look(self.feeds[name], known[name]) for name in known if name in self.feeds]
            self.store.record_health(records)
            counts.update(record.findings[0].state.value for record in records)
            progress(min(at + SLICE, len(due)), len(due))
        return counts

    def _look(self, feed: Feed, evidence: Evidence) -> HealthRecord:
        now = self.clock.now()
        unwatched = away(evidence, now)
        if unwatched is not None:
            # While nobody looked nothing was heard, and what came of it says nothing from now on.
            evidence = replace(evidence, episodes=(*evidence.episodes, unwatched))
        findings = judge(feed, evidence, now)
        for finding in findings:
            new = evidence.open_since(finding.state) is None
            if new and finding.state not in {Health.OK, Health.NEW}:
                log.info("state", feed=feed.id, state=finding.state.value, shown=finding.evidence)
        return HealthRecord(
            feed_id=feed.id,
            at=now,
            findings=findings,
            rhythm=learn(feed, evidence, now),
            away=unwatched,
        )
