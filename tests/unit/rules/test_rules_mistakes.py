"""A wrong query is refused with its place and a hint, and all faults of a pack are told at once."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from small_packs import FILE, LANGUAGES, names, query, topic

from monitor.domain.errors import ConfigError, Fault, RuleError
from monitor.domain.topics import (
    Actor,
    Clause,
    Group,
    Language,
    Name,
    Pack,
    Place,
    Query,
    Requirement,
    Theme,
)
from monitor.rules import compile_pack
from monitor.rules.grammar import MAX_BYTES, MAX_LEVELS, parse
from monitor.rules.tree import text_of

ROWS = YAML(typ="safe").load(
    (Path(__file__).parents[2] / "data" / "rules" / "mistakes.yaml").read_text(encoding="utf-8")
)
KAZAKHSTAN = Actor(id="kazakhstan", name="Kazakhstan", kind="state", names=names("Kazakhstan"))
MINERALS = Theme(id="minerals", name="Minerals", terms=names("uranium"))


def faults(**pack: Any) -> tuple[Fault, ...]:
    """Return the faults of a pack, which must have some."""
    with pytest.raises(ConfigError) as caught:
        compile_pack(Pack(**{"languages": LANGUAGES} | pack))
    return caught.value.faults


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["query"])
def test_a_mistake_has_a_place_a_problem_and_a_hint(row: dict[str, Any]) -> None:
    """A mistake is told with line, column, what it is and how to mend it, the caret under it."""
    [fault] = faults(topics=(topic(row["query"]),), actors=(KAZAKHSTAN,), themes=(MINERALS,))
    line, column = row["at"]
    assert (fault.file, fault.line, fault.column) == (FILE, line + 6, column + 4)
    assert row["problem"] in fault.problem
    assert row["hint"] in fault.hint
    assert fault.key == "require"
    assert fault.excerpt == row["query"].split("\n")[line - 1]
    assert fault.caret == column - 1


def test_the_fault_of_experience_md_reads_as_it_is_drawn_there() -> None:
    """The printed fault is the one that the papers show, to the letter."""
    text = "@central-asia AND @partners OR #minerals"
    [fault] = faults(topics=(topic(query(text, line=7, column=5)),))
    assert str(fault) == (
        "topics/mine.yaml:7:33: require: mixing AND and OR on one level\n"
        "    @central-asia AND @partners OR #minerals\n"
        "    " + " " * 28 + "^ put brackets round the part you mean: (@central-asia AND @partners) OR …"
    )


def test_a_fault_of_a_query_without_a_place_points_nowhere() -> None:
    """A query that came from no file gives a fault without line and column."""
    [fault] = faults(topics=(topic(Query(text="a b")),))
    assert (fault.file, fault.line, fault.column) == ("", 0, 0)


def test_a_fault_of_a_folded_query_points_to_its_line_in_the_file() -> None:
    """Where lines of the file were joined, line and column are those of the file all the same."""
    turns = ((0, 7, 5), (4, 8, 5), (7, 9, 7))
    folded = Query(text="gas OR oil coal", place=Place(file=FILE, line=7, column=5), turns=turns)
    [fault] = faults(topics=(topic(folded),))
    assert (fault.line, fault.column, fault.excerpt, fault.caret) == (9, 11, "gas OR oil coal", 11)


@pytest.mark.parametrize(("before", "shown"), [(0, "b c OR "), (100, "… "), (400, "… ")])
def test_of_a_long_line_a_fault_shows_the_part_that_is_wrong(before: int, shown: str) -> None:
    """The excerpt of a long line is short, and the caret still stands under the mistake."""
    text = "word OR " * before + "b c" + " OR word" * (400 - before)
    [fault] = faults(topics=(topic(text),))
    assert fault.excerpt.startswith(shown)
    assert len(fault.excerpt) <= 164
    assert fault.excerpt[fault.caret] == "c"
    assert fault.excerpt.endswith(" …") is (before < 400)


def test_parts_of_a_requirement_cannot_reach_into_one_another() -> None:
    """Each part is parsed by itself and told at its own place: brackets and quotes do not pair across."""
    parts = [query(text, line=number) for number, text in enumerate(('"a', 'b"', "x) OR (y", "ok"), 1)]
    told = faults(topics=(topic(Requirement(all=(*parts[:2],), any=(*parts[2:],), none=(query("p q"),))),))
    assert [(fault.line, fault.column, fault.problem) for fault in told] == [
        (1, 5, "this quote is never closed"),
        (2, 6, "this quote is never closed"),
        (3, 6, "no bracket was opened for this one"),
        (7, 7, "two bare words side by side"),
    ]


def test_two_lists_of_one_topic_bear_different_names() -> None:
    """A second list of the same name is refused; a list may bear the name of a theme."""
    again = Theme(id="minerals", name="M", terms=names("ore"), place=Place(file=FILE, line=9, column=3))
    [fault] = faults(themes=(MINERALS,), topics=(topic("#minerals", lists=(MINERALS, again)),))
    assert (fault.line, fault.key, fault.problem) == (9, "lists", "there are two lists minerals")


def test_deep_and_wide_groups_are_no_trouble() -> None:
    """A thousand groups within one another, each named twice by the next, take one look each."""
    ladder = tuple(
        Group(id=f"g{n}", name="G", members=(f"g{n + 1}", f"g{n + 1}") if n < 1000 else ("kazakhstan",))
        for n in range(1001)
    )
    found = compile_pack(Pack(actors=(KAZAKHSTAN,), groups=ladder, topics=(topic("@g0"),)))
    assert found.members("g0", ("state",)) == ("kazakhstan",)


def test_a_query_of_20_kb_and_50_levels_is_the_largest() -> None:
    """What is larger or deeper than the limits is refused, what is just as large is not."""
    assert parse("(" * MAX_LEVELS + "a" + ")" * MAX_LEVELS)
    assert parse("a OR " * ((MAX_BYTES - 1) // 5) + "a")
    for text in ("(" * (MAX_LEVELS + 1) + "a" + ")" * (MAX_LEVELS + 1), "NOT " * 2000 + "a"):
        with pytest.raises(RuleError, match="more than 50 levels"):
            parse(text)
    with pytest.raises(RuleError, match="longer than 20 kB"):
        parse("ы" * (MAX_BYTES // 2 + 1))


def test_brackets_and_operators_inside_quotes_are_words() -> None:
    """A quoted bracket is none, and a quoted operator is a word."""
    assert parse('"(" AND x')
    assert parse('"AND" AND "NEAR/3"') == parse('"AND" AND "NEAR/3"')
    with pytest.raises(RuleError, match="never closed"):
        parse('("(" AND x')


def test_all_faults_of_a_pack_are_told_at_once() -> None:
    """Faults of several queries, and several faults of one, come together in order."""
    told = faults(
        topics=(
            topic("a b"),
            topic("@x AND #y AND ab*", id="other"),
            topic(
                "a",
                id="third",
                score=(Clause(when=query("c d"), add=1), Clause(when=query("e"), add=1, each=0)),
            ),
        )
    )
    assert [fault.problem for fault in told] == [
        "two bare words side by side",
        "unknown actor or group @x",
        "unknown theme #y",
        "ab* is too short a beginning",
        "two bare words side by side",
        "each is 0",
    ]


def test_names_of_actors_groups_themes_and_topics_are_checked() -> None:
    """Names that are no names, twice given or borne by another kind are refused."""
    told = faults(
        actors=(
            KAZAKHSTAN,
            KAZAKHSTAN,
            Actor(id="Big", name="B", kind="state", names=()),
        ),
        groups=(
            Group(id="kazakhstan", name="K", members=("kazakhstan",)),
            Group(id="g", name="G", members=("kazakhstan",)),
            Group(id="g", name="G", members=("kazakhstan",)),
        ),
        themes=(MINERALS, MINERALS),
        topics=(topic("a"), topic("b"), topic("c", id="off", enabled=False)),
    )
    assert [(fault.key, fault.problem) for fault in told] == [
        ("id", "there are two actors kazakhstan"),
        ("id", "'Big' is no name"),
        ("id", "there are two themes minerals"),
        ("group", "the group bears the name of the actor kazakhstan"),
        ("id", "there are two groups g"),
        ("id", "there are two topics mine"),
    ]


def test_members_owners_and_selectors_are_checked() -> None:
    """Whoever is named must be there, no one contains or owns himself, and a selector selects."""
    told = faults(
        actors=(
            KAZAKHSTAN,
            Actor(id="bank", name="B", kind="bank", of="kazakstan", names=()),
            Actor(id="one", name="1", kind="bank", of="two", names=()),
            Actor(id="two", name="2", kind="bank", of="one", names=()),
        ),
        groups=(
            Group(id="g", name="G", members=("kazakstan", "kazakstan", "kazakhstan", "h")),
            Group(id="h", name="H", members=("g", "kazakhstan")),
            Group(id="s", name="S", select=((("sort", "bank"),), (("knd", "bank"),))),
        ),
    )
    assert [(fault.key, fault.problem, fault.hint) for fault in told] == [
        ("of", "unknown actor kazakstan", "did you mean kazakhstan?"),
        ("of", "one belongs to itself", "remove one `of`"),
        ("of", "two belongs to itself", "remove one `of`"),
        ("members", "g contains itself, by way of h", "remove g from h"),
        ("members", "unknown actor kazakstan", "did you mean kazakhstan?"),
        ("select", "unknown selector sort", "select by kind, of, iso"),
        ("select", "unknown selector knd", "did you mean kind?"),
    ]
    [empty] = faults(actors=(KAZAKHSTAN,), groups=(Group(id="s", name="S"),))
    assert (empty.key, empty.problem) == ("group", "s has no members")


def test_a_wrong_name_is_told_at_its_place() -> None:
    """A name in a wrong notation is refused where it stands."""
    wrong = Name(text="K*", place=Place(file="actors/k.yaml", line=3, column=9), role="metonym")
    [fault] = faults(actors=(Actor(id="k", name="K", kind="state", names=(wrong,)),))
    assert str(fault) == (
        "actors/k.yaml:3:9: metonym: K* is too short a beginning (write at least 3 letters before *)"
    )


def test_contexts_are_places_in_the_text_and_lead_to_no_circle() -> None:
    """An `unless` must be something with places, parse, and not rest on its own list."""
    told = faults(
        themes=(
            Theme(id="a", name="A", terms=names("gas"), unless=(query("#b"),)),
            Theme(id="b", name="B", terms=names("oil"), unless=(query("#a SENTENCE x"),)),
            Theme(id="c", name="C", terms=names("ore"), unless=(query("ore AND iron"), query("a b"))),
            Theme(id="d", name="D", terms=names("tin"), unless=(query("#a"),)),
        )
    )
    assert [(fault.problem, fault.key) for fault in told] == [
        ("no context to be found", "unless"),
        ("two bare words side by side", "unless"),
        ("the contexts of #a lead back to it", "unless"),
        ("the contexts of #b lead back to it", "unless"),
    ]


def test_a_topic_that_can_never_flag_is_refused() -> None:
    """The reachable maximum counts salience, its absence, and what clauses can add."""
    [one, two, three] = faults(
        topics=(
            topic("a", id="one", threshold=101),
            topic("source:x", id="two", threshold=31),
            topic(
                "a", id="three", threshold=12, salience=False, score=(Clause(when=query("b"), add=5, each=2),)
            ),
            topic("a", id="four", threshold=100),
            topic("NOT a", id="five", threshold=30),
            topic(
                "a", id="six", threshold=10, salience=False, score=(Clause(when=query("b"), add=5, each=2),)
            ),
        )
    )
    assert one.problem == "one can never flag: it reaches 100 of the 101 needed"
    assert two.problem == "two can never flag: it reaches 30 of the 31 needed"
    assert three.problem == "three can never flag: it reaches 10 of the 12 needed"
    assert three.key == "threshold"


def test_a_language_may_be_asked_for_by_its_family() -> None:
    """`~uz` is served by the file for Uzbek in Cyrillic too, where that is the word's script."""
    cyrillic = Language(id="uz-Cyrl", name="Uzbek", script="Cyrl", endings=("да",))
    found = compile_pack(Pack(languages=(cyrillic,), topics=(topic("банк~uz AND банк~uz-cyrl"),)))
    assert found.topics[0].id == "mine"


@pytest.mark.parametrize("text", ['re:"a+"', "(@a NEAR/3 #b) EXCEPT =X", "first/9:(a OR NOT b)", "words<3"])
def test_a_tree_is_printed_as_it_was_written(text: str) -> None:
    """Printing a parsed query gives its text."""
    assert text_of(parse(text)) == text
