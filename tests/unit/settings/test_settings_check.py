"""`check` finds what is wrong beyond shape: rules, names, examples; the starter and the pack pass it."""

import re
from pathlib import Path

import pytest
from settings_desk import Desk

from monitor.domain.errors import NewsmonError
from monitor.domain.topics import Document
from monitor.settings import Checked, Folders, check, locate, snapshot, starter

ADVICE = (
    "operator.contact is not set: outlets cannot tell who asks, and may block us",
    "no source is enabled: there is nothing to poll",
    "no topic is enabled: nothing will be flagged",
)


def told(result: Checked) -> list[str]:
    """Return the faults as people read them."""
    return [str(fault) for fault in result.faults]


def test_an_empty_desk_passes_with_advice(desk: Desk) -> None:
    """Nothing configured is no fault, but worth a word."""
    result = check(desk.folders, {"NEWSMON_SMPT_HOST": "x"})
    assert (result.faults, result.files) == ((), 1)
    hint = "NEWSMON_SMPT_HOST: unknown variable (did you mean NEWSMON_SMTP_HOST?)"
    assert result.warnings == (hint, *ADVICE)


def test_a_sound_desk_comes_with_its_matcher(desk: Desk) -> None:
    """Without faults there are settings and a compiled matcher, ready to run, and no advice."""
    desk.write("user/topics/a.yaml", "- {id: rail, require: railway~, threshold: 30}")
    desk.write("user/sources/a.yaml", "- {id: a, url: 'https://a.example/feed', name: A}")
    result = check(desk.folders, {"NEWSMON_OPERATOR_CONTACT": "me@desk.example"})
    assert (result.warnings, result.files) == ((), 3)
    assert result.settings is not None
    assert result.matcher is not None
    (match,) = result.matcher.read(Document(title="A railway", body="")).matches
    assert (match.topic_id, match.flagged) == ("rail", True)


def test_a_check_keeps_the_very_files_that_it_read(desk: Desk) -> None:
    """What is put into force afterwards is what was found sound, whatever is saved meanwhile."""
    desk.write("user/topics/a.yaml", "- {id: rail, require: railway~}")
    result = check(desk.folders, {})
    assert result.snapshot == snapshot(desk.folders)
    desk.write("user/topics/a.yaml", "- {id: rail, require: '@nobody'}")
    assert "railway~" in result.snapshot[1]


def test_a_fault_in_a_query_is_shown_with_a_caret(desk: Desk) -> None:
    """Inside a block scalar, line and column are the file's, and a caret points into the query."""
    desk.write("user/actors/a.yaml", "- {id: eu, kind: bloc, name: EU, names: {en: [EU]}}")
    desk.write("user/topics/a.yaml", "- id: rail\n  require: |\n    gas AND\n    @ue AND rail\n")
    assert told(check(desk.folders, {})) == [
        (
            "user/topics/a.yaml:4:5: require: unknown actor or group @ue\n"
            "    @ue AND rail\n"
            "    ^ did you mean @eu?"
        )
    ]


def test_a_fault_in_a_quoted_query_counts_from_its_first_letter(desk: Desk) -> None:
    """In quotes, the column is that of the letter in the file."""
    desk.write("user/topics/a.yaml", "- {id: rail, require: 'a OR b AND c'}")
    (fault,) = check(desk.folders, {}).faults
    assert (fault.line, fault.key, fault.excerpt) == (1, "require", "a OR b AND c")
    assert fault.column == 24 + fault.caret


def test_shape_and_rules_are_told_together(desk: Desk) -> None:
    """A wrong key and a wrong query come in one list, in the order of files and lines."""
    desk.write("user/newsmon.yaml", "smpt: 1")
    desk.write("user/topics/a.yaml", "- {id: rail, require: '(a'}\n- {id: x}")
    assert [fault.split(": ")[0] for fault in told(check(desk.folders, {}))] == [
        "user/newsmon.yaml:1:1",
        "user/topics/a.yaml:1:24",
        "user/topics/a.yaml:2:3",
    ]


