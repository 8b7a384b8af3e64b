"""Search: which stored articles does a query hold for? The index sorts out, the rules decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.domain.articles import Article
from monitor.domain.ports import Store
from monitor.domain.topics import Match
from monitor.pipeline import Progress, unseen
from monitor.rules import Matcher

BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where to look: articles read since an instant (aware UTC), of one source, in one language."""

    since: datetime | None = None
    feed_id: str | None = None
    lang: str | None = None


EVERYWHERE = Scope()


def search(
    store: Store, matcher: Matcher, topic_id: str, scope: Scope = EVERYWHERE, progress: Progress = unseen
) -> Iterator[tuple[Article, Match]]:
    """Yield every matched article for which the topic's `require` holds, newest first, with the verdict.

    These are exactly those that reading the whole archive by the topic would give.
    """
    sought = matcher.sought(topic_id)
    ids = store.select_articles(sought, since=scope.since, feed_id=scope.feed_id, lang=scope.lang)
    for start in range(0, len(ids), BATCH):
        progress(start, len(ids))
        for article in store.articles_of(ids[start : start + BATCH]):
            match = matcher.judge(topic_id, article.document)
            if match is not None:
                yield article, match
    progress(len(ids), len(ids))
