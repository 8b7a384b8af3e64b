"""Trial: how do the topics judge labelled texts, and which verdicts explain a mistake?"""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.domain.topics import Document, Match
from monitor.policy.scoring import Score, scored
from monitor.rules import Matcher

ALL, NOT_ENGLISH, UNKNOWN = "all", "not en", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a labelled text said, and the topics that flag it. `lang` is None where it is not known."""

    lang: str | None
    relevant: bool
    flagged_by: frozenset[str]

    @property
    def flagged(self) -> bool:
        """Return whether any of the topics on trial flags the text."""
        return bool(self.flagged_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The score of some of the texts; `kind` is all, topic or lang, and `name` which."""

    kind: str
    name: str
    score: Score


def tried(matcher: Matcher, topic_id: str | None, document: Document, *, relevant: bool) -> Tried:
    """Return how one topic judges a labelled text, or (None) all topics do."""
    matches: Iterable[Match | None] = (
        matcher.read(document).matches if topic_id is None else [matcher.judge(topic_id, document)]
    )
    flagged_by = frozenset(match.topic_id for match in matches if match is not None and match.flagged)
    return Tried(lang=document.lang, relevant=relevant, flagged_by=flagged_by)


def explaining(matcher: Matcher, topic_id: str | None, document: Document) -> list[Match]:
    """Return the verdicts that explain how a text was judged.

    That of the topic asked for; else those that flag the text, most relevant first, or, where none
    does, the one that came nearest to it.
    """
    verdicts = [v for v in matcher.explain(document) if topic_id in (None, v.topic_id)]
    verdicts.sort(key=lambda verdict: (not verdict.flagged, verdict.threshold - verdict.total))
    return [verdict for verdict in verdicts if verdict.flagged] or verdicts[:1]


def rows(trials: list[Tried], topics: Iterable[str] = ()) -> list[Row]:
    """Return the scores of all texts, of each of `topics` alone, and of each language.

    Where there are English texts and others, the others are also taken together.
    """
    found = [_row("all", ALL, trials)]
    found += [Row(kind="topic", name=topic, score=topic_score(trials, topic)) for topic in topics]
    by_lang: dict[str, list[Tried]] = {}
    for one in trials:
        by_lang.setdefault(one.lang or UNKNOWN, []).append(one)
    foreign = [one for one in trials if one.lang and one.lang.partition("-")[0] != "en"]
    if foreign and len(foreign) < len(trials):
        found.append(_row("lang", NOT_ENGLISH, foreign))
    return found + [_row("lang", lang, by_lang[lang]) for lang in sorted(by_lang)]


def topic_score(trials: Iterable[Tried], topic_id: str) -> Score:
    """Return the score of one topic alone."""
    return scored((topic_id in one.flagged_by, one.relevant) for one in trials)


def _row(kind: str, name: str, trials: list[Tried]) -> Row:
    return Row(kind=kind, name=name, score=scored((one.flagged, one.relevant) for one in trials))