def test_a_fault_does_not_draw_others_after_it(desk: Desk) -> None:
    """Queries that name a broken actor, and members that are unknown, are told once, where it began."""
    desk.write(
        "user/actors/a.yaml",
        "- {id: eu, kind: bloc}\n- {id: y, kind: bank, name: Y, names: {en: [Yyy]}, of: why}\n"
        "- {group: g, members: [y, nobody]}\n",
    )
    desk.write("user/topics/a.yaml", "- {id: rail, require: '@eu AND #nothing'}")
    assert told(check(desk.folders, {})) == [
        "user/actors/a.yaml:1:3: name: missing",
        "user/actors/a.yaml:2:56: of: unknown actor why",
        "user/actors/a.yaml:3:27: members: unknown actor or group nobody",
        (
            "user/topics/a.yaml:1:32: require: unknown theme #nothing\n"
            "    @eu AND #nothing\n"
            "            ^ name a known theme"
        ),
    ]


def test_names_of_an_unreadable_file_are_not_missed_in_queries(desk: Desk) -> None:
    """While a file of themes is not YAML, queries that name themes are not called wrong."""
    desk.write("user/themes/a.yaml", "- [")
    desk.write("user/topics/a.yaml", "- {id: rail, require: 'a AND #rail'}")
    assert [fault.file for fault in check(desk.folders, {}).faults] == ["user/themes/a.yaml"]


def test_an_example_that_fails_is_told_where_it_stands(desk: Desk) -> None:
    """Topics' own examples are run."""
    desk.write(
        "user/topics/a.yaml",
        "- id: rail\n  require: railway~\n  examples:\n    - {flag: true, text: A tunnel.}\n",
    )
    assert told(check(desk.folders, {})) == [
        (
            "user/topics/a.yaml:4:26: rail: examples: “A tunnel.” must be flagged and is not "
            "(what the topic requires does not hold in this text)"
        )
    ]


def test_a_requirement_given_as_a_mapping_is_matched(desk: Desk) -> None:
    """All, any and none mean what they say."""
    desk.write(
        "user/topics/a.yaml",
        """
- id: rail
  require: {all: ["railway OR tram"], any: [loan, grant], none: [model]}
  threshold: 30
  examples:
    - {flag: true, text: A loan for the tram.}
    - {flag: true, text: A grant for the railway.}
    - {flag: false, text: The railway.}
    - {flag: false, text: A loan for the model railway.}
""",
    )
    assert told(check(desk.folders, {})) == []


def test_the_shipped_pack_is_sound() -> None:
    """What is shipped has no fault: shape, names, rules and examples."""
    result = check(locate(None, None), {})
    assert told(result) == []
    assert result.files > 20


def test_the_starter_passes_check_and_is_commented(tmp_path: Path, desk: Desk) -> None:
    """`newsmon init` writes a configuration without faults, over the pack and alone."""
    target = tmp_path / "new" / "desk"
    written = starter(target)
    assert [path.relative_to(target).as_posix() for path in written] == [
        "newsmon.yaml",
        "sources/example.yaml",
        "topics/example.yaml",
        "README.txt",
    ]
    alone = check(Folders(pack=desk.folders.pack, user=target, data=tmp_path / "data"), {})
    assert told(alone) == []
    assert alone.warnings == ADVICE[:2]
    assert told(check(locate(target, None), {})) == []


