"""Blocks of sources, actors, themes, languages, topics: what they make, override, and get wrong."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from settings_desk import Desk

from monitor.domain.feeds import Credentials, Feed, LinkRules, PageRules
from monitor.domain.topics import (
    Actor,
    Clause,
    Example,
    Group,
    Language,
    Name,
    Place,
    Query,
    Requirement,
    Theme,
    Topic,
)

SOURCE = "id: a, url: 'https://www.a.example/feed', name: A"


def test_a_source_becomes_a_feed(desk: Desk) -> None:
    """Every key of a source reaches the feed; the domain is the site's, without www."""
    desk.write(
        "user/sources/a.yaml",
        """
- id: steppe.courier
  url: https://feeds.example/steppe?x=1
  name: Steppe Courier
  home: https://www.steppe-courier.example/
  kind: feed
  country: NO
  lang: uz-Cyrl
  outlet_kind: state
  section: Economy
  poll_every: 30m
  read: feed
  first_poll: alert
  allow_private: yes
  group: The steppe
  rhythm: 14/week
  headers: {Accept-Language: uz}
  credentials: {user: desk, password_file: steppe.secret}
  links: {only: [/news/*], never: ['*/sport/*'], within: //main}
  extract: {title: //h1, body: //article, date: //time, drop: [//aside], mode: precise}
  overload: host
- id: short
  url: https://www.short.example:443/rss
  name: Short
- {id: off, url: 'https://off.example', name: Off, enabled: false}
""",
    )
    desk.write("user/steppe.secret", "pass:word\n")
    assert desk.load().feeds == (
        Feed(
            id="steppe.courier",
            url="https://feeds.example/steppe?x=1",
            outlet="Steppe Courier",
            domain="steppe-courier.example",
            country="NO",
            lang="uz-Cyrl",
            outlet_kind="state",
            section="Economy",
            poll_every=timedelta(minutes=30),
            read="feed",
            first_poll="alert",
            allow_private=True,
            group="The steppe",
            rhythm=2.0,
            headers=(("Accept-Language", "uz"),),
            credentials=Credentials(user="desk", password_file="steppe.secret"),
            links=LinkRules(only=("/news/*",), never=("*/sport/*",), within="//main"),
            reading=PageRules(
                title="//h1", body="//article", date="//time", drop=("//aside",), mode="precise"
            ),
            overload="host",
        ),
        Feed(
            id="short",
            url="https://www.short.example:443/rss",
            outlet="Short",
            domain="short.example",
            poll_every=timedelta(hours=1),
            adapts=True,
        ),
    )


def test_actors_and_groups_keep_every_name_and_its_place(desk: Desk) -> None:
    """Names of all roles, people with their dates, contexts and selectors arrive with file, line, column."""
    desk.write(
        "user/actors/a.yaml",
        """\
- id: kazakhstan
  kind: state
  iso: KZ
  of: null
  name: Kazakhstan
  names:
    any: [Kazakhstan]
    ru: ["Республик~ Казахстан"]
  demonyms: {en: [Kazakh~]}
  metonyms: {en: [Astana]}
  acronyms: {ru: [РК]}
  people:
    - {names: {en: [Tokayev]}, office: president, from: 2019-03-20, until: null}
  unless: ['"FC Astana"']
  sources: [CLDR, ISO 3166]
- {id: mine, kind: company, of: kazakhstan, name: Mine}
- {id: gone, kind: company, name: Gone, enabled: false}
- group: all
  name: All of them
  members: [kazakhstan, few]
  select: [{kind: company, of: kazakhstan}, {iso: KZ}]
- group: few
  members: [mine]
""",
    )
    at = lambda line, column: Place(file="user/actors/a.yaml", line=line, column=column)  # noqa: E731
    pack = desk.load().pack
    assert pack.actors == (
        Actor(
            id="kazakhstan",
            name="Kazakhstan",
            kind="state",
            iso="KZ",
            names=(
                Name(text="Kazakhstan", place=at(7, 11)),
                Name(text="Республик~ Казахстан", lang="ru", place=at(8, 11)),
                Name(text="Kazakh~", lang="en", role="demonym", place=at(9, 19)),
                Name(text="Astana", lang="en", role="metonym", place=at(10, 19)),
                Name(text="РК", lang="ru", role="acronym", place=at(11, 19)),
                Name(text="Tokayev", lang="en", role="person", since=date(2019, 3, 20), place=at(13, 21)),
            ),
            unless=(Query(text='"FC Astana"', place=at(14, 13)),),
            place=at(1, 3),
        ),
        Actor(id="mine", name="Mine", kind="company", of="kazakhstan", names=(), place=at(16, 3)),
    )
    assert pack.groups == (
        Group(
            id="all",
            name="All of them",
            members=("kazakhstan", "few"),
            select=((("kind", "company"), ("of", "kazakhstan")), (("iso", "KZ"),)),
            place=at(18, 3),
        ),
        Group(id="few", name="few", members=("mine",), place=at(22, 3)),
    )


