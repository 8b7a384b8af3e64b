"""What do a query's leaves stand for? Terms and names become keys of the lexicon."""

from collections.abc import Callable, Mapping

from monitor.domain.errors import RuleError
from monitor.domain.topics import Query, Requirement
from monitor.rules.faults import Faults, meant
from monitor.rules.findings import searching
from monitor.rules.grammar import parse
from monitor.rules.lexicon import Lexicon
from monitor.rules.tree import (
    And,
    Leaf,
    Named,
    Node,
    Not,
    Or,
    Pattern,
    Spot,
    Term,
    children,
    with_children,
)


class Resolver:
    """Parses queries and resolves their leaves; equal nodes become one object, evaluated once a text."""

    def __init__(self, lexicon: Lexicon, faults: Faults) -> None:
        self._lexicon = lexicon
        self._faults = faults
        self._terms: dict[Term | Pattern, frozenset[int]] = {}
        self._nodes: dict[Node, Node] = {}
        self._leaves: dict[tuple[object, frozenset[int]], Leaf] = {}

    def query(self, query: Query, key: str, local: Mapping[str, int]) -> Node | None:
        """Return the resolved tree, or None after its faults were noted. `local` are a topic's own lists."""
        try:
            tree = parse(query.text)
        except RuleError as error:
            self._faults.in_query(query, key, error)
            return None
        before = len(self._faults.all)
        resolved = self._resolved(tree, local, lambda error: self._faults.in_query(query, key, error))
        return resolved if len(self._faults.all) == before else None

    def required(self, asked: Query | Requirement, local: Mapping[str, int]) -> Node | None:
        """Return the tree of what a topic requires, or None after its faults were noted.

        Each query of a requirement is parsed by itself: a bracket or quote cannot reach into the next.
        """
        if isinstance(asked, Query):
            return self.query(asked, "require", local)
        trees = {
            name: [self.query(query, "require", local) for query in getattr(asked, name)]
            for name in ("all", "any", "none")
        }
        whole, some, none = ([tree for tree in trees[name] if tree] for name in ("all", "any", "none"))
        if any(None in parts for parts in trees.values()):
            return None
        operands = [*whole, *([_one_of(some)] if some else [])]
        if none:
            operands.append(Not(operand=_one_of(none)))
        return self._shared(operands[0] if len(operands) == 1 else And(operands=tuple(operands)))

    def _shared(self, node: Node) -> Node:
        """Return the one object that stands for equal nodes."""
        shared = with_children(node, tuple(self._shared(child) for child in children(node)))
        return self._nodes.setdefault(shared, shared) if children(node) else node

    def _resolved(self, node: Node, local: Mapping[str, int], report: Callable[[RuleError], None]) -> Node:
        if isinstance(node, Term | Pattern | Named):
            try:
                keys = self._keys(node, local)
            except RuleError as error:
                report(error)
                keys = frozenset()
            return self.leaf(node, keys)
        operands = tuple(self._resolved(child, local, report) for child in children(node))
        resolved = with_children(node, operands)
        return self._nodes.setdefault(resolved, resolved)

    def leaf(self, written: Term | Pattern | Named, keys: frozenset[int]) -> Leaf:
        """Return the one leaf of these keys that was written so."""
        known = self._leaves.get((written, keys))
        if known is None:
            known = self._leaves[written, keys] = Leaf(number=len(self._leaves), keys=keys, written=written)
        return known

    def _keys(self, node: Term | Pattern | Named, local: Mapping[str, int]) -> frozenset[int]:
        if isinstance(node, Named):
            return self._named(node, local)
        keys = self._terms.get(node)
        if keys is None:
            key = self._searched(node) if isinstance(node, Pattern) else self._term(node)
            keys = self._terms[node] = frozenset({key})
        return keys

    def _term(self, node: Term) -> int:
        try:
            return self._lexicon.add_term(node.text, exact=node.exact)
        except RuleError as error:
            raise _at(node.spot, error.problem, error.hint) from None

    def _searched(self, node: Pattern) -> int:
        import re2

        try:
            pattern = searching(node.text)
        except re2.error as error:
            said = error.args[0]
            said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            hint = "it is RE2's syntax, which has no look-around and no back-references"
            raise _at(node.spot, f"no regular expression: {said}", hint) from None
        key = self._lexicon.new_key(1, ("re", node.text))
        self._lexicon.lists.patterns[key] = pattern
        return key

    def _named(self, node: Named, local: Mapping[str, int]) -> frozenset[int]:
        lexicon = self._lexicon
        themes = {**lexicon.theme_keys, **local}
        actors = {*lexicon.actors, *lexicon.groups}
        if node.sigil == "#":
            if node.name in themes:
                return frozenset({themes[node.name]})
            other, known, kind = actors, set(themes), "theme"
        else:
            if node.name in actors:
                return lexicon.keys_of(node.name)
            other, known, kind = set(themes), actors, "actor or group"
        written = node.sigil + node.name
        if node.name in other:
            hint = f"did you mean {'@' if node.sigil == '#' else '#'}{node.name}?"
        else:
            hint = meant(written, [node.sigil + name for name in sorted(known)], f"name a known {kind}")
        raise _at(node.spot, f"unknown {kind} {written}", hint)


def _one_of(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Or(operands=tuple(nodes))


def _at(spot: Spot, problem: str, hint: str) -> RuleError:
    return RuleError(problem, line=spot.line, column=spot.column, hint=hint)
