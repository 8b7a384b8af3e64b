"""Topics are judged as the papers say: salience, clauses, threshold, evidence, quotes, versions, examples."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from small_packs import FILE, LANGUAGES, match, matcher, names, query, topic

from monitor.domain.topics import (
    Actor,
    Clause,
    Document,
    Example,
    Group,
    Match,
    Name,
    Pack,
    Place,
    Reading,
    Requirement,
    Theme,
    Topic,
)
from monitor.rules import Matcher, compile_pack, run_examples
from monitor.rules.inflection import Inflector
from monitor.rules.operators import MAX_TRIED, evaluate
from monitor.rules.relevance import judge

FILLER = " ".join(["Word"] * 70)


def actors() -> tuple[Actor, ...]:
    """Return a small world: two states, a company, a bloc, a bank."""
    return (
        Actor(
            id="kazakhstan",
            name="Kazakhstan",
            kind="state",
            iso="KZ",
            names=(
                *names("Kazakhstan", "Republic of Kazakhstan", lang="en"),
                *names("Kazakhstan", lang="fr"),
                *names("Astana", lang="any", role="metonym"),
                *names("РК", lang="ru", role="acronym"),
                Name(text="Nazarbayev", role="person", since=date(1991, 12, 16), until=date(2019, 3, 20)),
                Name(text="Tokayev", role="person", since=date(2019, 3, 20)),
            ),
            unless=(query('"Astana Pro Team"'), query('"FC Astana" OR (Astana NEAR/3 cyclist~)')),
        ),
        Actor(
            id="kazatomprom", name="Kazatomprom", kind="company", of="kazakhstan", names=names("Kazatomprom")
        ),
        Actor(id="mine", name="Mine", kind="company", of="kazatomprom", names=names("Inkai")),
        Actor(id="eu", name="European Union", kind="bloc", names=names("EU", "Brussels")),
        Actor(id="ebrd", name="EBRD", kind="bank", iso="XX", names=names("EBRD")),
    )


def world(*topics: Topic, **pack: Any) -> Matcher:
    """Return the matcher of the small world."""
    groups = (
        Group(id="central-asia", name="Central Asia", members=("kazakhstan",)),
        Group(id="partners", name="Partners", members=("eu",), select=((("kind", "bank"),),)),
        Group(id="everyone", name="All", members=("central-asia", "partners")),
        Group(id="kazakh-companies", name="Firms", select=((("of", "kazakhstan"), ("kind", "company")),)),
        Group(id="kz", name="KZ", select=((("iso", "KZ"),),)),
    )
    themes = (
        Theme(
            id="minerals",
            name="Minerals",
            terms=names("uranium", "rare earth~"),
            unless=(query('"depleted uranium"'),),
        ),
        Theme(id="cooperation", name="Cooperation", terms=names("sign*", "roadmap")),
    )
    return compile_pack(
        Pack(
            **{
                "languages": LANGUAGES,
                "actors": actors(),
                "groups": groups,
                "themes": themes,
                "topics": topics,
            }
            | pack
        )
    )


def read(require: str, body: str, title: str = "", **metadata: Any) -> Match | None:
    """Return what a topic of the small world says of a text."""
    matches = world(topic(require)).read(Document(title=title, body=body, **metadata)).matches
    return matches[0] if matches else None


def mentions(body: str, **metadata: Any) -> Reading:
    """Return the reading of a text in the small world without topics."""
    return world().read(Document(title="", body=body, **metadata))


def labels(found: Match | None) -> list[tuple[str, str]]:
    """Return text and label of each piece of evidence."""
    assert found is not None
    return [(one.text, one.label) for one in found.evidence]


def test_the_whole_of_a_match_is_told() -> None:
    """A match tells relevance, clauses with points and times, evidence with labels, and quotes."""
    mine = topic(
        " @central-asia AND @partners AND #minerals\n",
        threshold=50,
        score=(
            Clause(when=query("@central-asia SENTENCE @partners SENTENCE #cooperation"), add=5, each=3),
            Clause(when=query('"transfer window"'), add=-40),
            Clause(when=query("Astana"), add=-10),
        ),
    )
    text = f"Kazakhstan and the EU signed a roadmap on rare earths in Astana. {FILLER}."
    [found] = world(mine).read(Document(title="Rare", body=text)).matches
    require, salience, each, absent, minus = found.clauses
    assert (require.kind, require.when, require.held, require.points) == (
        "require",
        "@central-asia AND @partners AND #minerals",
        True,
        0,
    )
    assert require.evidence == found.evidence
    assert salience.note == (
        "30 + 25 all in title and lead + 20 all in one sentence"
        f" + {salience.points - 75} density = {salience.points}"
    )
    assert (each.held, each.points, each.times) == (True, 5, 1)
    assert [one.text for one in each.evidence] == ["Kazakhstan", "EU", "signed", "roadmap", "Astana"]
    assert (absent.held, absent.points, absent.times, absent.evidence) == (False, 0, 0, ())
    assert (minus.held, minus.points, minus.times) == (True, -10, 1)
    assert found.total == salience.points - 5 == found.relevance
    assert found.flagged
    assert labels(found) == [
        ("Kazakhstan", "@kazakhstan"),
        ("EU", "@eu"),
        ("rare earths", "#minerals"),
        ("Astana", "@kazakhstan"),
    ]
    [quote] = found.quotes
    assert quote.text == "Kazakhstan and the EU signed a roadmap on rare earths in Astana."
    assert quote.marks == found.evidence


def test_salience_is_thirty_for_hits_far_from_the_top_and_from_one_another() -> None:
    """A long text that names both operands late and apart earns 30 and little density."""
    found = match("gas AND oil", f"{FILLER} gas. " + f"{FILLER}. " * 9 + "Oil.")
    assert found is not None
    assert (
        found.clauses[1].note == "30 + 0 not all in title and lead + 0 no sentence with all + 3 density = 33"
    )


def test_lead_counts_only_when_every_operand_is_there() -> None:
    """Title and the first 60 words must hold all positive operands, brackets within AND opened."""
    both = match("(gas AND oil) AND NOT coal", f"Oil. {FILLER}", title="Gas")
    assert both is not None
    assert "25 all in title and lead" in both.clauses[1].note
    one = match("gas AND oil", f"{FILLER} oil", title="Gas")
    assert one is not None
    assert " 0 not all in title and lead" in one.clauses[1].note


def test_a_hit_that_crosses_sentences_is_in_neither() -> None:
    """A phrase over a full stop does not put its operand into one sentence with another."""
    found = match('"gas union" AND oil', "Oil and gas. Union.")
    assert found is not None
    assert "no sentence with all" in found.clauses[1].note


def test_more_hits_per_hundred_words_never_lower_relevance() -> None:
    """Density grows with the hits of a text of one length, up to its 25 points."""
    totals = []
    for count in range(1, 40, 3):
        found = match("gas", " ".join(["x"] * 60 + ["gas"] * count + ["x"] * (340 - count)) + ".")
        assert found is not None
        totals.append(found.total)
    assert totals == sorted(totals)
    assert totals[-1] - totals[0] >= 20
    assert totals[-1] <= 75


def test_salience_off_leaves_the_score_to_the_clauses() -> None:
    """Without salience only clauses give points, and the sum may leave 0 to 100."""
    clauses = (
        Clause(when=query("gas"), add=50, each=3),
        Clause(when=query("oil"), add=-200),
        Clause(when=query("gas AND coal"), add=1, each=9),
        Clause(when=query("body:(gas SENTENCE/2 coal)"), add=1, each=9),
        Clause(when=query("source:a.example"), add=3, each=9),
    )
    reader = compile_pack(Pack(topics=(topic("gas", salience=False, score=clauses, threshold=50),)))
    [high] = reader.read(Document(title="", body="gas gas gas gas", source="a.example")).matches
    assert (high.total, high.relevance, high.flagged) == (153, 100, True)
    [low] = reader.read(Document(title="", body="gas oil. Coal and gas.")).matches
    assert (low.total, low.relevance, low.flagged) == (100 - 200 + 1 + 1, 0, False)
    assert [clause.times for clause in low.clauses] == [0, 2, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("clause", "body", "times"),
    [
        ("gas", "gas gas gas", 3),
        ("gas OR oil", "gas oil", 2),
        ('gas OR "gas oil"', "gas oil", 1),
        ("gas SENTENCE oil", "Gas gas oil oil. Oil gas. Gas.", 2),
        ("gas SENTENCE/2 oil", "Gas. Oil. Gas. Oil. Gas.", 2),
        ("gas PARAGRAPH oil", "Gas. Oil.\n\nOil gas.\n\nGas.", 2),
        ("gas NEAR/1 oil", "gas oil. Calm. Oil gas", 2),
        ("ATLEAST/2 gas", "gas gas gas gas gas", 2),
        ("title:wind", "gas", 1),
        ("NOT oil", "gas", 1),
        ("words>=1", "gas", 1),
        ("gas AND NOT oil", "gas gas", 1),
    ],
)
def test_each_counts_separate_hits_and_sentences(clause: str, body: str, times: int) -> None:
    """`each` counts hits that share no character; for SENTENCE and PARAGRAPH, those units."""
    score = (Clause(when=query(clause), add=1, each=9),)
    reader = compile_pack(Pack(topics=(topic("wind", score=score),)))
    [found] = reader.read(Document(title="Wind", body=body)).matches
    assert found.clauses[2].times == times


@pytest.mark.parametrize(
    ("parts", "same"),
    [
        ({"all": ("gas", "oil OR coal")}, "gas AND (oil OR coal)"),
        ({"all": ("gas",)}, "gas"),
        ({"any": ("gas", "oil")}, "gas OR oil"),
        ({"any": ("gas",), "none": ("oil",)}, "gas NOT oil"),
        (
            {"all": ("gas",), "any": ("oil", "coal"), "none": ("ore", "tin")},
            "gas AND (oil OR coal) NOT (ore OR tin)",
        ),
    ],
)
def test_a_requirement_in_parts_means_what_its_query_means(
    parts: dict[str, tuple[str, ...]], same: str
) -> None:
    """All, any and none are AND, OR and NOT; the match shows them as one query."""
    asked = Requirement(**{name: tuple(map(query, texts)) for name, texts in parts.items()})
    reader = compile_pack(Pack(topics=(topic(asked), topic(same, id="same"))))
    assert reader.versions["mine"] == reader.versions["same"]
    for body in ("gas", "gas oil", "coal", "gas coal tin", "gas oil ore", "oil gas coal"):
        found = reader.read(Document(title="", body=body)).matches
        assert [match.topic_id for match in found] in ([], ["mine", "same"])
        assert len({match.evidence for match in found}) < 2
        assert all(match.clauses[0].when for match in found)


def test_walls_of_one_word_are_read_with_bounded_work() -> None:
    """However dense the text and deep the query, chains look at a bounded number of pairs."""
    wall = "gas " * 3000
    for asked in (" NEAR ".join(["gas"] * 1900), " PARAGRAPH ".join(["gas"] * 1400)):
        reader = matcher(asked)
        findings = reader._findings(Document(title="", body=wall))
        judge(reader._plans[0], findings)
        assert findings.tried < MAX_TRIED * 1.2
    nested = "(" * 40 + "gas" + " NEAR/20 gas)" * 40
    findings = matcher(nested)._findings(Document(title="", body=wall))
    evaluate(matcher(nested)._plans[0].operands[0], findings)
    assert findings.tried < MAX_TRIED * 1.2


def test_a_disabled_topic_is_not_judged() -> None:
    """A topic that is switched off gives no match and has no version."""
    reader = compile_pack(Pack(topics=(topic("gas"), topic("gas", id="off", enabled=False))))
    assert [found.topic_id for found in reader.read(Document(title="gas", body="")).matches] == ["mine"]
    with pytest.raises(KeyError):
        reader.versions["off"]


def test_a_hit_counts_for_the_actor_it_belongs_to() -> None:
    """A company's hit, and its subsidiary's, count for the state, under their own labels."""
    assert labels(read("@kazakhstan", "Inkai and Kazatomprom.")) == [
        ("Inkai", "@mine"),
        ("Kazatomprom", "@kazatomprom"),
    ]
    assert [(one.id, one.count) for one in mentions("Inkai and Kazatomprom.").actors] == [
        ("kazakhstan", 2),
        ("kazatomprom", 2),
        ("mine", 1),
    ]
    assert read("@kazatomprom", "Kazakhstan alone") is None


def test_groups_hold_members_groups_and_selected_actors() -> None:
    """A group is hit by whoever it lists or selects, through groups within it too."""
    assert labels(read("@everyone", "EBRD, EU, Astana")) == [
        ("EBRD", "@ebrd"),
        ("EU", "@eu"),
        ("Astana", "@kazakhstan"),
    ]
    assert labels(read("@kazakh-companies", "Kazakhstan, Inkai")) == [("Inkai", "@mine")]
    assert labels(read("@kz", "Kazakhstan, EU")) == [("Kazakhstan", "@kazakhstan")]


def test_a_name_within_a_longer_name_is_one_mention() -> None:
    """Nested names of one actor give one piece of evidence and count once."""
    assert labels(read("@kazakhstan", "The Republic of Kazakhstan.")) == [
        ("Republic of Kazakhstan", "@kazakhstan")
    ]
    assert mentions("The Republic of Kazakhstan, Kazakhstan").actors[0].count == 2


def test_acronyms_keep_their_case() -> None:
    """The case of an acronym counts without being asked for."""
    assert labels(read("@kazakhstan", "РК, рк, Рк")) == [("РК", "@kazakhstan")]


@pytest.mark.parametrize(
    ("body", "published", "found"),
    [
        ("Nazarbayev", datetime(2019, 3, 20, tzinfo=UTC), True),
        ("Nazarbayev", datetime(2019, 3, 21, tzinfo=UTC), False),
        ("Nazarbayev", datetime(1991, 12, 15, tzinfo=UTC), False),
        ("Nazarbayev", None, False),
        ("Tokayev", datetime(2019, 3, 19, tzinfo=UTC), False),
        ("Tokayev", datetime(2026, 1, 1, tzinfo=UTC), True),
        ("Tokayev", None, True),
    ],
)
def test_a_person_stands_for_a_state_while_in_office(
    body: str,
    published: datetime | None,
    found: bool,  # noqa: FBT001 - an expected value
) -> None:
    """Names hold between their dates, both included; where the date is unknown, those that still do."""
    assert bool(mentions(body, published=published).actors) is found


def test_a_context_bars_the_names_it_overlaps_and_no_others() -> None:
    """`unless` drops the hits its contexts overlap, for actors and for themes."""
    assert mentions("Astana Pro Team and FC Astana.").actors == ()
    assert mentions("The cyclists of Astana.").actors == ()
    assert [one.count for one in mentions("FC Astana played in Astana.").actors] == [1]
    assert mentions("Depleted uranium.").themes == ()
    assert [(one.id, one.name, one.count) for one in mentions("uranium, uranium").themes] == [
        ("minerals", "Minerals", 2)
    ]


def test_a_context_may_name_other_lists() -> None:
    """A context may rest on an actor or theme."""
    weather = Theme(
        id="weather",
        name="Weather",
        terms=names("storm"),
        unless=(query("storm NEAR/2 @eu"), query("#cooperation")),
    )
    reader = compile_pack(
        Pack(actors=actors(), themes=(weather, Theme(id="cooperation", name="C", terms=names("sign*"))))
    )
    assert reader.read(Document(title="", body="Brussels storm")).themes == ()
    assert reader.read(Document(title="", body="A storm")).themes[0].count == 1


def test_mentions_carry_name_kind_and_iso_in_order_of_count() -> None:
    """Actors come with what reports need, the most named first, equals by id."""
    found = mentions("EBRD, EU, EU and Kazakhstan").actors
    assert [(one.id, one.name, one.kind, one.iso, one.count) for one in found] == [
        ("eu", "European Union", "bloc", None, 2),
        ("ebrd", "EBRD", "bank", "XX", 1),
        ("kazakhstan", "Kazakhstan", "state", "KZ", 1),
    ]


def test_a_topic_has_lists_of_its_own() -> None:
    """A local list is known in its topic only, and goes before a theme of the same name."""
    local = Theme(id="minerals", name="Mine", terms=names("granite"), unless=(query('"granite face"'),))
    reader = world(topic("#minerals", lists=(local,)), topic("#minerals", id="other"))
    texts = [
        [found.topic_id for found in reader.read(Document(title="", body=text)).matches]
        for text in ("granite", "uranium", "granite face")
    ]
    assert texts == [["mine"], ["other"], []]


def test_names_for_reports_are_at_hand() -> None:
    """The matcher tells how people read the ids of actors and themes."""
    reader = world()
    assert reader.actor_names["ebrd"] == "EBRD"
    assert reader.theme_names == {"minerals": "Minerals", "cooperation": "Cooperation"}


def test_a_theme_that_is_not_listed_only_helps_rules() -> None:
    """A topic may ask for its words; no text is said to be about it."""
    aside = Theme(id="aside", name="Aside", terms=names("roadmap"), listed=False)
    asking = topic("#aside", id="asking")
    reader = compile_pack(Pack(themes=(aside,), topics=(asking,)))
    reading = reader.read(Document(title="", body="A roadmap."))
    assert [match.topic_id for match in reading.matches] == ["asking"]
    assert reading.themes == ()


def test_quotes_are_the_sentences_with_most_of_what_was_asked() -> None:
    """At most three sentences, most operands first, then what was not yet named, in marks no overlap."""
    text = "Gas. Gas and oil! Oil. Coal, gas, oil? Gas. Oil."
    found = match("gas AND oil", text, title="Gas")
    assert found is not None
    assert [quote.text for quote in found.quotes] == ["Gas and oil!", "Coal, gas, oil?", "Gas"]
    nested = match('(gas OR "gas oil") AND oil', "gas oil")
    assert nested is not None
    assert [mark.text for mark in nested.quotes[0].marks] == ["gas oil"]


def test_a_quote_names_partners_that_the_one_before_did_not() -> None:
    """Of equal sentences the next quote is one that names somebody new."""
    found = read("@kazakhstan AND @partners", "Kazakhstan, EU. Kazakhstan, EU. Kazakhstan, EBRD.")
    assert found is not None
    assert [quote.text for quote in found.quotes][:2] == ["Kazakhstan, EU.", "Kazakhstan, EBRD."]


def test_a_sentence_without_end_is_cut_round_its_first_mark() -> None:
    """A quote has at most 400 characters, cut between words where there are any."""
    for body in (
        "word " * 200 + "gas " + "word " * 200,
        "字" * 900 + "gas" + "字" * 900,
        "gas " + "word " * 200,
        "word " * 200 + "gas",
    ):
        found = match("gas", body)
        assert found is not None
        [quote] = found.quotes
        assert len(quote.text) <= 400
        assert quote.text == body[quote.start : quote.end]
        assert [mark.text for mark in quote.marks] == ["gas"]
        assert not quote.text.startswith("ord")
    far = match("gas", "gas " + "word " * 200 + "gas")
    assert far is not None
    assert len(far.quotes[0].marks) == 1


def test_a_version_changes_with_the_meaning_and_with_nothing_else() -> None:
    """A topic's version follows its query, points and lists, not its place, name or examples."""
    base = world(topic("@eu AND #minerals")).versions["mine"]
    same = [
        topic("  @eu   AND #minerals", name="Other", description="x", place=Place(file="f", line=3)),
        topic("(@eu AND #minerals)", examples=(Example(text="x", flag=False),)),
    ]
    for one in same:
        assert world(one).versions["mine"] == base
    other = [
        topic("@eu AND #cooperation"),
        topic("@eu AND #minerals", threshold=1),
        topic("@eu AND #minerals", salience=False),
        topic("@eu AND #minerals", score=(Clause(when=query("x"), add=1),)),
    ]
    versions = {world(one).versions["mine"] for one in other}
    assert len(versions | {base}) == 5
    changed = Theme(id="minerals", name="Minerals", terms=names("uranium"), unless=(query("#cooperation"),))
    cooperation = Theme(id="cooperation", name="C", terms=names("sign*"))
    wider = Theme(id="cooperation", name="C", terms=names("sign*", "deal"))
    seen = {
        world(topic("#minerals"), themes=(changed, theme)).versions["mine"] for theme in (cooperation, wider)
    }
    assert len(seen) == 2
    assert world(topic("a"), languages=()).versions["mine"] != world(topic("a")).versions["mine"]


