"""Which words must an article hold for a query to hold? At least these: never fewer articles, maybe more.

NEAR, fields and phrases become AND, NOT and metadata say nothing, inflected words become beginnings
(rules.md, section 5): what an index of prepared words can answer. The query itself then decides.
"""

from collections.abc import Callable, Iterable

from monitor.domain.searching import AllOf, AnyOf, Sought, Word
from monitor.rules.letters import SPACELESS_WORD
from monitor.rules.terms import Shape, WordShape
from monitor.rules.tree import And, Chain, Except, Leaf, Metadata, Node, Not, Or, Pattern, children

MOST_WORDS = 2_000
"""Words an index is asked for at once, where there is a choice: more cost more than they sort out."""

Shapes = Callable[[Leaf], Iterable[Shape]]


def sought(node: Node, shapes: Shapes) -> Sought | None:
    """Return what an article must hold for the node to hold; None where words cannot tell.

    `shapes` returns the readings of the terms that a leaf stands for.
    """
    match node:
        case Leaf():
            return None if isinstance(node.written, Pattern) else _any(map(_shape, shapes(node)))
        case Or():
            parts = [sought(operand, shapes) for operand in node.operands]
            known = [part for part in parts if part is not None]
            return _any(known) if len(known) == len(parts) else None
        case Not() | Metadata():
            return None
        case Except():
            return sought(node.kept, shapes)
        case And() | Chain():
            return _all(filter(None, (sought(operand, shapes) for operand in node.operands)))
    return sought(children(node)[0], shapes)


def _shape(shape: Shape) -> Sought:
    pieces = [piece for word in shape.words for piece in _word(word)]
    return pieces[0] if len(pieces) == 1 else AllOf(parts=tuple(dict.fromkeys(pieces)))


def _word(word: WordShape) -> list[Sought]:
    """Return a word of a term as words of the index, where scripts without spaces go by the character."""
    *firsts, last = SPACELESS_WORD.findall(word.stem)
    begun = not word.is_whole and not word.substring
    pieces: list[Sought] = [Word(text=piece) for piece in firsts]
    prefixes = word.forms.prefixes if word.forms is not None else frozenset({""})
    if len(prefixes) > 1:
        return [*pieces, _any(Word(text=prefix + last, open=True) for prefix in prefixes)]
    return [*pieces, Word(text=last, open=begun)]


def _any(parts: Iterable[Sought]) -> Sought:
    """Return that one of the parts is there, without those that another one covers."""
    flat: dict[Sought, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    beginnings = {part.text for part in flat if isinstance(part, Word) and part.open}
    kept = tuple(part for part in flat if not _covered(part, beginnings))
    return kept[0] if len(kept) == 1 else AnyOf(parts=kept)


def _covered(part: Sought, beginnings: set[str]) -> bool:
    """Return whether another part finds all that this one finds."""
    match part:
        case Word(text=text, open=is_open):
            longest = len(text) if is_open else len(text) + 1
            return any(text[:size] in beginnings for size in range(1, longest))
        case AllOf(parts=parts):
            return any(
                _covered(one, beginnings) or (isinstance(one, Word) and one.text in beginnings)
                for one in parts
            )
    return False


def _all(parts: Iterable[Sought]) -> Sought | None:
    """Return that all parts are there, as many of them as an index is well asked for, lightest first."""
    chosen: list[Sought] = []
    size = 0
    for part in sorted(dict.fromkeys(parts), key=_size):
        size += _size(part)
        if not chosen or size <= MOST_WORDS:
            chosen += part.parts if isinstance(part, AllOf) else [part]
    if not chosen:
        return None
    return chosen[0] if len(chosen) == 1 else AllOf(parts=tuple(chosen))


def _size(part: Sought) -> int:
    return 1 if isinstance(part, Word) else sum(map(_size, part.parts))
