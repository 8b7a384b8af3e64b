"""Whatever a person writes into a rule, `newsmon check` answers at once, with the place and a hint."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app

PROBLEMS = {
    "an unclosed quote": (
        '- id: a\n  require: |\n    gas AND "union\n',
        ["topics/a.yaml:3:13: require: this quote is never closed", '            ^ add " where'],
    ),
    "an unknown actor": (
        "- id: a\n  require: |\n    gas AND\n    @kazakstan\n",
        ["topics/a.yaml:4:5: require: unknown actor or group @kazakstan", "    ^ did you mean @kazakhstan?"],
    ),
    "AND and OR on one level": (
        "- id: a\n  require: 'a AND b OR c'\n",
        [
            "topics/a.yaml:2:21: require: mixing AND and OR on one level",
            "    a AND b OR c\n            ^ put",
        ],
    ),
    "a query of 100 kB": (
        "- id: a\n  require: |\n    " + "gas OR " * 14_300 + "oil\n",
        ["topics/a.yaml:3:5: require: the query is longer than 20 kB", "^ move its terms into a theme"],
    ),
    "ten thousand brackets": (
        "- id: a\n  require: |\n    " + "(" * 10_000 + "gas" + ")" * 10_000 + "\n",
        ["topics/a.yaml:3:55: require: more than 50 levels", "^ split the query, or use a theme"],
    ),
    "ten thousand brackets of YAML": (
        "- id: a\n  require: " + "[" * 10_000 + "]" * 10_000 + "\n",
        ["topics/a.yaml:2:61: more than 50 levels"],
    ),
    "a regular expression that explodes": (
        '- id: a\n  require: |\n    re:"((a{100}){100}){100}"\n',
        [
            "topics/a.yaml:3:5: require: no regular expression: invalid repetition size",
            "^ it is RE2's syntax",
        ],
    ),
    "look-around": (
        '- id: a\n  require: |\n    gas AND re:"(?=a)(?<!b)"\n',
        [
            "topics/a.yaml:3:13: require: no regular expression: invalid perl operator: (?=",
            "which has no look-around",
        ],
    ),
    "a theme that YAML takes for a comment": (
        "- id: a\n  require: gas* OR #energy\n",
        ["topics/a.yaml:2:20: require: YAML takes #energy for a comment (put the query in"],
    ),
    "a theme cut off without a trace": (
        "- id: a\n  require: gas AND oil #energy\n",
        ["topics/a.yaml:2:24: require: YAML takes #energy for a comment"],
    ),
    "a theme cut off inside braces": (
        "- id: a\n  require: gas\n  score:\n    - {when: oil OR #energy, add: 3}\n",
        ["topics/a.yaml:4:21: YAML takes #energy for a comment"],
    ),
    "nothing but a theme": (
        "- id: a\n  require: #energy\n",
        ["topics/a.yaml:2:3: require: is empty (a bare # starts a comment"],
    ),
    "an actor without quotes": (
        "- id: a\n  require: @kazakhstan AND gas\n",
        ["topics/a.yaml:2:12: a text cannot start with this (put the text in quotes, or below a |)"],
    ),
    "a phrase in the quotes of YAML": (
        '- id: a\n  require: "gas union" AND oil\n',
        ["topics/a.yaml:2:24: a closed quote ends the text (put the whole text in single"],
    ),
    "a quote that reaches into the next part": (
        "- id: a\n  require:\n    all: ['\"gas', 'union\"']\n",
        [
            "topics/a.yaml:3:12: require: this quote is never closed",
            "topics/a.yaml:3:25: require: this quote",
        ],
    ),
    "a mistake on a folded line": (
        "- id: a\n  require: >\n    gas AND\n    oil AND (tin\n    OR ore\n",
        ["topics/a.yaml:4:13: require: this bracket is never closed"],
    ),
    "two thousand unknown names": (
        "- id: a\n  require: |\n    " + " OR ".join(f"@zz{n}" for n in range(1900)) + "\n",
        ["topics/a.yaml:3:5: require: unknown actor or group @zz0", "1900 faults in"],
    ),
}
CYCLE = """\
- group: inner
  members: [kazakhstan, middle]
- {group: middle, members: [outer]}
- {group: outer, members: [inner]}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk of its own without the shipped pack; file names are shown from its folder."""
    kinds = ("sources", "topics", "themes", "actors", "languages")
    none = ", ".join(f"{kind}: false" for kind in kinds)
    (tmp_path / "newsmon.yaml").write_text(f"use_pack: {{{none}}}\n", "utf-8")
    for kind in kinds:
        (tmp_path / kind).mkdir()
    (tmp_path / "actors" / "base.yaml").write_text(
        "- {id: kazakhstan, kind: state, name: Kazakhstan, names: {en: [Kazakhstan]}}\n", "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(desk: Path) -> tuple[int, str]:
    """Return exit code and output of `newsmon check`."""
    done = CliRunner().invoke(app, ["--config", str(desk), "--data", str(desk / "data"), "check"])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout


@pytest.mark.timeout(60)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_bad_rule_is_told_with_file_line_column_and_hint(desk: Path, problem: str) -> None:
    """Every mistake is named with its place; the answer is short, and nothing is half-applied."""
    text, said = PROBLEMS[problem]
    (desk / "topics" / "a.yaml").write_text(text, "utf-8")
    code, shown = checked(desk)
    assert code == 1
    for words in said:
        assert words in shown
    assert "Nothing was started." in shown
    assert max(map(len, shown.splitlines())) < 300


def test_groups_in_a_circle_are_told_once(desk: Path) -> None:
    """A circle is one fault, with the way round it and the member to take out."""
    (desk / "actors" / "a.yaml").write_text(CYCLE, "utf-8")
    code, shown = checked(desk)
    assert code == 1
    assert shown.splitlines() == [
        (
            "actors/a.yaml:4:3: members: inner contains itself, by way of middle, outer"
            " (remove inner from outer)"
        ),
        shown.splitlines()[-1],
    ]
    assert shown.splitlines()[-1].startswith("1 fault in ")


@pytest.mark.parametrize(("encoding", "place"), [("cp1251", "3:10"), ("koi8-r", "3:10"), ("utf-16", "1:1")])
def test_a_theme_in_another_encoding_is_told_at_its_first_letter(
    desk: Path, encoding: str, place: str
) -> None:
    """A file that is not UTF-8 is named with the place of what cannot be read; its names are not missed."""
    (desk / "themes" / "mine.yaml").write_bytes("- id: mine\n  terms:\n    ru: [газ]\n".encode(encoding))
    (desk / "topics" / "a.yaml").write_text("- {id: a, require: '#mine'}\n", "utf-8")
    code, shown = checked(desk)
    assert code == 1
    assert (
        shown.splitlines()[0]
        == f"themes/mine.yaml:{place}: not UTF-8 (save the file with the encoding UTF-8)"
    )
    assert len(shown.splitlines()) == 2


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+c", "(x+x+)+y", "(.*){20}=", "(a?){100}a{100}b"])
def test_patterns_that_hang_other_engines_pass_and_stay_quick(desk: Path, pattern: str) -> None:
    """RE2 takes time by the length of the text: what is catastrophic elsewhere is allowed, and harmless."""
    text = (
        f'- id: a\n  require: |\n    re:"{pattern}"\n  threshold: 0\n'
        f"  examples:\n    - {{flag: false, text: '{'a' * 50_000}'}}\n"
    )
    (desk / "topics" / "a.yaml").write_text(text, "utf-8")
    assert checked(desk)[0] == 0
