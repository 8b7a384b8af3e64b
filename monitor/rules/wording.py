"""How would a desk editor say what a query asks for, and what of it is missing?"""

from collections.abc import Iterable

from monitor.rules.grammar import parse
from monitor.rules.tree import (
    And,
    AtLeast,
    Chain,
    Except,
    Link,
    Named,
    Node,
    Not,
    Or,
    Pattern,
    Term,
    Within,
    children,
    text_of,
    with_children,
)

_SCOPES = {"title": "in the title", "lead": "in the lead", "body": "in the text"}
_UNITS = {"NEAR": "word", "BEFORE": "word", "SENTENCE": "sentence", "PARAGRAPH": "paragraph"}
_TIMES = {1: "once", 2: "twice"}


def straight(query: str) -> str:
    """Return a query in one line that means the same, without NOT of NOT."""
    return text_of(_straight(parse(query)))


def missing(queries: Iterable[str]) -> str:
    """Return in words what a text lacks for which these queries, parts of one requirement, do not hold.

    A part that looks for nothing but what is told as missing already is left out.
    """
    told: list[str] = []
    named: set[Node] = set()
    for query in queries:
        node = _straight(parse(query))
        wanted = set(_leaves(node))
        if _bars(node) or not wanted <= named:
            told.append(_lack(node))
            named |= wanted
    return ", ".join(told)


def _straight(node: Node) -> Node:
    """Return a node that means the same, in which no NOT stands over nothing but NOTs."""
    if not isinstance(node, Not):
        return with_children(node, tuple(_straight(child) for child in children(node)))
    inner = node.operand
    if isinstance(inner, Not):
        return _straight(inner.operand)
    if isinstance(inner, And | Or) and all(isinstance(part, Not) for part in inner.operands):
        turned = tuple(_straight(Not(operand=part)) for part in inner.operands)
        return Or(operands=turned) if isinstance(inner, And) else And(operands=turned)
    return Not(operand=_straight(inner))


def _leaves(node: Node) -> Iterable[Node]:
    """Yield the words, patterns, names and metadata that a node looks for."""
    parts = children(node)
    if not parts:
        yield node
    for part in parts:
        yield from _leaves(part)


def _bars(node: Node) -> bool:
    return isinstance(node, Not | Except) or any(map(_bars, children(node)))


def _lack(node: Node) -> str:
    match node:
        case Not():
            return f"there is {_said(node.operand)}"
        case Or(operands=(first, second)):
            return f"neither {_said(first)} nor {_said(second)}"
        case Or():
            return f"none of {_listed(node.operands, 'and')}"
        case Term() | Pattern() | Named() | Within() | Except():
            return f"no {_said(node)}"
    return f"not {_said(node)}"


def _said(node: Node) -> str:
    match node:
        case And() | Or():
            return _listed(node.operands, "and" if isinstance(node, And) else "or")
        case Not():
            return f"no {_said(node.operand)}"
        case Except() | Within() | AtLeast():
            return _narrowed(node)
        case Chain() if len(set(node.links)) == 1:
            word = " before " if node.links[0].kind == "BEFORE" else " and "
            return f"{word.join(map(_said, node.operands))} {_within(node.links[0])}"
    return f"“{node.text}”" if isinstance(node, Term) else text_of(node)


def _narrowed(node: Except | Within | AtLeast) -> str:
    if isinstance(node, Except):
        return f"{_said(node.kept)} outside {_said(node.barred)}"
    if isinstance(node, AtLeast):
        return f"{_said(node.operand)} {_TIMES.get(node.count, f'{node.count} times')}"
    return f"{_said(node.operand)} {_SCOPES.get(node.scope, f'in the first {node.first} words')}"


def _within(link: Link) -> str:
    unit = _UNITS[link.kind]
    if unit in {"sentence", "paragraph"} and link.reach == 1:
        return f"in one {unit}"
    return f"within {link.reach} {unit}{'s'[: link.reach != 1]}"


def _listed(operands: tuple[Node, ...], last: str) -> str:
    parts = [_said(operand) for operand in operands]
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
