"""An index of words is asked for no less than a query needs: what holds is never left out."""

import pytest
from hypothesis import given, settings
from slow_rules import Text, hits
from small_packs import LANGUAGES, matcher, names, topic
from test_rules_properties import QUERIES, TEXTS

from monitor.domain.errors import ConfigError
from monitor.domain.searching import AllOf, AnyOf, Sought, Word
from monitor.domain.topics import Actor, Document, Pack, SearchText, Theme
from monitor.rules import QUERY, compile_query
from monitor.rules.preselect import MOST_WORDS
from monitor.rules.tree import Node, text_of


def holds(sought: Sought | None, words: SearchText) -> bool:
    """Return what an index says of an article, in so many words."""
    match sought:
        case None:
            return True
        case Word(text=text, open=is_open):
            return any(w.startswith(text) if is_open else w == text for w in (*words.title, *words.body))
        case AllOf(parts=parts):
            return all(holds(part, words) for part in parts)
        case AnyOf(parts=parts):
            return any(holds(part, words) for part in parts)


def shown(sought: Sought | None) -> str:
    """Return what is sought in short: words, beginnings with *, & and |."""
    match sought:
        case None:
            return "everything"
        case Word(text=text, open=is_open):
            return text + "*" * is_open
        case AllOf(parts=parts):
            return f"({' & '.join(map(shown, parts))})"
        case AnyOf(parts=parts):
            return f"({' | '.join(map(shown, parts))})" if parts else "nothing"


@settings(max_examples=400, deadline=None)
@given(QUERIES, TEXTS)
def test_what_holds_is_never_left_out(node: Node, text: Text) -> None:
    """Whatever a query holds for holds what it seeks."""
    asked = matcher(text_of(node))
    reading = asked.read(Document(title=" ".join(text.title), body=text.body))
    if hits(node, text) is not None:
        assert holds(asked.sought("mine"), reading.search)


@pytest.mark.parametrize(
    ("asked", "sought"),
    [
        ("gas", "gas"),
        ('"gas union"', "(gas & union)"),
        ("=OTS", "ots"),
        ("miner*", "miner*"),
        ("wom?n", "wom*"),
        ("Казахстан~", "казахстан*"),
        ("Trans-Caspian", "((trans & caspian) | transcaspian)"),
        ("哈萨克斯坦", "(哈 & 萨 & 克 & 斯 & 坦)"),
        ('"TikTok哈"', "(tiktok & 哈)"),
        ("gas AND oil", "(gas & oil)"),
        ("gas NOT oil", "gas"),
        ("gas OR oil OR gas", "(gas | oil)"),
        ("NOT gas", "everything"),
        ("gas OR NOT oil", "everything"),
        ("lang:ru", "everything"),
        ("lang:ru AND gas", "gas"),
        ('re:"ga+s"', "everything"),
        ('re:"ga+s" AND oil', "oil"),
        ("gas NEAR/3 oil BEFORE ore", "(gas & oil & ore)"),
        ("gas SENTENCE (oil OR ore)", "(gas & (oil | ore))"),
        ("gas EXCEPT oil", "gas"),
        ("gas OR (oil NEAR (ore OR tin))", "(gas | (oil & (ore | tin)))"),
        ("ATLEAST/2 (gas OR oil)", "(gas | oil)"),
        ("title:(gas AND oil)", "(gas & oil)"),
        ("first/9:gas", "gas"),
        ("miner* OR minerals OR mineral* OR miners", "miner*"),
        ('miner* OR "minerals deal" OR deal', "(miner* | deal)"),
        ("gas AND (gas AND oil)", "(gas & oil)"),
        ("@steppe", "(steppe* | степь*)"),
        ("#ores", "(ore* | zinc)"),
        ("#mine", "(pit* | shaft)"),
        ("#ores AND #void", "(nothing & (ore* | zinc))"),
    ],
)
def test_a_query_seeks_the_words_it_needs(asked: str, sought: str) -> None:
    """Phrases, nearness and fields become AND, inflection a beginning; NOT and metadata say nothing."""
    steppe = Actor(
        id="steppe",
        name="Steppe",
        kind="region",
        names=(*names("Steppe~", lang="en"), *names("степь~", lang="ru")),
    )
    ores = Theme(id="ores", name="Ores", terms=names("ore~", "zinc", lang="en"))
    void = Theme(id="void", name="Void", terms=())
    own = Theme(id="mine", name="Mine", terms=names("pit~", "shaft", lang="en"))
    made = matcher(asked, actors=(steppe,), themes=(ores, void), topics=(topic(asked, lists=(own,)),))
    assert shown(made.sought("mine")) == sought


def test_a_word_with_a_glued_prefix_is_sought_with_each() -> None:
    """Where a language glues letters before a word, every way to begin it is sought."""
    made = matcher("كازاخ~ar")
    assert {word.removesuffix("*") for word in shown(made.sought("mine")).strip("()").split(" | ")} >= {
        "كازاخ",
        "وكازاخ",
        "الكازاخ",
    }
    reading = made.read(Document(title="", body="قالت الكازاخية إنها"))
    assert reading.matches
    assert holds(made.sought("mine"), reading.search)


def test_what_costs_more_than_it_sorts_out_is_not_sought() -> None:
    """Of operands that must all hold, those with thousands of words are left to the query itself."""
    many = Theme(id="many", name="Many", terms=names(*(f"w{n}" for n in range(MOST_WORDS))))
    assert shown(matcher("#many AND gas", themes=(many,)).sought("mine")) == "gas"
    assert shown(matcher("#many", themes=(many,)).sought("mine")).count("|") == MOST_WORDS - 1


def test_a_query_typed_in_may_name_what_the_pack_knows() -> None:
    """It flags whatever it holds for; the pack's own topics have no part in it."""
    ores = Theme(id="ores", name="Ores", terms=names("ore~", lang="en"))
    pack = Pack(themes=(ores,), languages=LANGUAGES, topics=(matcher("gas").topics[0],))
    made = compile_query(pack, "#ores NOT gas")
    found = made.read(Document(title="", body="Ores were found."))
    assert [(match.topic_id, match.flagged) for match in found.matches] == [(QUERY, True)]
    assert made.read(Document(title="", body="Ores and gas.")).matches == ()


def test_a_mistake_in_a_query_typed_in_has_its_place() -> None:
    """The fault names line and column within the query."""
    with pytest.raises(ConfigError) as refused:
        compile_query(Pack(), "gas AND oil OR ore")
    (fault,) = refused.value.faults
    assert (fault.file, fault.line, fault.column) == (QUERY, 1, 13)
