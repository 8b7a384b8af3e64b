"""What does a document say of all topics, actors and themes? The pack, compiled; one pass a document."""

from collections.abc import Collection, Iterable, Mapping

from monitor.domain.errors import Fault
from monitor.domain.searching import Sought
from monitor.domain.topics import Document, Evidence, Match, Mention, Reading, SearchText, Topic
from monitor.rules.findings import Findings
from monitor.rules.lexicon import Lexicon
from monitor.rules.operators import evaluate
from monitor.rules.preselect import sought
from monitor.rules.relevance import Plan, judge, shortfall
from monitor.rules.resolve import Resolver
from monitor.rules.terms import Shape
from monitor.rules.tree import And, Leaf, Named, Term

_SHOWN = 80


class Matcher:
    """A compiled pack. Reading a document changes nothing that shows; safe to share between threads.

    `versions` are hashes of the enabled topics' meanings: their text, and the lists and languages they
    rest on.
    """

    def __init__(self, plans: tuple[Plan, ...], lexicon: Lexicon, resolver: Resolver, version: str) -> None:
        self._plans = plans
        self._lexicon = lexicon
        self._scanner = lexicon.vocabulary.scanner()
        self._actor_leaves = {
            name: resolver.leaf(Named(sigil="@", name=name), lexicon.keys_of(name)) for name in lexicon.actors
        }
        self._theme_leaves = {
            name: resolver.leaf(Named(sigil="#", name=name), frozenset({key}))
            for name, key in lexicon.theme_keys.items()
        }
        self._actor_of_key = {key: name for name, key in lexicon.actor_keys.items()}
        self._theme_of_key = {
            key: name for name, key in lexicon.theme_keys.items() if lexicon.themes[name].listed
        }
        self._listed_actors = frozenset(self._actor_of_key)
        self._listed_themes = frozenset(self._theme_of_key)
        self._always = frozenset(number for number, plan in enumerate(plans) if not plan.gates)
        self._gates = _gated(plans)
        self.topics: tuple[Topic, ...] = tuple(plan.topic for plan in plans)
        self.actor_names: Mapping[str, str] = {actor.id: actor.name for actor in lexicon.actors.values()}
        self.theme_names: Mapping[str, str] = {theme.id: theme.name for theme in lexicon.themes.values()}
        self.versions: Mapping[str, str] = {plan.topic.id: plan.version for plan in plans}
        self.version: str = version

    def read(self, document: Document) -> Reading:
        """Return all that the pack has to say of the document; takes well under a millisecond."""
        findings = self._findings(document)
        matches = [match for plan in self._candidates(findings) if (match := judge(plan, findings))]
        title, body = findings.prepared.search_words()
        return Reading(
            matches=tuple(matches),
            actors=self._actors(findings),
            themes=self._themes(findings),
            search=SearchText(title=title, body=body),
        )

    def judge(self, topic_id: str, document: Document) -> Match | None:
        """Return one topic's verdict, None where what it requires does not hold."""
        return judge(self._plan(topic_id), self._findings(document))

    def explain(self, document: Document) -> tuple[Match, ...]:
        """Return every topic's verdict, in their order, also where what it requires does not hold.

        Such a verdict has relevance 0 and a `require` clause for each operand, so that people see
        which one is missing.
        """
        findings = self._findings(document)
        return tuple(judge(plan, findings) or shortfall(plan, findings) for plan in self._plans)

    def sought(self, topic_id: str) -> Sought | None:
        """Return which words an article must hold for the topic to flag it; None where words cannot tell."""
        plan = self._plan(topic_id)
        return sought(And(operands=plan.operands), lambda leaf: self._shapes(leaf, plan.topic))

    def _shapes(self, leaf: Leaf, topic: Topic) -> Iterable[Shape]:
        """Return the readings of what a topic's leaf stands for."""
        written, lexicon = leaf.written, self._lexicon
        if isinstance(written, Term):
            return lexicon.shapes_of_term(written.text, exact=written.exact)
        own = [theme for theme in topic.lists if isinstance(written, Named) and theme.id == written.name]
        actors = [lexicon.actors[self._actor_of_key[key]] for key in leaf.keys if key in self._actor_of_key]
        named = [lexicon.themes[name] for name, key in lexicon.theme_keys.items() if key in leaf.keys]
        return lexicon.shapes_of(actors or named or own)

    def naming(self, document: Document) -> tuple[Evidence, ...]:
        """Return every place in which an actor is named, in order; those who belong to it are not it."""
        findings = self._findings(document)
        named = [
            (start, end, f"@{name}")
            for key, name in self._actor_of_key.items()
            if key in findings.keys
            for start, end in findings.own(key)
        ]
        return tuple(shown for part in sorted(named) for shown in findings.evidence([part]))

    def members(self, group: str, kinds: Collection[str]) -> tuple[str, ...]:
        """Return the ids of a group's actors of these kinds, sorted; none for a group that is not there."""
        actors, group_ids = self._lexicon.actors, self._lexicon.groups.get(group, frozenset())
        return tuple(sorted(one for one in group_ids if actors[one].kind in kinds))

    def _plan(self, topic_id: str) -> Plan:
        return next(plan for plan in self._plans if plan.topic.id == topic_id)

    def _findings(self, document: Document) -> Findings:
        prepared = self._scanner.prepare(document.title, document.body)
        published = document.published.date() if document.published else None
        raw = self._scanner.hits(prepared, published)
        return Findings(document, prepared, raw, self._lexicon.lists, evaluate)

    def _candidates(self, findings: Findings) -> Iterable[Plan]:
        """Yield the topics of which every gate has a hit, in their order."""
        keys, gates, last = findings.keys, self._gates, len(self._gates)
        opened: set[int] = set().union(*[gates[key] for key in keys if key < last])
        numbers = {gate >> 1 for gate in opened if not gate & 1 and gate + 1 in opened}
        for number in sorted(numbers | self._always):
            plan = self._plans[number]
            if not any(map(keys.isdisjoint, plan.gates[2:])):
                yield plan

    def _actors(self, findings: Findings) -> tuple[Mention, ...]:
        names = {
            name
            for key in findings.keys & self._listed_actors
            if findings.own(key)
            for name in self._lexicon.owners(self._actor_of_key[key])
        }
        actors = [self._lexicon.actors[name] for name in names]
        return _ordered(
            Mention(
                id=actor.id,
                name=actor.name,
                count=findings.count(self._actor_leaves[actor.id]),
                kind=actor.kind,
                iso=actor.iso,
            )
            for actor in actors
        )

    def _themes(self, findings: Findings) -> tuple[Mention, ...]:
        present = findings.keys & self._listed_themes
        names = [self._theme_of_key[key] for key in present if findings.own(key)]
        return _ordered(
            Mention(id=name, name=self.theme_names[name], count=findings.count(self._theme_leaves[name]))
            for name in names
        )