def test_the_starters_advice_in_comments_works(tmp_path: Path, desk: Desk) -> None:
    """Uncommenting what the starter offers makes a sound configuration, too."""
    target = tmp_path / "desk"
    starter(target)
    main = target / "newsmon.yaml"
    main.write_text(re.sub(r"(?m)^( *)# (?=[a-z_]+:)", r"\1", main.read_text("utf-8")), "utf-8")
    environ = {"NEWSMON_SMTP_PASSWORD": "x"}
    result = check(Folders(pack=desk.folders.pack, user=target, data=tmp_path / "data"), environ)
    assert told(result) == []
    assert result.settings is not None
    assert result.settings.smtp.host == "mail.example.org"
    assert dict(result.settings.recipients[0].addresses)["email"] == "desk@example.org"
    assert not result.settings.feeds


def test_the_starter_overwrites_nothing(tmp_path: Path) -> None:
    """Where one of its files is there already, nothing is written."""
    (tmp_path / "newsmon.yaml").write_text("mine")
    with pytest.raises(NewsmonError, match=r"newsmon\.yaml: already there; nothing was written"):
        starter(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["newsmon.yaml"]
    assert (tmp_path / "newsmon.yaml").read_text() == "mine"


def test_a_starter_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A target below a file is told in words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NewsmonError, match="cannot be written: Not a directory"):
        starter(tmp_path / "file" / "desk")


BANK = """\
- {id: bank, kind: bank, name: Bank, acronyms: {en: [SB]},
   names: {en: [Steppe Bank], ru: [Степн~ банк~]}}
"""


def test_a_name_that_another_actor_bears_is_told_with_its_place(desk: Desk) -> None:
    """In whatever form it is written: inflected, with other signs, in other letters of case."""
    desk.write("pack/actors/a.yaml", BANK)
    desk.write("pack/languages/a.yaml", "- {id: ru, name: R, script: Cyrl, endings: [ым, ом], drop: [ый]}")
    desk.write(
        "user/actors/a.yaml",
        "- id: mine\n  kind: company\n  name: Mine\n  names:\n    ru: [Степной, степн* банк]\n"
        '    en: [The Steppe, "=STEPPE BANK"]\n  acronyms: {en: [SB, sb]}\n',
    )
    warnings = check(desk.folders, {}).warnings
    ours = "also names bank (if that is meant, add shares: [bank] to mine)"
    theirs = "also names mine (if that is meant, add shares: [mine] to bank)"
    assert sorted(set(warnings) - set(ADVICE)) == [
        f"pack/actors/a.yaml:1:54: acronym: “SB” of bank {theirs}",
        f"pack/actors/a.yaml:2:36: name: “Степн~ банк~” of bank {theirs}",
        f"user/actors/a.yaml:5:19: name: “степн* банк” of mine {ours}",
        f"user/actors/a.yaml:6:23: name: “=STEPPE BANK” of mine {ours}",
        f"user/actors/a.yaml:7:19: acronym: “SB” of mine {ours}",
    ]


@pytest.mark.parametrize(
    "mine",
    [
        "kind: company, shares: [bank], names: {en: [Steppe Bank]}",
        "kind: company, of: bank, names: {en: [Steppe Bank]}",
        "kind: company, names: {}, people: [{names: {en: [Steppe Bank]}, office: x, until: 2020-01-01}]",
    ],
)
def test_a_name_may_be_shared_on_purpose(desk: Desk, mine: str) -> None:
    """No word of it where the block says so, where one belongs to the other, or where a term is over."""
    desk.write("pack/actors/a.yaml", BANK)
    desk.write("user/actors/a.yaml", f"- {{id: mine, name: Mine, {mine}}}")
    assert check(desk.folders, {}).warnings == ADVICE


def test_an_unknown_actor_among_those_that_share_a_name_is_a_fault(desk: Desk) -> None:
    """Its place is that of the very word, with a hint."""
    desk.write("pack/actors/a.yaml", BANK)
    desk.write("user/actors/a.yaml", "- {id: mine, kind: company, name: Mine, shares: [bnak]}")
    assert told(check(desk.folders, {})) == [
        "user/actors/a.yaml:1:50: shares: unknown actor bnak (did you mean bank?)"
    ]
