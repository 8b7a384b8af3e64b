"""What in a sound pack may not be meant? Clauses that never hold, terms without effect, open beginnings.

What is found is certain, not guessed; what is not found may still be odd.

* A query never holds if it asks for a name without terms, if it asks for something and, on the
  same level or within, for its absence (`@eu NOT @partners`, `title:gas NOT gas`), or if EXCEPT
  takes every hit away. A score clause never holds also where the topic's `require` excludes it;
  one that topics share through `extends` is told of where none of them can use it.
* A term is shadowed if another of its list in the same language, or of its OR, ends in `*` and hits
  every place the term hits: word by word the same, or begun by the other's beginning. Lists of
  different languages are kept whole, each for itself.
* A beginning is unbounded if three letters and `*` are all there is to a term, case is not kept,
  and no neighbour (NEAR, BEFORE, SENTENCE, PARAGRAPH) narrows it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from monitor.domain.errors import Fault, RuleError
from monitor.domain.topics import Actor, Name, Pack, Place, Query, Theme, Topic
from monitor.rules.faults import Faults
from monitor.rules.grammar import parse
from monitor.rules.inflection import Inflector
from monitor.rules.letters import SPACELESS
from monitor.rules.lexicon import Lexicon, notation
from monitor.rules.relevance import top_operands
from monitor.rules.terms import SHORTEST_PREFIX, Shape, TermShape, WordShape, shape_term
from monitor.rules.tree import (
    And,
    AtLeast,
    Chain,
    Except,
    Named,
    Node,
    Not,
    Or,
    Term,
    Within,
    children,
    text_of,
)

Keys = frozenset[object]
_NOTHING: Keys = frozenset()
Owner = TypeVar("Owner", Name, Term)


def advise(pack: Pack) -> tuple[Fault, ...]:
    """Return a warning for each oddity of a pack that compiles, with its place and a hint."""
    return _Adviser(pack).warnings()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A term as it is written, what it hits, and when."""

    text: str
    shape: TermShape
    since: date | None = None
    until: date | None = None

    def shadows(self, other: "_Written") -> bool:
        """Return whether every hit of `other` is one of this term."""
        from_then = self.since is None or (other.since is not None and self.since <= other.since)
        till_then = self.until is None or (other.until is not None and other.until <= self.until)
        return (
            from_then
            and till_then
            and all(any(_covers(mine, its) for mine in self.shape.shapes) for its in other.shape.shapes)
        )

    @property
    def is_open(self) -> bool:
        """Return whether one of its words ends in `*`."""
        return any(word.is_open for shape in self.shape.shapes for word in shape.words)

    @property
    def is_unbounded(self) -> bool:
        """Return whether the term is three letters and `*`, of either case."""
        return any(
            len(shape.words) == 1
            and shape.kept is None
            and shape.words[0].is_open
            and len(shape.words[0].stem) <= SHORTEST_PREFIX
            and not SPACELESS.match(shape.words[0].stem)
            for shape in self.shape.shapes
        )


def _covers(mine: Shape, its: Shape) -> bool:
    return (
        mine.kept is None
        and len(mine.words) == len(its.words)
        and all(map(_covers_word, mine.words, its.words))
    )


def _covers_word(mine: WordShape, its: WordShape) -> bool:
    if mine.is_open:
        glued = its.forms is not None and len(its.forms.prefixes) > 1
        return its.stem.startswith(mine.stem) and not glued
    return mine == its


