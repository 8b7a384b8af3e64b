"""Rematch: judge the archive by today's rules; nobody is told, or the next digest is."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.domain.alerts import Route
from monitor.domain.articles import Article
from monitor.domain.ports import Clock, Store
from monitor.domain.records import MatchRecord, Telling, UnmatchedArticle
from monitor.domain.topics import Reading
from monitor.pipeline import Progress, unseen
from monitor.pipeline.match import BATCH, Teller, match_record
from monitor.rules import Matcher

REASON = "found by new rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematching:
    """Everything that judging the archive anew needs; `teller` only where the digest is told."""

    store: Store
    clock: Clock
    matcher: Matcher
    teller: Teller | None = None

    def run(self, since: datetime | None, progress: Progress = unseen) -> Counter[str]:
        """Judge every matched article read since then (aware UTC; None: all), newest first.

        Returns the numbers of `articles`, of `flagged` ones, and of `alerts` for the next digests.
        What a recipient was told of before is not told again.
        """
        ids = self.store.select_articles(None, since=since)
        counts: Counter[str] = Counter(articles=0, flagged=0, alerts=0)
        for start in range(0, len(ids), BATCH):
            progress(start, len(ids))
            articles = self.store.articles_of(ids[start : start + BATCH])
            records = [self._record(article) for article in articles]
            counts["alerts"] += self.store.record_matches(records)
            counts["articles"] += len(records)
            counts["flagged"] += sum(any(m.flagged for m in record.matches) for record in records)
        progress(len(ids), len(ids))
        return counts

    def _record(self, article: Article) -> MatchRecord:
        now = self.clock.now()
        reading = self.matcher.read(article.document)
        return match_record(article, reading, now, self._tell(article, reading, now))

    def _tell(self, article: Article, reading: Reading, now: datetime) -> Callable[[int], Sequence[Telling]]:
        teller = self.teller
        if teller is None:
            return lambda _story_id: ()
        unmatched = UnmatchedArticle(
            article=article,
            late=True,
            listed_at=article.read_at,
            feed_first_success=None,
            story_alerted=False,
        )

        def tell(story_id: int) -> list[Telling]:
            told = teller.tell(unmatched, reading, story_id, now)
            return [
                Telling(alert=replace(one.alert, route=Route.DIGEST, reason=one.alert.reason or REASON))
                for one in told
            ]

        return tell
