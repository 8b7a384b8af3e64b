"""Is what in a sound pack may not be meant told, with its place, and nothing else?"""

from datetime import date

import pytest
from small_packs import FILE, LANGUAGES, names, query, topic

from monitor.domain.topics import Actor, Clause, Group, Name, Pack, Place, Query, Requirement, Theme, Topic
from monitor.rules import advise, compile_pack

EU = Actor(id="eu", name="EU", kind="bloc", names=names("European Union"))
BANK = Actor(id="bank", name="Bank", kind="bank", of="eu", names=names("Development Bank"))
NOBODY = Actor(id="nobody", name="Nobody", kind="body", names=())
OWNER = Actor(id="owner", name="Owner", kind="body", names=())
OWNED = Actor(id="owned", name="Owned", kind="company", of="owner", names=names("Owned Works"))
GAS = Theme(id="gas", name="Gas", terms=names("gas", "pipeline"))
VOID = Theme(id="void", name="Void", terms=())
GROUPS = (Group(id="partners", name="Partners", members=("eu", "owned")),)


def pack(*topics: Topic, **changes: object) -> Pack:
    """Return a pack with these topics, some actors, and two themes."""
    made: dict[str, object] = {
        "topics": topics,
        "actors": (EU, BANK, NOBODY, OWNER, OWNED),
        "groups": GROUPS,
        "themes": (GAS, VOID),
        "languages": LANGUAGES,
    }
    return Pack(**made | changes)  # type: ignore[arg-type]  # the fields of Pack


def told(*topics: Topic, **changes: object) -> list[str]:
    """Return what is said of a pack, which compiles."""
    made = pack(*topics, **changes)
    compile_pack(made)
    return [f"{one.key}: {one.problem}" for one in advise(made)]


def clauses(*texts: str) -> tuple[Clause, ...]:
    """Return score clauses, each on a line of its own."""
    return tuple(Clause(when=query(text, line=20 + n), add=5) for n, text in enumerate(texts))


NEVER = [
    ("#void", "#void has no terms"),
    ("@nobody", "@nobody has no terms"),
    ("@nobody OR #void", "@nobody has no terms"),
    ("tea AND #void", "#void has no terms"),
    ("tea NEAR @nobody", "@nobody has no terms"),
    ("ATLEAST/2 (#void)", "#void has no terms"),
    ("title:#void", "#void has no terms"),
    ("#void EXCEPT tea", "#void has no terms"),
    ("tea NOT tea", "it asks for tea and excludes it"),
    ("tea AND NOT (cake OR tea)", "it asks for tea and excludes it"),
    ("(tea AND cake) NOT tea", "it asks for tea and excludes it"),
    ("title:tea NOT tea", "it asks for title:tea and excludes it"),
    ("ATLEAST/2 tea AND NOT tea", "it asks for ATLEAST/2 (tea) and excludes it"),
    ("(tea NEAR cake) NOT cake", "it asks for tea NEAR cake and excludes it"),
    ("(tea NEAR cake) NOT (tea NEAR cake)", "it asks for tea NEAR cake and excludes it"),
    ("(tea EXCEPT cake) NOT tea", "it asks for tea EXCEPT cake and excludes it"),
    ("(tea OR cake) NOT (cake OR tea)", "it asks for tea OR cake and excludes it"),
    ("@bank NOT @eu", "it asks for @bank and excludes it"),
    ("@eu NOT @partners", "it asks for @eu and excludes it"),
    ("lang:ru NOT lang:ru", 'it asks for lang:"ru" and excludes it'),
    ("tea EXCEPT tea", "EXCEPT takes away every hit of tea"),
    ("@bank EXCEPT (tea OR @eu)", "EXCEPT takes away every hit of @bank"),
    ("cake OR (tea NOT tea)", ""),
    ("tea NOT cake", ""),
    ("tea NOT title:tea", ""),
    ("tea NOT (tea NEAR cake)", ""),
    ("@partners NOT @eu", ""),
    ("@owner", ""),
    ("NOT #void", ""),
    ("tea EXCEPT #void", ""),
    ("NOT (tea NOT tea)", ""),
    ("(tea OR cake) NOT cake", ""),
    ("=Tea NOT tea", ""),
]


