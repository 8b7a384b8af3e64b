"""Why was a story flagged, in words a reader can check against the article?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.domain.alerts import StoryItem
from monitor.domain.topics import ClauseResult, Evidence, Match
from monitor.policy.mail import clean_line
from monitor.reports.evidence import flagged, name_of, names_of
from monitor.reports.wording import listed

_NAMES = 5  # names in one part of a sentence
_WORDS = 3  # quoted words for one score clause
_TOPICS = 4  # topics told of one story


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One topic's verdict on a story: its name, its relevance (0-100), and what it rests on."""

    topic: str
    relevance: int
    because: str


def reasons(story: StoryItem) -> tuple[Reason, ...]:
    """Return why the story was flagged, the most relevant topic first, at most four."""
    topics, names = dict(story.topics), names_of(story)
    return tuple(
        Reason(
            topic=clean_line(topics.get(match.topic_id, match.topic_id), 80),
            relevance=match.relevance,
            because="; ".join(_parts(match, names)),
        )
        for match in flagged(story)[:_TOPICS]
    )


def _parts(match: Match, names: Mapping[str, str]) -> Iterable[str]:
    """Yield what the verdict rests on: one sentence, the title, the rest, points added or taken."""
    everything = _meanings(match.evidence, names)
    parties = [name for name in everything if not name.startswith("“")] or everything
    sentences = [_meanings(quote.marks, names) for quote in match.quotes if quote.field != "title"]
    told: set[str] = set()
    together = max(([name for name in said if name in parties] for said in sentences), key=len, default=[])
    if len(together) > 1:
        yield f"{listed(together, _NAMES, ' + ')} in one sentence"
        told.update(together)
    title = _meanings((mark for mark in match.evidence if mark.field == "title"), names)
    if title:
        all_told = told and told.issubset(title)
        yield "all of them in the title" if all_told else f"{listed(title, _NAMES, ' + ')} in the title"
        told.update(title)
    rest = [name for name in everything if name not in told]
    if rest:
        yield f"{'also ' if told else ''}{listed(rest, _NAMES)}"
    yield from filter(None, map(_adjustment, match.clauses))


def _meanings(marks: Iterable[Evidence], names: Mapping[str, str]) -> list[str]:
    """Return what each mark stands for, once: an actor's or theme's name, or the word itself."""
    found: dict[str, str] = {}
    for mark in marks:
        meaning = name_of(mark, names) or f"“{clean_line(mark.text, 60)}”"
        found.setdefault(meaning.casefold(), meaning)
    return list(found.values())


def _adjustment(clause: ClauseResult) -> str:
    """Return what a score clause did, with the words that made it hold; "" where it did nothing."""
    if clause.kind != "score" or not clause.held or not clause.points:
        return ""
    words = dict.fromkeys(clean_line(mark.text, 60) for mark in clause.evidence)
    told = listed([f"“{word}”" for word in words], _WORDS)
    change = f"raised by {clause.points}" if clause.points > 0 else f"lowered by {-clause.points}"
    return f"{change} for {told}" if told else change
