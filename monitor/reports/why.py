"""Why was a story flagged, in words a reader can check against the article?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.domain.alerts import StoryItem
from monitor.domain.topics import ClauseResult, Evidence, Match
from monitor.policy.mail import clean_line
from monitor.reports.evidence import flagged, name_of, names_of
from monitor.reports.wording import listed

_NAMES = 4  # names in one part of a sentence
_WORDS = 3  # quoted words for one score clause
_TOPICS = 4  # topics told of one story


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One topic's verdict on a story: its name, its relevance (0-100), and what it rests on."""

    topic: str
    relevance: int
    because: str


def reasons(story: StoryItem) -> tuple[Reason, ...]:
    """Return why the story was flagged, the most relevant topic first, at most four.

    The first is told in full, the others with the strongest of what they rest on.
    """
    topics, names = dict(story.topics), names_of(story)
    told: list[Reason] = []
    for match in flagged(story)[:_TOPICS]:
        topic = clean_line(topics.get(match.topic_id, match.topic_id), 80)
        parts = list(_parts(match, names))
        because = "; ".join(parts[:1] if told else parts)
        told.append(Reason(topic=topic, relevance=match.relevance, because=because))
    return tuple(told)


def _parts(match: Match, names: Mapping[str, str]) -> Iterator[str]:
    """Yield what the verdict rests on: who and what in one sentence, in the title, points for other words."""
    everything = _meanings(match.evidence, names)
    parties = [name for name in everything if not name.startswith("“")] or everything
    sentences = [_meanings(quote.marks, names) for quote in match.quotes if quote.field != "title"]
    together = max(([name for name in said if name in parties] for said in sentences), key=len, default=[])
    title = _meanings((mark for mark in match.evidence if mark.field == "title"), names)
    if len(together) > 1:
        yield f"{listed(together, _NAMES, ' + ')} in one sentence"
    if title:
        repeated = len(together) > 1 and set(together).issubset(title)
        yield "all of them in the title" if repeated else f"{listed(title, _NAMES, ' + ')} in the title"
    if len(together) <= 1 and not title and everything:
        yield listed(everything, _NAMES)
    for clause in match.clauses:
        yield from _adjustment(clause, frozenset(everything), names)


def _meanings(marks: Iterable[Evidence], names: Mapping[str, str]) -> list[str]:
    """Return what the marks stand for, each once: actors, then themes, then words that mean themselves."""
    found = {name_of(mark, names) or f"“{clean_line(mark.text, 60)}”" for mark in marks}
    known = [name for name in dict.fromkeys(names.values()) if name in found]
    return known + sorted(found.difference(known), key=lambda name: (name.startswith("“"), name))


def _adjustment(clause: ClauseResult, known: frozenset[str], names: Mapping[str, str]) -> Iterator[str]:
    """Yield what a score clause did, with its words; nothing where its words are `known` evidence already."""
    if clause.kind != "score" or not clause.held or not clause.points:
        return
    new = [mark for mark in clause.evidence if known.isdisjoint(_meanings([mark], names))]
    words = dict.fromkeys(f"“{clean_line(mark.text, 60)}”" for mark in new)
    if words:
        change = f"raised by {clause.points}" if clause.points > 0 else f"lowered by {-clause.points}"
        yield f"{change} for {listed(list(words), _WORDS)}"
