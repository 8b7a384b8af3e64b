"""What does a query say? Its tree, and the tree as text; parsing that text gives the same tree."""

import re
from dataclasses import dataclass, field, replace
from itertools import chain

NAMES_IN_SCOPES = ("title", "lead", "body", "first")
OPERATOR_WORDS = frozenset(
    ("AND", "OR", "NOT", "EXCEPT", "NEAR", "BEFORE", "SENTENCE", "PARAGRAPH", "ATLEAST")
)
_BARE = re.compile(r"[^\s()\"“”«»@#=:~<>!+-][^\s()\"“”«»:<>=]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a node begins in the query's text: line and column from 1. All spots are equal."""

    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase in the term notation; `exact` keeps case and diacritics."""

    text: str
    exact: bool = False
    spot: Spot = field(default_factory=Spot, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression over the original text, in RE2's syntax, letters of either case."""

    text: str
    spot: Spot = field(default_factory=Spot, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An actor or group (sigil @) or a theme (sigil #)."""

    sigil: str
    name: str
    spot: Spot = field(default_factory=Spot, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A term, pattern or name once it is resolved: the keys under which its hits are filed.

    `number` is the leaf's own; equal leaves of one pack are one object.
    """

    number: int
    keys: frozenset[int]
    written: "Term | Pattern | Named"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All operands hold."""

    operands: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """At least one operand holds."""

    operands: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The operand does not hold."""

    operand: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Except:
    """Hits of `kept` that overlap no hit of `barred`."""

    kept: "Node"
    barred: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How two neighbours of a chain stand: NEAR or BEFORE at most `reach` words apart.

    Or SENTENCE or PARAGRAPH: within `reach` consecutive ones.
    """

    kind: str
    reach: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Operands that stand together, each neighbouring pair as its link says."""

    operands: "tuple[Node, ...]"
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """At least `count` separate hits of the operand."""

    count: int
    operand: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The operand, looked for only in title, lead, body, or the body's `first` words."""

    scope: str
    operand: "Node"
    first: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """A test of the document's metadata: one of `values` fits, or the comparison holds."""

    key: str
    values: tuple[str, ...]
    comparison: str = ":"


Node = Term | Pattern | Named | Leaf | And | Or | Not | Except | Chain | AtLeast | Within | Metadata

DEFAULT_REACH = {"NEAR": 10, "BEFORE": 10, "SENTENCE": 1, "PARAGRAPH": 1}

_LOOSE, _NOT, _TOGETHER, _NEAR, _EXCEPT, _TIGHT = range(6)


def binding(node: Node) -> int:
    """Return how tightly a node's own operator binds: 0 for AND and OR, up to 5."""
    match node:
        case And() | Or():
            return _LOOSE
        case Not():
            return _NOT
        case Chain():
            return _NEAR if node.links[0].kind in {"NEAR", "BEFORE"} else _TOGETHER
        case Except():
            return _EXCEPT
    return _TIGHT


def text_of(node: Node) -> str:
    """Return the node as a query; parsing it gives an equal tree."""
    if isinstance(node, Leaf):
        return _leaf_text(node.written)
    return _leaf_text(node) if isinstance(node, Term | Pattern | Named | Metadata) else _joint_text(node)


def _leaf_text(node: Term | Pattern | Named | Metadata) -> str:
    match node:
        case Term():
            return ("=" if node.exact else "") + _term_text(node.text)
        case Pattern():
            return f're:"{node.text}"'
        case Named():
            return node.sigil + node.name
    return _metadata_text(node)


def _joint_text(node: And | Or | Not | Except | Chain | Within | AtLeast) -> str:
    match node:
        case Within():
            scope = f"first/{node.first}" if node.scope == "first" else node.scope
            return f"{scope}:{_inside(node.operand, _TIGHT)}"
        case AtLeast():
            return f"ATLEAST/{node.count} ({text_of(node.operand)})"
        case Not():
            return f"NOT {_inside(node.operand, _NOT)}"
        case Except():
            return f"{_inside(node.kept, _TIGHT)} EXCEPT {_inside(node.barred, _TIGHT)}"
        case Chain():
            parts = [_inside(operand, binding(node) + 1) for operand in node.operands]
            return " ".join(
                chain(*zip(parts, [*(_link_text(link) for link in node.links), ""], strict=True))
            ).strip()
    word = " AND " if isinstance(node, And) else " OR "
    return word.join(_inside(operand, _NOT) for operand in node.operands)


def _inside(node: Node, needed: int) -> str:
    """Return the node's text, in brackets where it binds less tightly than `needed`."""
    return text_of(node) if binding(node) >= needed else f"({text_of(node)})"


def _link_text(link: Link) -> str:
    return link.kind if link.reach == DEFAULT_REACH[link.kind] else f"{link.kind}/{link.reach}"


def _term_text(text: str) -> str:
    operator = text.partition("/")[0] in OPERATOR_WORDS
    return text if _BARE.fullmatch(text) and not operator else _quoted(text)


def _quoted(text: str) -> str:
    """Return the text in the first kind of quotes that it does not close itself."""
    quotes = (('"', '"'), ("“", "”"), ("«", "»"))
    opened, closed = next((pair for pair in quotes if pair[1] not in text), quotes[0])
    return f"{opened}{text}{closed}"


def _metadata_text(node: Metadata) -> str:
    if node.comparison != ":":
        return f"{node.key}{node.comparison}{node.values[0]}"
    values = [_quoted(value) for value in node.values]
    return f"{node.key}:{values[0] if len(values) == 1 else '(' + ' OR '.join(values) + ')'}"


def children(node: Node) -> "tuple[Node, ...]":
    """Return the node's operands."""
    match node:
        case And() | Or() | Chain():
            return node.operands
        case Not() | AtLeast() | Within():
            return (node.operand,)
        case Except():
            return (node.kept, node.barred)
    return ()


def with_children(node: Node, operands: "tuple[Node, ...]") -> Node:
    """Return the node with other operands, as many as it has."""
    match node:
        case And() | Or() | Chain():
            return replace(node, operands=operands)
        case Not() | AtLeast() | Within():
            return replace(node, operand=operands[0])
        case Except():
            return replace(node, kept=operands[0], barred=operands[1])
    return node


def has_hits(node: Node) -> bool:
    """Return whether the node stands for places in the text, and so may be an operand of NEAR."""
    match node:
        case And() | Not() | Metadata():
            return False
        case Or() | Within():
            return all(has_hits(child) for child in children(node))
    return True