class _Adviser:
    """Looks through one pack, block by block."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._found = Faults()
        self._lexicon = Lexicon(pack, Faults())
        self._inflector = Inflector(pack.languages)
        self._shapes: dict[tuple[str, bool, str], TermShape] = {}
        self._clauses: dict[tuple[Place, str], tuple[Query, list[str]]] = {}

    def warnings(self) -> tuple[Fault, ...]:
        for actor in self._pack.actors:
            self._names(actor)
        for theme in self._pack.themes:
            self._names(theme)
        for topic in self._pack.topics:
            if topic.enabled:
                self._topic(topic)
        for query, reasons in self._clauses.values():
            if all(reasons):
                self._warn(query, "score", f"this clause can never hold: {reasons[0]}", "remove or mend it")
        return tuple(dict.fromkeys(self._found.all))

    def _topic(self, topic: Topic) -> None:
        local = {theme.id: theme for theme in topic.lists}
        for theme in topic.lists:
            self._names(theme)
        asked = topic.require
        parts = (asked,) if isinstance(asked, Query) else (*asked.all, *asked.any, *asked.none)
        for part in parts:
            self._query(part, "require")
        require = parse(asked.text)
        if why := self._never(require, local):
            problem = f"{topic.id} can never flag: {why}"
            self._warn(parts[0], "require", problem, "ask for something that can hold")
        for clause in topic.score:
            node = self._query(clause.when, "score")
            why = self._never(node, local)
            if not why and self._contradiction(And(operands=(require, node)), local):
                why = f"what {topic.id} requires excludes it"
            self._clauses.setdefault((clause.when.place, clause.when.text), (clause.when, []))[1].append(why)

    def _query(self, query: Query, key: str) -> Node:
        """Return the tree of a query, after a look at its terms."""
        node = parse(query.text)
        self._terms(node, query, key, alone=True)
        return node

    def _warn(self, query: Query, key: str, problem: str, hint: str) -> None:
        first = query.text[: len(query.text) - len(query.text.lstrip())]
        column = len(first) - first.rfind("\n")
        error = RuleError(problem, line=first.count("\n") + 1, column=column, hint=hint)
        self._found.in_query(query, key, error)

    # What never holds.

    def _never(self, node: Node, local: Mapping[str, Theme]) -> str:
        """Return why a query can never hold, "" if that cannot be said."""
        match node:
            case Named() if self._is_empty(node, local):
                return f"{text_of(node)} has no terms"
            case Except() if self._excluded(node.kept, self._hit(node.barred, local), local):
                return f"EXCEPT takes away every hit of {text_of(node.kept)}"
            case And() if why := self._contradiction(node, local):
                return why
        # What is barred may be empty; nothing else may.
        needed = () if isinstance(node, Not) else children(node)[: 1 if isinstance(node, Except) else None]
        reasons = [self._never(one, local) for one in needed]
        enough = all if isinstance(node, Or) else any
        return next(filter(None, reasons)) if reasons and enough(reasons) else ""

    def _contradiction(self, node: And, local: Mapping[str, Theme]) -> str:
        """Return what is asked for and excluded on one level of AND, "" if nothing is."""
        operands = top_operands(node)
        barred = _NOTHING.union(*(self._hit(one.operand, local) for one in operands if isinstance(one, Not)))
        for operand in operands:
            if barred and self._excluded(operand, barred, local):
                return f"it asks for {text_of(operand)} and excludes it"
        return ""

    def _excluded(self, node: Node, barred: Keys, local: Mapping[str, Theme]) -> bool:
        """Return whether the node holds only where one of `barred` has a hit."""
        match node:
            case Or():
                return all(self._excluded(operand, barred, local) for operand in node.operands)
            case Chain() | AtLeast() | Within():
                if node in barred:
                    return True
                return any(self._excluded(operand, barred, local) for operand in children(node))
            case Except():
                return node in barred or self._excluded(node.kept, barred, local)
        keys = self._keys(node, local)
        return bool(keys) and keys <= barred

    def _hit(self, node: Node, local: Mapping[str, Theme]) -> Keys:
        """Return the keys, and the nodes, of which each hit alone makes the node hold."""
        if isinstance(node, Or):
            return _NOTHING.union(*(self._hit(operand, local) for operand in node.operands))
        return self._keys(node, local) | {node}

    def _keys(self, node: Node, local: Mapping[str, Theme]) -> Keys:
        """Return what stands for a leaf: an actor's or theme's own key, the leaf itself otherwise."""
        if not isinstance(node, Named):
            return frozenset({node})
        if node.sigil == "@":
            return frozenset(self._lexicon.keys_of(node.name))
        return frozenset({node if node.name in local else self._lexicon.theme_keys[node.name]})

    def _is_empty(self, node: Named, local: Mapping[str, Theme]) -> bool:
        if node.sigil == "#":
            return not (local.get(node.name) or self._lexicon.themes[node.name]).terms
        keys = self._lexicon.keys_of(node.name)
        return not any(self._lexicon.actor_keys[one.id] in keys and one.names for one in self._pack.actors)

    # Terms.

    def _names(self, block: Actor | Theme) -> None:
        """Warn of terms without effect, and of unbounded ones, among the names of a block."""
        names = block.names if isinstance(block, Actor) else block.terms
        key = "names" if isinstance(block, Actor) else "terms"
        written = [self._of_name(name) for name in names]
        for name, term in zip(names, written, strict=True):
            if term.is_unbounded:
                self._found.add(name.place, key, *_unbounded(term))
        by_lang: dict[str, list[tuple[Name, _Written]]] = {}
        for name, term in zip(names, written, strict=True):
            by_lang.setdefault(name.lang, []).append((name, term))
        for terms in by_lang.values():
            for name, shadow in _shadowed(terms):
                self._found.add(name.place, key, *_without_effect(name.text, shadow))
        for query in block.unless:
            self._query(query, "unless")

    def _terms(self, node: Node, query: Query, key: str, *, alone: bool) -> None:
        """Warn of the same among the terms of a query; `alone` is false next to a neighbour."""
        if isinstance(node, Term):
            term = self._of_term(node)
            if alone and term.is_unbounded:
                self._at(node, query, key, *_unbounded(term))
        elif isinstance(node, Or):
            terms = [(one, self._of_term(one)) for one in node.operands if isinstance(one, Term)]
            for one, shadow in _shadowed(terms):
                self._at(one, query, key, *_without_effect(one.text, shadow))
        for child in children(node):
            self._terms(child, query, key, alone=alone and not isinstance(node, Chain))

    def _at(self, term: Term, query: Query, key: str, problem: str, hint: str) -> None:
        error = RuleError(problem, line=term.spot.line, column=term.spot.column, hint=hint)
        self._found.in_query(query, key, error)

    def _of_name(self, name: Name) -> _Written:
        text, exact, lang = notation(name)
        return _Written(
            text=name.text, shape=self._shape(text, exact, lang), since=name.since, until=name.until
        )

    def _of_term(self, term: Term) -> _Written:
        return _Written(text=term.text, shape=self._shape(term.text, term.exact, ""))

    def _shape(self, text: str, exact: bool, lang: str) -> TermShape:  # noqa: FBT001 - a key's parts
        asked = (text, exact, lang)
        if asked not in self._shapes:
            self._shapes[asked] = shape_term(text, exact=exact, lang=lang, inflector=self._inflector)
        return self._shapes[asked]


def _shadowed(terms: list[tuple[Owner, _Written]]) -> Iterable[tuple[Owner, _Written]]:
    """Yield each term that another one shadows, with that one; of two equal ones the later."""
    wide = [(place, term) for place, (_, term) in enumerate(terms) if term.is_open]
    for place, (owner, term) in enumerate(terms):
        for other_place, other in wide:
            if other_place == place or not other.shadows(term):
                continue
            if other_place < place or not term.shadows(other):
                yield owner, other
                break


def _without_effect(text: str, shadow: _Written) -> tuple[str, str]:
    return f"{text} changes nothing beside {shadow.text}", "remove it, or narrow the other"


def _unbounded(term: _Written) -> tuple[str, str]:
    problem = f"{term.text} opens every word that begins with these {SHORTEST_PREFIX} letters"
    return problem, "write more letters, or ~ for the forms of one word"