@pytest.mark.parametrize(("text", "why"), NEVER, ids=[text for text, _ in NEVER])
def test_a_clause_that_can_never_hold_is_told(text: str, why: str) -> None:
    """A score clause is warned of exactly where it certainly holds for no text, with the reason."""
    expected = [f"score: this clause can never hold: {why}"] if why else []
    assert told(topic("gas", score=clauses(text))) == expected


@pytest.mark.parametrize(("text", "why"), [one for one in NEVER if one[1]], ids=lambda text: text)
def test_a_requirement_that_can_never_hold_is_told(text: str, why: str) -> None:
    """What is required is looked through in the same way."""
    assert told(topic(text)) == [f"require: mine can never flag: {why}"]


def test_a_clause_that_the_requirement_excludes_is_told() -> None:
    """A clause for what the topic itself excludes never holds, and one for the absence of what it asks."""
    found = told(topic("@eu NOT #gas", score=clauses("#gas", "NOT @eu", "title:@eu", "tea AND #gas")))
    assert found == ["score: this clause can never hold: what mine requires excludes it"] * 3


def test_a_clause_that_topics_share_is_told_where_none_can_use_it() -> None:
    """Of a clause inherited through `extends` one topic that can use it is enough."""
    shared = clauses("#gas")
    one, other = topic("tea NOT #gas", score=shared), topic("tea", id="other", score=shared)
    assert told(one, other) == []
    assert len(told(one, topic("cake NOT #gas", id="other", score=shared))) == 1


def test_a_topics_own_list_takes_the_place_of_a_theme() -> None:
    """Names are looked up as the compiler does: the topic's own lists first."""
    full = Theme(id="void", name="Void", terms=names("tea"))
    empty = Theme(id="own", name="Own", terms=())
    assert told(topic("#void", lists=(full,))) == []
    assert told(topic("#own", lists=(empty,))) == ["require: mine can never flag: #own has no terms"]
    assert told(topic("#own NOT #own", lists=(full, replaced(empty)))) == [
        "require: mine can never flag: it asks for #own and excludes it"
    ]


def replaced(theme: Theme) -> Theme:
    """Return the list with a term."""
    return Theme(id=theme.id, name=theme.name, terms=names("cake"))


def test_a_topic_that_is_switched_off_is_left_alone() -> None:
    """Nothing is said of what is not in force."""
    assert told(topic("tea NOT tea", enabled=False)) == []


SHADOWED = [
    (("miner*", "mineral~"), "mineral~", "miner*"),
    (("mineral", "miner*"), "mineral", "miner*"),
    (("miner*", "minerals*"), "minerals*", "miner*"),
    (("miner*", "miner*"), "miner*", "miner*"),
    (("gas pipe*", "gas pipeline~"), "gas pipeline~", "gas pipe*"),
    (("pipe*", "=Pipeline"), "=Pipeline", "pipe*"),
    (("miner*", "mine"), "", ""),
    (("miner*", "mineral water"), "", ""),
    (("gas pipe*", "oil pipeline"), "", ""),
    (("=Miner*", "mineral"), "", ""),
    (("miner*", "min?ral"), "", ""),
    (("mineral~", "minerals"), "", ""),
    (("mineral", "mineral"), "", ""),
    (("كتاب*", "كتاب~"), "", ""),
]


@pytest.mark.parametrize(("terms", "lost", "shadow"), SHADOWED, ids=[" ".join(one[0]) for one in SHADOWED])
def test_a_term_beside_a_wildcard_that_covers_it_is_told(
    terms: tuple[str, ...], lost: str, shadow: str
) -> None:
    """A term all of whose hits are a wildcard's is warned of: in a theme, an actor, and an OR."""
    said = f"{lost} changes nothing beside {shadow}"
    theme = Theme(id="mine", name="Mine", terms=names(*terms))
    actor = Actor(id="mine", name="Mine", kind="body", names=names(*terms))
    assert told(themes=(theme,)) == ([f"terms: {said}"] if lost else [])
    assert told(actors=(actor,), groups=()) == ([f"names: {said}"] if lost else [])
    quoted = [f'{"=" * one.startswith("=")}"{one.removeprefix("=")}"' for one in terms]
    bare = said.replace("=Pipeline", "Pipeline")
    assert told(topic(" OR ".join(quoted))) == ([f"require: {bare}"] if lost else [])


