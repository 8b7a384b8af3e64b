"""Is the pack right, and what is it ready to run? All its faults at once, or a matcher."""

from collections.abc import Mapping
from dataclasses import replace

from monitor.domain.errors import ConfigError, RuleError
from monitor.domain.topics import Clause, Pack, Place, Query, Topic
from monitor.rules.faults import Faults
from monitor.rules.grammar import first_spot
from monitor.rules.lexicon import Lexicon, digest
from monitor.rules.matcher import Matcher
from monitor.rules.operators import gate
from monitor.rules.relevance import FULL, Plan, reachable, tells, top_operands
from monitor.rules.resolve import Resolver
from monitor.rules.tree import Leaf, Node, Or, children, has_hits, text_of

QUERY = "query"
"""The id of the topic that a query typed in makes."""

_MEANING = 1
"""The version of the language itself: raised when the same query comes to mean something else."""


def compile_pack(pack: Pack) -> Matcher:
    """Return the pack ready to read documents.

    Raises:
        ConfigError: with every fault there is, each with file, line, column and a hint.
    """
    return _Compiler(pack).matcher()


def compile_query(pack: Pack, text: str) -> Matcher:
    """Return a matcher with one topic, QUERY, that flags whatever the query holds for.

    The query may name the pack's actors, groups and themes.

    Raises:
        ConfigError: with every fault of the query, its place counted within it, or of the pack.
    """
    query = Query(text=text, place=Place(file=QUERY, line=1, column=1))
    return compile_pack(replace(pack, topics=(Topic(id=QUERY, name=text, require=query, threshold=0),)))