def test_themes_and_languages_are_read(desk: Desk) -> None:
    """Terms keep their language and place; a language its endings as written."""
    desk.write(
        "user/themes/a.yaml", "- id: gas\n  terms: {en: [gas~]}\n  unless: [tear gas]\n  sources: [own]\n"
    )
    desk.write(
        "user/languages/a.yml",
        "- {id: kk, name: Kazakh, script: Cyrl, endings: [ы+], drop: [а], prefixes: [o]}",
    )
    pack = desk.load().pack
    file = "user/themes/a.yaml"
    assert pack.themes == (
        Theme(
            id="gas",
            name="gas",
            terms=(Name(text="gas~", lang="en", role="term", place=Place(file=file, line=2, column=16)),),
            unless=(Query(text="tear gas", place=Place(file=file, line=3, column=12)),),
            place=Place(file=file, line=1, column=3),
        ),
    )
    (language,) = pack.languages
    assert language == Language(
        id="kk",
        name="Kazakh",
        script="Cyrl",
        endings=("ы+",),
        drop=("а",),
        prefixes=("o",),
        place=language.place,
    )


def test_a_topic_keeps_the_place_of_every_query(desk: Desk) -> None:
    """Requirement, clauses, examples and local lists arrive whole, and know where they were written."""
    desk.write(
        "user/topics/a.yaml",
        """\
- id: rail
  name: Rail
  description: |
    Railways.
  require: |
    @central-asia AND
    #rail
  threshold: 40
  salience: off
  score:
    - {when: 'rail SENTENCE loan', add: 5, each: 3}
    - when: '"it''s"'
      add: -40
  examples:
    - {flag: true, text: "A railway.", title: T, lang: en}
  lists:
    - {id: rail, terms: {en: [rail~]}}
- {id: short, require: gas, enabled: no}
""",
    )
    at = lambda line, column: Place(file="user/topics/a.yaml", line=line, column=column)  # noqa: E731
    assert desk.load().pack.topics == (
        Topic(
            id="rail",
            name="Rail",
            description="Railways.",
            require=Query(text="@central-asia AND\n#rail\n", place=at(6, 5)),
            threshold=40,
            salience=False,
            score=(
                Clause(when=Query(text="rail SENTENCE loan", place=at(11, 15)), add=5, each=3),
                Clause(
                    when=Query(text='"it\'s"', place=at(12, 14), turns=((0, 12, 14), (4, 12, 19))), add=-40
                ),
            ),
            examples=(Example(text="A railway.", flag=True, title="T", lang="en", place=at(15, 27)),),
            lists=(
                Theme(
                    id="rail",
                    name="rail",
                    terms=(Name(text="rail~", lang="en", role="term", place=at(17, 31)),),
                    place=at(1, 3),
                ),
            ),
            place=at(1, 3),
        ),
        Topic(
            id="short",
            name="short",
            require=Query(text="gas", place=at(18, 24)),
            enabled=False,
            place=at(18, 3),
        ),
    )