def test_dates_bound_what_a_term_covers() -> None:
    """A name that holds for a time covers only those that hold within it."""

    def names_of(text: str, since: int | None = None, until: int | None = None) -> Name:
        begin, end = date(since, 1, 1) if since else None, date(until, 1, 1) if until else None
        return Name(text=text, role="person", since=begin, until=end)

    def shadowed(*people: Name) -> bool:
        return bool(told(actors=(Actor(id="a", name="A", kind="body", names=people),), groups=()))

    assert shadowed(names_of("miner*"), names_of("minerals", 2020, 2022))
    assert shadowed(names_of("miner*", 2019, 2023), names_of("minerals", 2020, 2022))
    assert not shadowed(names_of("miner*", 2021), names_of("minerals", 2020))
    assert not shadowed(names_of("miner*", 2021), names_of("minerals"))
    assert not shadowed(names_of("miner*", None, 2021), names_of("minerals", None, 2022))
    assert not shadowed(names_of("miner*", None, 2021), names_of("minerals"))


@pytest.mark.parametrize(
    ("term", "expected"),
    [("tra*", True), ("газ*", True), ("trad*", False), ("=Tra*", False), ("gas tra*", False), ("中*", False)],
)
def test_a_beginning_of_three_letters_is_told(term: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """Three letters and a star open a great many words; more letters, a phrase or kept case bound them."""
    said = f"{term} opens every word that begins with these 3 letters"
    assert told(themes=(Theme(id="mine", name="M", terms=names(term)),)) == (
        [f"terms: {said}"] if expected else []
    )


def test_a_neighbour_bounds_a_beginning_in_a_query() -> None:
    """Next to another term a short beginning is no fault of style."""
    assert told(topic("gas NEAR/3 tra*")) == []
    assert told(topic("gas AND tra*")) == ["require: tra* opens every word that begins with these 3 letters"]


def test_a_warning_has_its_place() -> None:
    """A warning names file, line and column: of the term in a query, of the name, of the clause."""
    term = Query(text="tea AND\n(mineral OR\n miner*)", place=Place(file=FILE, line=7, column=5))
    (found,) = advise(pack(topic(term)))
    assert (found.file, found.line, found.column, found.caret) == (FILE, 8, 6, 1)
    assert found.excerpt == "(mineral OR"
    at = Place(file="themes/t.yaml", line=3, column=9)
    theme = Theme(id="t", name="T", terms=(Name(text="tra*", place=at),))
    (found,) = advise(pack(themes=(theme,)))
    assert (found.file, found.line, found.column) == ("themes/t.yaml", 3, 9)
    clause = Clause(when=Query(text="\n  tea NOT tea", place=Place(file=FILE, line=7, column=5)), add=1)
    (found,) = advise(pack(topic("gas", score=(clause,))))
    assert (found.line, found.column) == (8, 7)


def test_contexts_of_names_are_looked_through() -> None:
    """What stands under `unless` is a query like others."""
    unless = (query("mineral OR miner*"),)
    theme = Theme(id="t", name="T", terms=names("tea"), unless=unless)
    assert told(themes=(theme,)) == ["unless: mineral changes nothing beside miner*"]


def test_a_requirement_in_parts_is_looked_at_part_by_part() -> None:
    """Terms of each part are looked at where they stand, and what all parts ask together may never hold."""
    asked = Requirement(
        all=(query("tea", line=7),), any=(query("abc*", line=8),), none=(query("tea", line=9),)
    )
    made = pack(topic(asked))
    warnings = advise(made)
    assert [(one.line, one.problem.partition(":")[0]) for one in warnings] == [
        (8, "abc* opens every word that begins with these 3 letters"),
        (7, "mine can never flag"),
    ]
