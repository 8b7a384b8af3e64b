"""Which sentences show why, and which of their words?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.domain.alerts import StoryItem
from monitor.domain.topics import Evidence, Match, Quote
from monitor.policy.mail import clean_line

EXCERPT_LIMIT = 340
"""Characters of a sentence that a report shows; a longer one is cut round its first marks."""

_BEFORE = 70  # characters kept before the first mark of a sentence that is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a sentence, marked as evidence or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A sentence as a report shows it, and what its marks mean for who cannot read its language.

    `gloss` holds names of actors and themes; empty where the sentence is in English.
    """

    segments: tuple[Segment, ...]
    gloss: tuple[str, ...] = ()
    in_title: bool = False

    @property
    def text(self) -> str:
        """Return the sentence with every marked word in square brackets."""
        return "".join(f"[{part.text}]" if part.marked else part.text for part in self.segments)


def names_of(story: StoryItem) -> dict[str, str]:
    """Return the names of the story's actors ("@id") and themes ("#id"), actors first, in their order."""
    actors = {f"@{id_}": short_name(name) for id_, name in story.actors}
    return actors | {f"#{id_}": short_name(name) for id_, name in story.themes}


def short_name(name: str) -> str:
    """Return a name without the explanation in brackets behind it: "Cooperation (deals, talks)"."""
    line = clean_line(name, 60)
    return line.split(" (")[0] or line


def name_of(mark: Evidence, names: Mapping[str, str]) -> str | None:
    """Return the name of the actor or theme a mark stands for, its id where the name is not known.

    None for a term of the topic's own query: it means itself.
    """
    if not mark.label:
        return None
    bare = mark.label.lstrip("@#")
    return next((names[key] for key in (mark.label, f"@{bare}", f"#{bare}") if key in names), bare)


def excerpts(story: StoryItem, limit: int) -> tuple[Excerpt, ...]:
    """Return the sentences that show why, at most `limit`, each once.

    The strongest match's best comes first, then whichever names most that was not named yet. The title
    stands above them already: its sentence is shown only when there is no other.
    """
    names = names_of(story)
    foreign = story.lang is None or story.lang.split("-")[0].lower() != "en"
    quotes: dict[tuple[str, int, int], Quote] = {}
    for quote in _in_turn([match.quotes for match in flagged(story)]):
        quotes.setdefault((quote.field, quote.start, quote.end), quote)
    left = [quote for quote in quotes.values() if quote.field != "title"] or list(quotes.values())
    chosen: list[Quote] = []
    named: set[str] = set()
    while left and len(chosen) < limit:
        best = max(left, key=lambda quote: len(_labels(quote) - named)) if chosen else left[0]
        left.remove(best)
        chosen.append(best)
        named |= _labels(best)
    return tuple(excerpt(quote, names if foreign else {}) for quote in chosen)


def flagged(story: StoryItem) -> tuple[Match, ...]:
    """Return the matches that flag the story, most relevant first."""
    return tuple(sorted((m for m in story.matches if m.flagged), key=lambda match: -match.relevance))


def excerpt(quote: Quote, glossary: Mapping[str, str]) -> Excerpt:
    """Return `quote` in segments, cut to `EXCERPT_LIMIT`, glossed where `glossary` has names."""
    spans = _spans(quote)
    first, last = _window(quote.text, spans)
    segments: list[Segment] = []
    at = first
    for start, end in spans:
        segments.append(Segment(text=quote.text[at : min(start, last)]))
        segments.append(Segment(text=quote.text[start : min(end, last)], marked=True))
        at = end
    segments.append(Segment(text=quote.text[at:last]))
    cleaned = _clean(segments, before=first > 0, after=last < len(quote.text))
    said = quote.text.casefold()
    meanings = (name_of(mark, glossary) for mark in quote.marks) if glossary else ()
    gloss = dict.fromkeys(name for name in meanings if name and name.casefold() not in said)
    return Excerpt(segments=cleaned, gloss=tuple(gloss), in_title=quote.field == "title")


def _labels(quote: Quote) -> set[str]:
    return {mark.label for mark in quote.marks if mark.label}


def _in_turn(lists: Sequence[Sequence[Quote]]) -> Iterator[Quote]:
    """Yield first the first of each list, then the second: no topic's sentences crowd out another's."""
    for place in range(max(map(len, lists), default=0)):
        yield from (quotes[place] for quotes in lists if place < len(quotes))


def _spans(quote: Quote) -> list[tuple[int, int]]:
    """Return the marks as spans of the quote's own text, sorted, joined where they overlap."""
    spans: list[tuple[int, int]] = []
    for mark in sorted(quote.marks, key=lambda mark: (mark.start, mark.end)):
        start = max(mark.start - quote.start, 0)
        end = min(mark.end - quote.start, len(quote.text))
        if start >= end:
            continue
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def _window(text: str, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return which part of a sentence to show: all, or `EXCERPT_LIMIT` round the first marks."""
    if len(text) <= EXCERPT_LIMIT:
        return 0, len(text)
    first = max(spans[0][0] - _BEFORE, 0) if spans else 0
    first = max(min(first, len(text) - EXCERPT_LIMIT), 0)
    if first:
        first = text.find(" ", first, first + _BEFORE // 2) + 1 or first
    last = min(first + EXCERPT_LIMIT, len(text))
    if last < len(text):
        space = text.rfind(" ", last - _BEFORE // 2, last)
        last = space if space > first else last
    return first, last


def _clean(segments: Sequence[Segment], *, before: bool, after: bool) -> tuple[Segment, ...]:
    """Return the segments on one line, without empty ones, with "…" where the sentence was cut."""
    kept: list[Segment] = [Segment(text="…")] if before else []
    open_space = False
    for segment in segments:
        words = clean_line(segment.text)
        lead = " " if kept and (open_space or segment.text[:1].isspace()) and words else ""
        open_space = segment.text[-1:].isspace() or (open_space and not words)
        if not words:
            continue
        if segment.marked and lead:
            kept.append(Segment(text=lead))
            lead = ""
        kept.append(Segment(text=lead + words, marked=segment.marked))
    if after:
        kept.append(Segment(text=" …"))
    return tuple(kept)