@pytest.mark.parametrize(
    ("require", "query"),
    [
        (
            "{all: [a, b OR c], any: [d, e], none: [f, g]}",
            "((a) AND (b OR c) AND ((d) OR (e))) NOT ((f) OR (g))",
        ),
        ("{all: [a]}", "(a)"),
        ("{any: [a, b]}", "((a) OR (b))"),
        ("{any: [a], none: [b]}", "(((a))) NOT ((b))"),
    ],
)
def test_a_requirement_can_be_a_mapping(desk: Desk, require: str, query: str) -> None:
    """All, any and none are read by people as one query with brackets; each part knows its place."""
    desk.write("user/topics/a.yaml", f"- id: x\n  require: {require}\n")
    (topic,) = desk.load().pack.topics
    assert topic.require.text == query
    assert isinstance(topic.require, Requirement)
    for part in (*topic.require.all, *topic.require.any, *topic.require.none):
        assert f"  require: {require}"[part.place.column - 1 :].startswith(part.text)


def cases() -> list[tuple[str, str, str]]:
    """Return folder, text and fault of every case in the table."""
    text = (Path(__file__).resolve().parents[2] / "data/settings/block-faults.txt").read_text("utf-8")
    found = []
    for case in text.strip().split("\n\n")[1:]:
        folder, rest = case.split("\n", 1)
        block, fault = rest.split("\n=> ")
        found.append((folder, block, fault))
    return found


@pytest.mark.parametrize(("folder", "text", "fault"), cases())
def test_every_mistake_in_a_block_is_told_with_its_place(
    desk: Desk, folder: str, text: str, fault: str
) -> None:
    """A wrong block is named by line, column, key, problem and hint."""
    assert desk.fault(f"user/{folder}/x.yaml", text) == fault


def test_blocks_that_extend_each_other_are_told(desk: Desk) -> None:
    """A circle of extends is a fault, not an endless loop."""
    desk.write("user/topics/x.yaml", "- {id: x, extends: y}\n- {id: y, extends: x}")
    assert desk.faults() == [
        "user/topics/x.yaml:1:20: extends: x and y extend each other",
        "user/topics/x.yaml:2:20: extends: y and x extend each other",
    ]


def test_the_same_id_in_two_files_is_told(desk: Desk) -> None:
    """Ids are unique over all files of a layer."""
    desk.write("user/topics/a.yaml", "- {id: x, require: a}")
    desk.write("user/topics/b.yaml", "\n- {id: x, require: b}")
    assert desk.faults() == ["user/topics/b.yaml:2:8: id: x is given twice (first in user/topics/a.yaml:1)"]


def test_a_broken_block_is_still_a_name(desk: Desk) -> None:
    """What names an actor or topic that has a fault of its own is not called wrong too."""
    desk.write("user/actors/a.yaml", "- {id: x, kind: bank}\n- {id: y, kind: bank, name: Y, of: x}\n")
    desk.write("user/topics/a.yaml", "- {id: t}\n")
    desk.write(
        "user/newsmon.yaml",
        "recipients: [{id: d, name: D, subscriptions: [{topics: [t], channel: console}]}]",
    )
    assert desk.faults() == [
        "user/actors/a.yaml:1:3: name: missing",
        "user/topics/a.yaml:1:3: require: missing",
    ]


def test_names_of_unreadable_files_are_not_called_unknown(desk: Desk) -> None:
    """Where a file of actors or topics is not YAML, nobody is told that its names are unknown."""
    desk.write("user/actors/a.yaml", "- [")
    desk.write("user/actors/b.yaml", "- {id: y, kind: bank, name: Y, of: x}\n")
    desk.write("user/topics/a.yaml", "- [")
    desk.write(
        "user/newsmon.yaml",
        "recipients: [{id: d, name: D, subscriptions: [{topics: [t], channel: console}]}]",
    )
    problem = "1:4: a value is missing or the brackets do not match (check commas and brackets)"
    assert desk.faults() == [f"user/actors/a.yaml:{problem}", f"user/topics/a.yaml:{problem}"]


PACK_TOPICS = """\
- {id: rail, name: Rail, require: rail, threshold: 40}
- {id: gas, name: Gas, require: gas}
"""


def topics(desk: Desk) -> dict[str, tuple[str, str, int, bool]]:
    """Return name, requirement, threshold and switch of every topic."""
    return {t.id: (t.name, t.require.text, t.threshold, t.enabled) for t in desk.load().pack.topics}


