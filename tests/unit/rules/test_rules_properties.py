"""The fast matcher means what the slow one says, and keeps the laws that every query must obey."""

from hypothesis import given, settings
from hypothesis import strategies as st
from slow_rules import Text, hits, spans
from small_packs import match, matcher, query, topic

from monitor.domain.topics import Document, Evidence, Match, Pack
from monitor.rules import compile_pack, straight
from monitor.rules.grammar import parse
from monitor.rules.tree import (
    And,
    AtLeast,
    Chain,
    Except,
    Link,
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

WORDS = ("gas", "oil", "ore", "pact")
TERMS = st.sampled_from([*WORDS, *WORDS, "gas oil", "oil ore", "gas gas", "pact gas ore"]).map(
    lambda text: Term(text=text)
)


def joint(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Return nodes with places in the text, made of such nodes."""
    links = st.one_of(
        st.builds(
            lambda kind, reach: Link(kind=kind, reach=reach),
            st.sampled_from(["NEAR", "BEFORE"]),
            st.integers(0, 4),
        ),
        st.builds(
            lambda kind, reach: Link(kind=kind, reach=reach),
            st.sampled_from(["SENTENCE", "PARAGRAPH"]),
            st.integers(1, 2),
        ),
    )
    near = st.lists(links, min_size=1, max_size=2).map(
        lambda some: [
            link for link in some if (link.kind in {"NEAR", "BEFORE"}) == (some[0].kind in {"NEAR", "BEFORE"})
        ]
    )
    return st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda some: Or(operands=tuple(some))),
        st.builds(
            lambda kept, barred: Except(kept=kept, barred=barred),
            parts,
            parts,
        ),
        near.flatmap(
            lambda some: st.lists(parts, min_size=len(some) + 1, max_size=len(some) + 1).map(
                lambda operands: Chain(operands=tuple(operands), links=tuple(some))
            )
        ),
        st.builds(lambda count, part: AtLeast(count=count, operand=part), st.integers(1, 3), parts),
        within(parts),
    )


def within(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Return nodes confined to a field."""
    scopes = st.one_of(
        st.sampled_from([("title", 0), ("lead", 0), ("body", 0)]),
        st.integers(1, 9).map(lambda count: ("first", count)),
    )
    return st.builds(lambda scope, part: Within(scope=scope[0], first=scope[1], operand=part), scopes, parts)


def logic(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Return nodes that hold or not."""
    return st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda some: And(operands=tuple(some))),
        st.lists(parts, min_size=2, max_size=3).map(lambda some: Or(operands=tuple(some))),
        st.builds(lambda one, other: And(operands=(one, Not(operand=other))), parts, parts),
        parts.map(lambda part: Not(operand=part)),
        within(parts),
    )


PLACED = st.recursive(TERMS, joint, max_leaves=6)
TESTS = st.integers(0, 20).map(lambda count: Metadata(key="words", values=(str(count),), comparison=">="))
QUERIES = st.one_of(PLACED, st.recursive(st.one_of(PLACED, PLACED, PLACED, TESTS), logic, max_leaves=4))
SENTENCES = st.lists(st.sampled_from([*WORDS, "the"]), min_size=4, max_size=9).map(tuple)
TEXTS = st.builds(
    Text,
    st.lists(st.sampled_from(WORDS), max_size=4).map(tuple),
    st.lists(st.lists(SENTENCES, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple),
)


def judged(node: Node, title: str, body: str) -> Match | None:
    """Return what a topic that requires the node says of a text."""
    return match(text_of(node), body, title)


@settings(max_examples=400, deadline=None)
@given(QUERIES, TEXTS)
def test_the_fast_matcher_agrees_with_the_slow_one(node: Node, text: Text) -> None:
    """Every query gives on every text the verdict and the evidence of the obviously correct reading."""
    expected = hits(node, text)
    title = " ".join(text.title)
    found = judged(node, title, text.body)
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    shown = {(one.field, one.start, one.end, one.label) for one in found.evidence}
    assert shown == spans(expected, text)


@settings(max_examples=200, deadline=None)
@given(QUERIES, TEXTS)
def test_a_query_shown_straight_means_the_same(node: Node, text: Text) -> None:
    """Without NOT of NOT it holds in the same texts."""
    title = " ".join(text.title)
    told = match(straight(text_of(Not(operand=node))), text.body, title)
    assert (told is None) == (judged(Not(operand=node), title, text.body) is None)


NAMES = st.builds(
    lambda sigil, name: Named(sigil=sigil, name=name), st.sampled_from("@#"), st.sampled_from(["eu", "a-b1"])
)
WRITTEN = st.one_of(
    TERMS,
    NAMES,
    st.builds(
        lambda text, exact: Term(text=text, exact=exact),
        st.sampled_from(
            [
                "miner*",
                "wom?n",
                "AND",
                "NEAR/3",
                "C5+1",
                "l'Oural",
                "a:b",
                "(x",
                "=y",
                "@z",
                "-x",
                "+1",
                "!x",
                "ATLEAST",
                "re:x",
                "“a",
                "«b",
                "a b~ru",
                'a "b',
                "a ”b",
                'a "b ”c',
            ]
        ),
        st.booleans(),
    ),
    st.just(Pattern(text="a(b|c)+")),
    st.builds(
        lambda key, some: Metadata(key=key, values=tuple(some)),
        st.sampled_from(["source", "url"]),
        st.lists(st.sampled_from(["a.b", "OR", "x y", 'a"b', "a”b"]), min_size=1, max_size=3),
    ),
    st.just(Metadata(key="published", values=("2026-01-31",), comparison="<")),
)


@settings(max_examples=200, deadline=None)
@given(st.recursive(WRITTEN, logic, max_leaves=12))
def test_what_is_printed_parses_to_the_same_tree(node: Node) -> None:
    """Printing a tree and parsing the text gives an equal tree."""
    assert parse(text_of(node)) == node


@settings(max_examples=200, deadline=None)
@given(PLACED)
def test_what_has_places_is_printed_and_parsed_alike(node: Node) -> None:
    """Chains, EXCEPT and ATLEAST keep their brackets through print and parse."""
    assert parse(text_of(node)) == node


@settings(max_examples=60, deadline=None)
@given(QUERIES, TEXTS)
def test_a_double_not_changes_nothing_but_the_evidence(node: Node, text: Text) -> None:
    """NOT NOT A holds where A holds, and NOT A where A does not."""
    title = " ".join(text.title)
    holds = judged(node, title, text.body) is not None
    assert (judged(Not(operand=Not(operand=node)), title, text.body) is not None) is holds
    assert (judged(Not(operand=node), title, text.body) is None) is holds


@settings(max_examples=60, deadline=None)
@given(PLACED, PLACED, st.integers(0, 6), TEXTS)
def test_near_is_symmetric_and_grows_with_its_reach(one: Node, other: Node, reach: int, text: Text) -> None:
    """A NEAR B is B NEAR A, and what is near within n words is near within n + 1."""
    title = " ".join(text.title)

    def near(operands: tuple[Node, Node], words: int) -> Match | None:
        return judged(Chain(operands=operands, links=(Link(kind="NEAR", reach=words),)), title, text.body)

    found = near((one, other), reach)
    turned = near((other, one), reach)
    assert (found and found.evidence) == (turned and turned.evidence)
    wider = near((one, other), reach + 1)
    assert found is None or (wider is not None and all(_lies_in(e, wider.evidence) for e in found.evidence))


def _lies_in(one: Evidence, others: tuple[Evidence, ...]) -> bool:
    """Return whether a piece of evidence is one of the others, or part of a longer one."""
    return any(
        (one.field, one.label) == (other.field, other.label)
        and other.start <= one.start
        and one.end <= other.end
        for other in others
    )


@settings(max_examples=60, deadline=None)
@given(
    TERMS,
    TEXTS,
    st.sampled_from(["", "Zum Beispiel. ", "«…»\n\n", "\u200b", "İß "]),
    st.sampled_from(["", " Ende", "\n\n¡Sí!"]),
)
def test_text_around_never_moves_a_match(term: Term, text: Text, before: str, after: str) -> None:
    """What is written before shifts the evidence by its length, what is written after not at all."""
    found = judged(term, "", text.body)
    more = judged(term, "", before + text.body + after)
    if found is not None:
        assert more is not None
        assert [(one.start + len(before), one.text) for one in found.evidence] == [
            (one.start, one.text) for one in more.evidence
        ]


ODD = st.text("gasGASéöı İß'’-‐\u00ad\u200b\u0301,. \n哈газ½", max_size=50)


@settings(max_examples=150, deadline=None)
@given(ODD, ODD)
def test_evidence_is_text_of_the_original(title: str, body: str) -> None:
    """Evidence and quotes lie inside the original, and their text is what stands there."""
    found = MATCHER.read(Document(title=title, body=body)).matches
    for one in found:
        spans = [*one.evidence, *one.quotes, *(mark for quote in one.quotes for mark in quote.marks)]
        for span in spans:
            original = title if span.field == "title" else body
            assert 0 <= span.start <= span.end <= len(original)
            assert span.text == original[span.start : span.end]
            assert span.text
        assert one.evidence == tuple(
            sorted(one.evidence, key=lambda e: (e.field != "title", e.start, -e.end))
        )


MATCHER = compile_pack(Pack(topics=(topic('gas OR gasgas OR "ga s" OR 哈 OR газ OR ss'),)))


def test_a_document_read_twice_gives_the_same() -> None:
    """Reading changes nothing in the matcher."""
    reader = matcher("gas~ AND oil", topics=(topic(query("gas~")),))
    document = Document(title="Gases", body="gas " * 10)
    assert reader.read(document) == reader.read(document)