def test_the_pack_has_one_version_over_all() -> None:
    """The matcher's version is stable, and changes with topics and with lists."""
    base = world(topic("gas")).version
    assert world(topic("gas")).version == base
    assert world(topic("oil")).version != base
    assert world(topic("gas"), themes=()).version != base


def test_examples_that_fail_are_faults_with_a_reason() -> None:
    """An example whose verdict is not its author's is told at its place, with the reason."""
    place = Place(file=FILE, line=20, column=7)
    mine = topic(
        "gas AND oil",
        threshold=60,
        examples=(
            Example(text="Gas and oil.", flag=True),
            Example(text="Wind.", flag=False),
            Example(text="Wind." * 30, flag=True, place=place),
            Example(text=f"{FILLER}. Gas. {FILLER}. Oil.", flag=True),
            Example(text="Oil", title="Gas", flag=False),
        ),
    )
    absent, low, high = run_examples(world(mine))
    assert str(absent) == (
        f"topics/mine.yaml:20:7: mine: examples: “{('Wind.' * 30)[:80]}…” must be flagged and is not"
        " (what the topic requires does not hold in this text)"
    )
    assert low.hint == "relevance 43 of 60 needed"
    assert high.problem == "“Oil” must not be flagged and is"


def test_search_words_are_those_of_title_and_body() -> None:
    """The words for the index are prepared, single in spaceless scripts, compounds both ways."""
    reader = matcher("gas")
    search = reader.read(Document(title="Trans-Caspian Gas", body="与EU合作")).search
    assert search.title == ("trans", "caspian", "gas", "transcaspian")
    assert search.body == ("与", "eu", "合", "作")
    search = reader.read(Document(title="", body="plain words")).search
    assert (search.title, search.body) == ((), ("plain", "words"))


