"""What the topic language means, written for reading and not for speed: the oracle of the fast matcher.

A text is given as sentences of words, not as characters, so that nothing of the preparation is
shared. A hit is (first word, last word, parts), places counted over title and body together. What a
term, a name or a regular expression hits is written down in `reference_world`.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import product

from reference_world import ATOMS, PIECES, Run

from monitor.domain.topics import Document
from monitor.rules.tree import (
    And,
    AtLeast,
    Chain,
    Except,
    Metadata,
    Named,
    Node,
    Not,
    Or,
    Pattern,
    Term,
    Within,
    text_of,
)

Part = tuple[int, int, str]
Hit = tuple[int, int, frozenset[Part]]
Word = tuple[str, str, int, int, int]
"""A word, its field, and the numbers of its sentence, its paragraph and its piece of text."""


@dataclass(frozen=True)
class Text:
    """Title and body: paragraphs of sentences of words. Words have no capitals."""

    title: tuple[str, ...]
    paragraphs: tuple[tuple[tuple[str, ...], ...], ...]

    @property
    def body(self) -> str:
        """Return the body as it is written."""
        return "\n\n".join(
            " ".join(" ".join(sentence).capitalize() + "." for sentence in paragraph)
            for paragraph in self.paragraphs
        )

    @cached_property
    def words(self) -> list[Word]:
        """Return each word with its field and the numbers of its sentence, paragraph and piece."""
        found: list[Word] = []
        pieces = [(piece, "title", 0, 0) for piece in self.title]
        sentence = 0
        for number, paragraph in enumerate(self.paragraphs):
            for words in paragraph:
                pieces += [(piece, "body", sentence, number) for piece in words]
                sentence += 1
        for count, (piece, field, in_sentence, in_paragraph) in enumerate(pieces):
            units = PIECES.get(piece, (piece,))
            found += [(unit, field, in_sentence, in_paragraph, count) for unit in units]
        return found


@dataclass(frozen=True)
class Spelled(Text):
    """A text of pieces that is written as it stands, with what is known of its outlet."""

    known: tuple[tuple[str, object], ...] = ()

    @property
    def body(self) -> str:
        """Return the body, every sentence as it is."""
        return "\n\n".join(" ".join(" ".join(words) for words in part) for part in self.paragraphs)

    @property
    def document(self) -> Document:
        """Return the text as the matcher reads it."""
        return Document(title=" ".join(self.title), body=self.body, **dict(self.known))  # type: ignore[arg-type]


def hits(  # noqa: PLR0911 - one return an operator
    node: Node, text: Text, allowed: frozenset[int] | None = None
) -> list[Hit] | None:
    """Return the hits of a query whose words are all in `allowed`; None where it does not hold."""
    words = text.words
    inside = frozenset(range(len(words))) if allowed is None else allowed
    match node:
        case Term() | Named() | Pattern():
            found = _atom(node, words, inside)
            return found or None
        case And():
            each = [hits(operand, text, inside) for operand in node.operands]
            return None if None in each else [hit for one in each if one for hit in one]
        case Or():
            each = [hits(operand, text, inside) for operand in node.operands]
            true = [one for one in each if one is not None]
            return [hit for one in true for hit in one] if true else None
        case Not():
            return [] if hits(node.operand, text, inside) is None else None
        case Except():
            barred = hits(node.barred, text, inside) or []
            kept = hits(node.kept, text, inside) or []
            return [hit for hit in kept if not any(_share(hit, bar) for bar in barred)] or None
        case AtLeast():
            apart = separate(_by_span(hits(node.operand, text, inside) or []))
            return [_whole(apart[i : i + node.count]) for i in range(len(apart) - node.count + 1)] or None
        case Within():
            return hits(node.operand, text, inside & _stretch(node, words))
        case Metadata():
            return [] if _known(node, text, sum(word[1] == "body" for word in words)) else None
        case Chain():
            return _chain(node, text, inside)
    raise AssertionError(node)


def _atom(node: Term | Named | Pattern, words: list[Word], inside: frozenset[int]) -> list[Hit]:
    spelled = text_of(node)
    runs = ATOMS.get(spelled)
    if runs is None:
        runs = (Run(tuple(frozenset({word}) for word in spelled.strip('"').split())),)
    found = []
    for one in runs:
        barred = [place for other in one.unless for place in _places(other, words)]
        for first, last in _places(one, words):
            free = not any(first <= end and start <= last for start, end in barred)
            if free and inside.issuperset(range(first, last + 1)):
                found.append((first, last, frozenset({(first, last, one.label)})))
    return found


def _places(one: Run, words: list[Word]) -> list[tuple[int, int]]:
    size = len(one.units)
    found = []
    for first in range(len(words) - size + 1):
        here = words[first : first + size]
        fits = all(word[0] in units for word, units in zip(here, one.units, strict=True))
        in_one_field = len({word[1] for word in here}) == 1
        if fits and in_one_field and (not one.joined or len({word[4] for word in here}) == 1):
            found.append((first, first + size - 1))
    return found


def _known(node: Metadata, text: Text, count: int) -> bool:
    known = dict(getattr(text, "known", ()))
    if node.key == "words":
        return _compares(count, node.comparison, int(node.values[0]))
    value = known.get(node.key.replace("-", "_"))
    if value is None:
        return False
    if node.key == "published":
        return _compares(value.date(), node.comparison, date.fromisoformat(node.values[0]))
    value = value.lower()
    holds = {
        "source": lambda one: value == one or value.endswith("." + one),
        "lang": lambda one: value == one or value.startswith(one + "-"),
        "url": lambda one: one in value,
        "author": lambda one: f" {one} " in f" {value} ",
        "section": lambda one: f" {one} " in f" {value} ",
    }.get(node.key, lambda one: value == one)
    return any(holds(one.lower()) for one in node.values)


def _compares(left: object, sign: str, right: object) -> bool:
    return {
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
        "=": left == right,
    }[sign]


def _stretch(node: Within, words: list[Word]) -> frozenset[int]:
    title = [i for i, word in enumerate(words) if word[1] == "title"]
    body = [i for i, word in enumerate(words) if word[1] == "body"]
    return frozenset(
        {"title": title, "body": body, "lead": title + body[:60], "first": body[: node.first]}[node.scope]
    )


def _chain(node: Chain, text: Text, inside: frozenset[int]) -> list[Hit] | None:
    words = text.words
    each = [hits(operand, text, inside) or [] for operand in node.operands]
    found = []
    for way in product(*each):
        pairs = zip(way, way[1:], node.links, strict=False)
        if all(_stand(one, other, link.kind, link.reach, words) for one, other, link in pairs):
            found.append(_whole(list(way)))
    return _by_span(found) or None


def _by_span(found: list[Hit]) -> list[Hit]:
    """Return the hits, those of one span made one with all their parts."""
    spans = {hit[:2] for hit in found}
    return [_whole([hit for hit in found if hit[:2] == span]) for span in spans]


def _stand(one: Hit, other: Hit, kind: str, reach: int, words: list[Word]) -> bool:
    fields = {words[place][1] for hit in (one, other) for place in hit[:2]}
    if _share(one, other) or len(fields) > 1:
        return False
    if kind in {"SENTENCE", "PARAGRAPH"}:
        unit = 2 if kind == "SENTENCE" else 3
        numbers = [words[place][unit] for hit in (one, other) for place in hit[:2]]
        return max(numbers) - min(numbers) < reach
    if one[0] < other[0]:
        return other[0] - one[1] - 1 <= reach
    return kind == "NEAR" and one[0] - other[1] - 1 <= reach


def _share(one: Hit, other: Hit) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _whole(group: list[Hit]) -> Hit:
    parts = frozenset(part for hit in group for part in hit[2])
    return min(hit[0] for hit in group), max(hit[1] for hit in group), parts


def separate(found: list[Hit]) -> list[Hit]:
    """Return as many hits as share no word, the earliest end first, the shortest of equal ends."""
    chosen: list[Hit] = []
    for hit in sorted(found, key=lambda hit: (hit[1], -hit[0], sorted(hit[2]))):
        if not chosen or hit[0] > chosen[-1][1]:
            chosen.append(hit)
    return chosen


def shown(found: list[Hit]) -> set[Part]:
    """Return the parts of the hits, those inside another one of the same label left out."""
    parts = {part for hit in found for part in hit[2]}
    return {
        part
        for part in parts
        if not any(
            other != part and other[0] <= part[0] and part[1] <= other[1] and other[2] == part[2]
            for other in parts
        )
    }


def spans(found: list[Hit], text: Text) -> set[tuple[str, int, int, str]]:
    """Return the evidence of the hits: field, start and end in characters, and label."""
    written = {"title": " ".join(text.title), "body": text.body}
    places, reached = [], {"title": 0, "body": 0}
    for unit, field, _, _, _ in text.words:
        start = written[field].lower().index(unit.lower(), reached[field])
        places.append((field, start, start + len(unit)))
        reached[field] = start + len(unit)
    return {(places[a][0], places[a][1], places[b][2], label) for a, b, label in shown(found)}