@pytest.mark.parametrize(
    ("user", "made"),
    [
        ("", {"rail": ("Rail", "rail", 40, True), "gas": ("Gas", "gas", 50, True)}),
        ("- {id: gas, require: oil}", {"rail": ("Rail", "rail", 40, True), "gas": ("gas", "oil", 50, True)}),
        (
            "- {id: rail, extends: rail, threshold: 70}",
            {"gas": ("Gas", "gas", 50, True), "rail": ("Rail", "rail", 70, True)},
        ),
        (
            "- {extends: rail, threshold: 70}",
            {"gas": ("Gas", "gas", 50, True), "rail": ("Rail", "rail", 70, True)},
        ),
        (
            "- {id: rail, enabled: false}",
            {"gas": ("Gas", "gas", 50, True), "rail": ("Rail", "rail", 40, False)},
        ),
        (
            "- {id: tram, extends: fast, name: Tram}\n- {id: fast, extends: rail, threshold: 60}",
            {
                "rail": ("Rail", "rail", 40, True),
                "gas": ("Gas", "gas", 50, True),
                "tram": ("Tram", "rail", 60, True),
                "fast": ("Rail", "rail", 60, True),
            },
        ),
    ],
)
def test_a_user_adds_and_overrides_by_id(desk: Desk, user: str, made: dict[str, object]) -> None:
    """The same id replaces, extends changes what it names, enabled: false switches off, others add."""
    desk.write("pack/topics/p.yaml", PACK_TOPICS)
    desk.write("user/topics/u.yaml", user)
    assert topics(desk) == made


def test_a_shipped_block_that_extends_another_is_switched_off_and_on(desk: Desk) -> None:
    """`enabled` alone reaches through what the pack's own block extends, as the starter's README says."""
    shipped = (
        "- {id: any, require: rail, enabled: false}\n- {id: tram, extends: any, enabled: true, threshold: 70}"
    )
    desk.write("pack/topics/p.yaml", shipped)
    for switch, on in (("false", False), ("true", True)):
        desk.write("user/topics/u.yaml", f"- {{id: tram, enabled: {switch}}}")
        assert topics(desk)["tram"] == ("tram", "rail", 70, on)
    desk.write("pack/topics/p.yaml", "- {id: tram, extends: tam}")
    assert desk.faults() == ["pack/topics/p.yaml:1:23: extends: unknown id tam"]


def test_parts_of_the_pack_can_be_left_out(desk: Desk) -> None:
    """use_pack switches shipped kinds off; what is left out can still be extended."""
    desk.write("pack/topics/p.yaml", PACK_TOPICS)
    desk.write("pack/sources/p.yaml", f"- {{{SOURCE}}}")
    desk.write("user/topics/u.yaml", "- {id: mine, extends: gas}")
    desk.write("user/newsmon.yaml", "use_pack: {topics: false, sources: false}")
    assert topics(desk) == {"mine": ("Gas", "gas", 50, True)}
    assert desk.load().feeds == ()


def test_a_fault_in_an_extended_block_names_the_file_it_stands_in(desk: Desk) -> None:
    """Of a merged block, each key's fault points into the file that said it."""
    desk.write("pack/topics/p.yaml", "- {id: rail, require: rail, threshold: 400}")
    desk.write("user/topics/u.yaml", "- {id: tram, extends: rail, salience: x}")
    desk.write("user/newsmon.yaml", "use_pack: {topics: false}")
    assert desk.faults() == [
        "pack/topics/p.yaml:1:40: threshold: must be at most 100, not '400'",
        "user/topics/u.yaml:1:39: salience: must be true or false, not 'x'",
    ]


def test_a_source_may_lie_in_an_allowed_network(desk: Desk) -> None:
    """Literal addresses are fine where they are public, allowed (on any port), or meant."""
    desk.write(
        "user/sources/a.yaml",
        """
- {id: p, url: 'http://10.1.2.3:8081/feed', name: P}
- {id: a, url: 'http://10.1.2.3/feed', name: A}
- {id: b, url: 'http://93.184.215.14/feed', name: B}
- {id: c, url: 'http://127.0.0.1:8080/feed', name: C, allow_private: true}
""",
    )
    desk.write("user/newsmon.yaml", "http: {allowed: [10.0.0.0/8]}")
    assert [feed.id for feed in desk.load().feeds] == ["p", "a", "b", "c"]