class _Compiler:
    """Compiles one pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._faults = Faults()
        self._lexicon = Lexicon(pack, self._faults)
        self._resolver = Resolver(self._lexicon, self._faults)
        self._references: dict[int, frozenset[int]] = {}
        self._languages = digest(
            sorted((one.id, one.script, one.endings, one.prefixes, one.drop) for one in pack.languages)
        )

    def matcher(self) -> Matcher:
        trees = self._topics()
        for key, queries in self._lexicon.unless:
            self._add_unless(key, queries)
        self._refuse_circles()
        if self._faults.all:
            raise ConfigError(tuple(self._faults.all))
        plans = tuple(self._plan(topic, require, clauses) for topic, require, clauses in trees)
        lists = [*self._lexicon.actor_keys.values(), *self._lexicon.theme_keys.values()]
        content = [self._lexicon.digest(key) for key in lists]
        versions = [(plan.topic.id, plan.version) for plan in plans]
        version = digest((_MEANING, versions, content, sorted(self._lexicon.belonging()), self._languages))
        return Matcher(plans, self._lexicon, self._resolver, version)

    def _topics(self) -> list[tuple[Topic, Node, tuple[Node, ...]]]:
        """Return the enabled topics with their trees; faulty ones are noted and left out."""
        trees, known = [], set()
        for topic in self._pack.topics:
            if topic.id in known:
                hint = "rename one, or remove it"
                self._faults.add(topic.place, "id", f"there are two topics {topic.id}", hint)
            elif topic.enabled:
                local = self._lists(topic)
                require = self._resolver.required(topic.require, local)
                clauses = [self._clause(clause, local) for clause in topic.score]
                if require is not None and None not in clauses:
                    self._check_threshold(topic, require)
                    trees.append((topic, require, tuple(clause for clause in clauses if clause is not None)))
            known.add(topic.id)
        return trees

    def _lists(self, topic: Topic) -> dict[str, int]:
        """Return the keys of the lists that are known to the topic only."""
        local: dict[str, int] = {}
        for theme in topic.lists:
            if theme.id in local:
                hint = "rename one, or remove it"
                self._faults.add(theme.place, "lists", f"there are two lists {theme.id}", hint)
            else:
                local[theme.id] = self._lexicon.add_list("#", theme)
        return local

    def _clause(self, clause: Clause, local: Mapping[str, int]) -> Node | None:
        if clause.each < 1:
            self._faults.add(clause.when.place, "score", f"each is {clause.each}", "each counts from 1")
        return self._resolver.query(clause.when, "score", local)

    def _check_threshold(self, topic: Topic, require: Node) -> None:
        most = reachable(topic, tuple(filter(tells, top_operands(require))))
        if topic.threshold > most:
            problem = f"{topic.id} can never flag: it reaches {most} of the {topic.threshold} needed"
            hint = f"lower the threshold, or add score clauses (0 to {FULL})"
            self._faults.add(topic.place, "threshold", problem, hint)

    def _add_unless(self, key: int, queries: tuple[Query, ...]) -> None:
        nodes = []
        for query in queries:
            node = self._resolver.query(query, "unless", {})
            if node is None:
                continue
            if has_hits(node):
                nodes.append(node)
                continue
            spot = first_spot(node)
            hint = "a context is a term, a phrase, or these with OR, NEAR, BEFORE, SENTENCE"
            error = RuleError("no context to be found", line=spot.line, column=spot.column, hint=hint)
            self._faults.in_query(query, "unless", error)
        if nodes:
            node = self._merged(Or(operands=tuple(nodes)))
            self._lexicon.lists.unless[key] = node
            self._references[key] = _keys(node)

    def _merged(self, node: Or) -> Node:
        """Return an equal OR with all its leaves made one: an actor may have dozens of contexts."""
        flat = list(node.operands)
        for operand in flat:
            if isinstance(operand, Or):
                flat += operand.operands
        leaves = [operand for operand in flat if isinstance(operand, Leaf)]
        others: list[Node] = [operand for operand in flat if not isinstance(operand, Leaf | Or)]
        if leaves:
            written = leaves[0].written
            others.append(self._resolver.leaf(written, frozenset().union(*(leaf.keys for leaf in leaves))))
        return others[0] if len(others) == 1 else Or(operands=tuple(others))

    def _refuse_circles(self) -> None:
        """Note every list whose `unless` leads back to it."""
        places = {key: queries[0].place for key, queries in self._lexicon.unless}
        for key in self._references:
            reached = self._reached(self._references[key])
            if key in reached:
                label = self._lexicon.lists.labels[key]
                hint = f"write the words instead of {label}"
                self._faults.add(places[key], "unless", f"the contexts of {label} lead back to it", hint)

    def _reached(self, keys: frozenset[int]) -> frozenset[int]:
        """Return the keys and all that their contexts rest on."""
        reached, waiting = set(keys), list(keys)
        while waiting:
            for key in self._references.get(waiting.pop(), frozenset()) - reached:
                reached.add(key)
                waiting.append(key)
        return frozenset(reached)

    def _plan(self, topic: Topic, require: Node, clauses: tuple[Node, ...]) -> Plan:
        operands = top_operands(require)
        gates = {keys for operand in operands if (keys := gate(operand, self._lexicon.weight)) is not None}
        reached = self._reached(frozenset().union(*map(_keys, (require, *clauses))))
        score = [
            (text_of(node), clause.add, clause.each)
            for clause, node in zip(topic.score, clauses, strict=True)
        ]
        lists = sorted(self._lexicon.digest(key) for key in reached)
        meaning = (_MEANING, text_of(require), topic.threshold, topic.salience, score, lists, self._languages)
        return Plan(
            topic=topic,
            version=digest(meaning),
            operands=operands,
            tells=tuple(map(tells, operands)),
            telling=tuple(filter(tells, operands)),
            gates=tuple(sorted(gates, key=self._lexicon.weight)),
            clauses=tuple(zip(topic.score, clauses, strict=True)),
            asked=topic.require.text.strip(),
        )


def _keys(node: Node) -> frozenset[int]:
    """Return the keys of all leaves below."""
    if isinstance(node, Leaf):
        return node.keys
    return frozenset().union(*map(_keys, children(node)))
