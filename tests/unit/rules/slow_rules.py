"""What the topic language means, written for reading and not for speed: the oracle of the fast matcher.

A text is given as sentences of words, not as characters, so that nothing of the preparation is
shared. A hit is (first word, last word, parts), places counted over title and body together.
"""

from dataclasses import dataclass
from itertools import product

from monitor.rules.tree import And, AtLeast, Chain, Except, Metadata, Node, Not, Or, Term, Within

Hit = tuple[int, int, frozenset[tuple[int, int]]]


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

    def words(self) -> list[tuple[str, str, int, int]]:
        """Return each word with its field and the numbers of its sentence and paragraph."""
        found = [(word, "title", 0, 0) for word in self.title]
        sentence = 0
        for number, paragraph in enumerate(self.paragraphs):
            for words in paragraph:
                found += [(word, "body", sentence, number) for word in words]
                sentence += 1
        return found


def hits(  # noqa: PLR0911 - one return an operator
    node: Node, text: Text, allowed: frozenset[int] | None = None
) -> list[Hit] | None:
    """Return the hits of a query whose words are all in `allowed`; None where it does not hold."""
    words = text.words()
    inside = frozenset(range(len(words))) if allowed is None else allowed
    match node:
        case Term():
            found = _term(node, words, inside)
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
            count = sum(field == "body" for _, field, _, _ in words)
            return [] if count >= int(node.values[0]) else None
        case Chain():
            return _chain(node, text, inside)
    raise AssertionError(node)


def _term(node: Term, words: list[tuple[str, str, int, int]], inside: frozenset[int]) -> list[Hit]:
    wanted = node.text.split()
    size = len(wanted)
    found = []
    for first in range(len(words) - size + 1):
        run = words[first : first + size]
        in_one_field = len({field for _, field, _, _ in run}) == 1
        if (
            in_one_field
            and [word for word, _, _, _ in run] == wanted
            and inside.issuperset(range(first, first + size))
        ):
            found.append((first, first + size - 1, frozenset({(first, first + size - 1)})))
    return found


def _stretch(node: Within, words: list[tuple[str, str, int, int]]) -> frozenset[int]:
    title = [i for i, word in enumerate(words) if word[1] == "title"]
    body = [i for i, word in enumerate(words) if word[1] == "body"]
    return frozenset(
        {"title": title, "body": body, "lead": title + body[:60], "first": body[: node.first]}[node.scope]
    )


def _chain(node: Chain, text: Text, inside: frozenset[int]) -> list[Hit] | None:
    words = text.words()
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


def _stand(one: Hit, other: Hit, kind: str, reach: int, words: list[tuple[str, str, int, int]]) -> bool:
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


def shown(found: list[Hit]) -> set[tuple[int, int]]:
    """Return the parts of the hits, those inside another one left out."""
    parts = {part for hit in found for part in hit[2]}
    return {
        part
        for part in parts
        if not any(other != part and other[0] <= part[0] and part[1] <= other[1] for other in parts)
    }