def test_a_wall_of_words_is_read_in_time() -> None:
    """A text made of the operands alone gives a verdict, not a hang."""
    found = match("gas SENTENCE oil SENTENCE gas", "gas oil " * 4000)
    assert found is not None
    assert found.flagged


def test_an_explanation_tells_which_operand_is_missing() -> None:
    """Every topic has a verdict in an explanation, operand by operand where it does not hold."""
    reader = world(topic("@eu AND #minerals AND NOT @ebrd"), topic("@eu", id="other"))
    missed, held = reader.explain(Document(title="", body="Brussels and the EBRD"))
    assert [(one.when, one.held, len(one.evidence)) for one in missed.clauses] == [
        ("@eu", True, 1),
        ("#minerals", False, 0),
        ("NOT @ebrd", False, 0),
    ]
    assert (missed.topic_id, missed.flagged, missed.relevance, missed.total) == ("mine", False, 0, 0)
    assert (held.topic_id, held.flagged) == ("other", True)
    assert reader.judge("other", Document(title="", body="EU")) is not None


def test_the_members_of_a_group_are_at_hand() -> None:
    """A group's actors are told by their kinds."""
    reader = world()
    assert reader.members("everyone", ("state", "bank", "bloc", "body")) == ("ebrd", "eu", "kazakhstan")
    assert reader.members("everyone", ("state",)) == ("kazakhstan",)
    assert reader.members("kazakh-companies", ("company",)) == ("kazatomprom", "mine")
    assert reader.members("nobody", ("state",)) == ()


def test_what_forms_are_known_does_not_grow_without_bounds() -> None:
    """The memory of forms is emptied when it is full, and what it says stays the same."""
    _, forms = Inflector(LANGUAGES).forms("банк", "ru")
    assert [forms.accepts(f"x{number}") for number in range(5000)] == [False] * 5000
    assert forms.accepts("ом")
    assert len(forms._known) < 5000


def test_topics_that_ask_the_same_are_told_the_same() -> None:
    """Two topics with one query and one clause get equal evidence, quotes and points."""
    score = (Clause(when=query("gas SENTENCE oil"), add=5),)
    reader = compile_pack(Pack(topics=(topic("gas", score=score), topic("gas", id="other", score=score))))
    one, other = reader.read(Document(title="", body="Gas and oil. Gas.")).matches
    assert (one.evidence, one.quotes, one.clauses) == (other.evidence, other.quotes, other.clauses)
