"""The matcher means what the slow reading means, on ten thousand queries in many languages."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from reference_world import ATOMS, PACK, PIECES, asking
from slow_rules import Spelled, hits, spans

from monitor.rules import compile_pack
from monitor.rules.grammar import parse
from monitor.rules.tree import (
    And,
    AtLeast,
    Chain,
    Except,
    Link,
    Metadata,
    Node,
    Not,
    Or,
    Within,
    text_of,
)

QUERIES, A_PACK, EACH, TEXTS = 10_000, 200, 2, 60
LEAVES = [parse(text) for text in ATOMS if text != "GAS"]
TESTS = [
    "source:astana.example",
    "source:(b.example OR example)",
    "lang:uz",
    "lang:(ru OR zh)",
    "country:kz",
    "outlet-kind:state",
    "section:world",
    'author:"ann lee"',
    "url:/news/",
    "words>=30",
    "words<12",
    "published>=2026-01-02",
    "published<2026-01-02",
]
KNOWN: dict[str, tuple[object, ...]] = {
    "source": ("astana.example", "en.astana.example", "bastana.example"),
    "lang": ("uz", "uz-Cyrl", "ru", "u"),
    "country": ("KZ", "UZ"),
    "outlet_kind": ("state", "private"),
    "section": ("World", "Hello World Cup", "Worlds"),
    "author": ("Ann Lee", "Joann Lee", "By Ann Lee"),
    "url": ("https://a.example/news/1", "https://a.example/1"),
    "published": (datetime(2026, 1, 1, 23, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
}


class Author:
    """Writes queries and texts; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._pieces = [piece for piece in PIECES if piece not in ("Xx", "xx.")]

    def text(self) -> Spelled:
        """Return a text; a third of them with more words than a lead has."""
        some = self._random.sample(self._pieces, 9)
        paragraphs = [
            tuple(self._sentence(some) for _ in range(self._random.randint(1, 3)))
            for _ in range(self._random.randint(1, 3))
        ]
        if self._random.random() < 1 / 3:
            paragraphs.insert(self._random.randint(0, 1), (("Xx", *["the"] * 66, "xx."),))
        title = tuple(self._random.choices(some, k=self._random.randint(0, 5)))
        known = {key: self._random.choice(values) for key, values in KNOWN.items()}
        kept = tuple((key, value) for key, value in known.items() if self._random.random() < 1 / 2)
        return Spelled(title, tuple(paragraphs), kept)

    def _sentence(self, some: list[str]) -> tuple[str, ...]:
        words = self._random.choices(some, k=self._random.randint(1, 8))
        astana = ("Astana", "Pro", "Team") if self._random.random() < 1 / 8 else ()
        return ("Xx", *words, *astana, "xx.")

    def placed(self, levels: int) -> Node:
        """Return a query with places in the text."""
        kind = self._random.randint(0, 8) if levels else 0
        one = lambda: self.placed(levels - 1)  # noqa: E731
        match kind:
            case 1 | 2:
                return Or(operands=tuple(one() for _ in range(self._random.randint(2, 3))))
            case 3:
                return Except(kept=one(), barred=one())
            case 4 | 5 | 6:
                links = self._links()
                return Chain(operands=tuple(one() for _ in range(len(links) + 1)), links=links)
            case 7:
                return AtLeast(count=self._random.randint(1, 3), operand=one())
            case 8:
                return self._within(one())
        return self._random.choice(LEAVES)

    def _links(self) -> tuple[Link, ...]:
        size = self._random.randint(1, 2)
        if self._random.random() < 1 / 2:
            kinds = self._random.choices(("NEAR", "BEFORE"), k=size)
            return tuple(Link(kind=kind, reach=self._random.randint(0, 12)) for kind in kinds)
        kinds = self._random.choices(("SENTENCE", "PARAGRAPH"), k=size)
        return tuple(Link(kind=kind, reach=self._random.randint(1, 2)) for kind in kinds)

    def _within(self, node: Node) -> Node:
        scope = self._random.choice(("title", "lead", "body", "first"))
        return Within(scope=scope, first=self._random.randint(1, 20) if scope == "first" else 0, operand=node)

    def query(self, levels: int) -> Node:
        """Return a query that holds or not."""
        kind = self._random.randint(0, 9) if levels else self._random.randint(0, 3)
        one = lambda: self.query(levels - 1)  # noqa: E731
        if kind > 3:
            match kind:
                case 4 | 5:
                    return And(operands=tuple(one() for _ in range(self._random.randint(2, 3))))
                case 6:
                    return Or(operands=tuple(one() for _ in range(self._random.randint(2, 3))))
                case 7:
                    return Not(operand=one())
                case 8:
                    return And(operands=(one(), Not(operand=one())))
            return self._within(one())
        return self._test() if kind == 0 else self.placed(2)

    def _test(self) -> Metadata:
        node = parse(self._random.choice(TESTS))
        assert isinstance(node, Metadata)
        return node


def test_ten_thousand_queries_mean_what_the_slow_reading_says() -> None:
    """Verdict and evidence of every query on two of sixty texts are those of the oracle."""
    author = Author(20261125)
    texts = [author.text() for _ in range(TEXTS)]
    queries = [author.query(2) if number % 2 else author.placed(2) for number in range(QUERIES)]
    held = compared = 0
    for first in range(0, QUERIES, A_PACK):
        some = dict(enumerate(queries[first : first + A_PACK], first))
        matcher = compile_pack(replace(PACK, topics=tuple(asking(n, text_of(q)) for n, q in some.items())))
        for number in range(EACH):
            text = texts[(first // A_PACK * EACH + number) % TEXTS]
            found = {match.topic_id: match for match in matcher.read(text.document).matches}
            for count, query in some.items():
                expected, match = hits(query, text), found.get(f"q{count}")
                assert (match is None) == (expected is None), (text_of(query), text)
                compared += 1
                if match is not None and expected is not None:
                    held += 1
                    shown = {(one.field, one.start, one.end, one.label) for one in match.evidence}
                    assert shown == spans(expected, text), (text_of(query), text)
    assert compared == EACH * QUERIES
    assert held > compared / 6


def test_queries_are_printed_and_parsed_to_the_same_tree() -> None:
    """Each of two thousand queries is read back from its printed form."""
    author = Author(7)
    for _ in range(2000):
        node = author.query(3)
        assert parse(text_of(node)) == node