def _gated(plans: tuple[Plan, ...]) -> list[tuple[int, ...]]:
    """Return by key the gates it opens: 2n is topic n's first, 2n + 1 its second; an only one is both."""
    opened: dict[int, list[int]] = {}
    for number, plan in enumerate(plans):
        for side, keys in enumerate((plan.gates[:2] * 2)[:2]):
            for key in keys:
                opened.setdefault(key, []).append(2 * number + side)
    return [tuple(opened.get(key, ())) for key in range(max(opened, default=-1) + 1)]


def _ordered(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda mention: (-mention.count, mention.id)))


def run_examples(matcher: Matcher) -> tuple[Fault, ...]:
    """Return a fault for each topic's example whose verdict is not what its author expects."""
    faults = []
    for topic in matcher.topics:
        for example in topic.examples:
            document = Document(title=example.title, body=example.text, lang=example.lang)
            match = matcher.judge(topic.id, document)
            flagged = match is not None and match.flagged
            if flagged == example.flag:
                continue
            if match is None:
                hint = "what the topic requires does not hold in this text"
            else:
                hint = f"relevance {match.relevance} of {match.threshold} needed"
            expected = "must be flagged and is not" if example.flag else "must not be flagged and is"
            shown = example.text if len(example.text) <= _SHOWN else example.text[:_SHOWN] + "…"
            place = example.place
            faults.append(
                Fault(
                    file=place.file,
                    line=place.line,
                    column=place.column,
                    key=f"{topic.id}: examples",
                    problem=f"“{shown}” {expected}",
                    hint=hint,
                )
            )
    return tuple(faults)
