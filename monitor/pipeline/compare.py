"""Compare: what would these rules have flagged on the archive, beside those that are in force?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest

from monitor.domain.alerts import Recipient, When
from monitor.domain.articles import Article
from monitor.domain.ports import Store
from monitor.domain.records import Flagged
from monitor.domain.topics import Match
from monitor.pipeline import Progress, unseen
from monitor.pipeline.search import BATCH
from monitor.rules import Matcher

NEAR_MISSES = 10
MOST_WORDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An article as two versions of a topic see it: its relevance by each, None where it lacks the words.

    `because` is the sentence that the version which flags it shows, or the words that came near.
    """

    article_id: int
    story_id: int | None
    url: str
    outlet: str
    title: str
    read_at: datetime
    before: int | None
    after: int | None
    because: str = ""


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What two versions of one topic say of the same articles, newest first.

    `kept` counts those that both flag; `near` are the new version's nearest misses, nearest first.
    """

    topic_id: str
    kept: int = 0
    gained: list[Shift] = field(default_factory=list)
    lost: list[Shift] = field(default_factory=list)
    near: list[Shift] = field(default_factory=list)
    stories_before: set[int] = field(default_factory=set)
    stories_after: set[int] = field(default_factory=set)

    def add(self, article: Article, old: Match | None, new: Match | None) -> None:
        """Count an article by its two verdicts."""
        before, after = _flagged(old), _flagged(new)
        if before and article.story_id is not None:
            self.stories_before.add(article.story_id)
        if after and article.story_id is not None:
            self.stories_after.add(article.story_id)
        if before and after:
            self.kept += 1
        elif after:
            self.gained.append(_shift(article, old, new))
        elif before:
            self.lost.append(_shift(article, old, new))
        elif new is not None:
            self.near = nlargest(
                NEAR_MISSES, [*self.near, _shift(article, old, new)], key=lambda one: one.after or 0
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What a change of rules would have meant: by topic, and in messages at once by recipient.

    `days` is the length of the archive that was looked at; the messages are counted over all of it.
    """

    days: float
    topics: tuple[Comparison, ...]
    messages: tuple[tuple[str, int, int], ...] = ()

    @property
    def before(self) -> float:
        """Return how many messages a day went out at once, to all."""
        return sum(before for _, before, _ in self.messages) / self.days

    @property
    def after(self) -> float:
        """Return how many would."""
        return sum(after for _, _, after in self.messages) / self.days


def changed_topics(old: Matcher | None, new: Matcher) -> list[str]:
    """Return the ids of topics that are new, gone, or mean something else, sorted."""
    before = {} if old is None else old.versions
    return sorted(t for t in {*before, *new.versions} if before.get(t) != new.versions.get(t))


def compare(
    store: Store,
    old: Matcher | None,
    new: Matcher,
    topics: Collection[str],
    since: datetime | None = None,
    progress: Progress = unseen,
) -> tuple[dict[str, Comparison], dict[int, dict[str, int]]]:
    """Return a comparison of each topic, and what the new rules flag: relevance by article and topic.

    Only articles that one of the versions may flag are read, so the second part holds no others.
    """
    sides = [(rules, topic) for rules in (old, new) if rules for topic in topics if topic in rules.versions]
    ids = {i for rules, topic in sides for i in store.select_articles(rules.sought(topic), since=since)}
    found = {topic: Comparison(topic_id=topic) for topic in topics}
    flags: dict[int, dict[str, int]] = {}
    ordered = sorted(ids, reverse=True)
    for start in range(0, len(ordered), BATCH):
        progress(start, len(ordered))
        for article in store.articles_of(ordered[start : start + BATCH]):
            before, after = _verdicts(old, article), _verdicts(new, article)
            flags[article.id] = {t: after[t].relevance for t in topics if _flagged(after.get(t))}
            for topic in topics:
                found[topic].add(article, before.get(topic), after.get(topic))
    progress(len(ordered), len(ordered))
    return found, flags


def messages(
    recipients: Sequence[Recipient],
    flagged: Sequence[Flagged],
    found: Mapping[str, Comparison],
    flags: Mapping[int, Mapping[str, int]],
) -> tuple[tuple[str, int, int], ...]:
    """Return for each recipient how many stories were told at once, and how many would have been.

    `flagged` is what the archive's verdicts say; `found` and `flags` are what `compare` says of the topics
    that changed.
    """
    now: dict[int, dict[str, int]] = {}
    gained = [shift for one in found.values() for shift in one.gained]
    stories = {shift.article_id: shift.story_id for shift in gained if shift.story_id is not None}
    for one in flagged:
        stories[one.article_id] = one.story_id
        now.setdefault(one.article_id, {})[one.topic_id] = one.relevance
    then = {number: {t: r for t, r in told.items() if t not in found} for number, told in now.items()}
    for number, told in flags.items():
        then.setdefault(number, {}).update(told)
    return tuple(
        (recipient.id, len(_told(recipient, now, stories)), len(_told(recipient, then, stories)))
        for recipient in recipients
        if any(subscription.when is When.AT_ONCE for subscription in recipient.subscriptions)
    )


def _told(
    recipient: Recipient, verdicts: Mapping[int, Mapping[str, int]], stories: Mapping[int, int]
) -> set[int]:
    """Return the stories that a recipient is told of at once; an article without one is one by itself."""
    at_once = [one for one in recipient.subscriptions if one.when is When.AT_ONCE]
    return {
        stories.get(number, -number)
        for number, told in verdicts.items()
        if any(one.wants(topic, relevance) for one in at_once for topic, relevance in told.items())
    }


def _verdicts(rules: Matcher | None, article: Article) -> dict[str, Match]:
    if rules is None:
        return {}
    return {match.topic_id: match for match in rules.read(article.document).matches}


def _flagged(match: Match | None) -> bool:
    return match is not None and match.flagged


def _shift(article: Article, old: Match | None, new: Match | None) -> Shift:
    shown = new if _flagged(new) or not _flagged(old) else old
    return Shift(
        article_id=article.id,
        story_id=article.story_id,
        url=article.url,
        outlet=article.outlet,
        title=article.title,
        read_at=article.read_at,
        before=old.relevance if old else None,
        after=new.relevance if new else None,
        because=_because(shown),
    )


def _because(shown: Match | None) -> str:
    """Return the best sentence of a match, or its words where it flags nothing."""
    if shown is None:
        return ""
    words = dict.fromkeys(one.text for one in shown.evidence)
    return shown.quotes[0].text if shown.quotes else ", ".join(list(words)[:MOST_WORDS])
