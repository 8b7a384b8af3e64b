"""Do `topics test` and `topics check` measure rightly, and say what made each mistake, and what is odd?"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]

GAS = {"id": "a", "title": "Gas union signed", "text": "The gas union was signed by all.", "lang": "en"}
TEA = {"id": "b", "title": "Чай", "text": "Чай подорожал, и газ тоже.", "lang": "ru"}
TOPICS = """
- id: gas
  name: Gas deals
  require: gas OR газ
  salience: off
  threshold: 50
  score:
    - {when: union OR газ, add: 60}
    - {when: tea OR чай, add: -40}
- {id: tea, name: Tea, require: tea}
"""


@pytest.fixture
def own(desk: tuple[str, ...]) -> tuple[str, ...]:
    """The options of a desk with two topics of its own and none of the pack's."""
    folder = Path(desk[1])
    main = folder / "newsmon.yaml"
    none = ", ".join(f"{kind}: false" for kind in ("sources", "topics", "actors", "themes", "languages"))
    main.write_text(main.read_text("utf-8").replace("{sources: false}", f"{{{none}}}"), "utf-8")
    (folder / "topics").mkdir()
    (folder / "topics" / "own.yaml").write_text(TOPICS, "utf-8")
    return desk


def written(folder: Path, *lines: object) -> str:
    """Return a file of these lines; what is no text is written as JSON."""
    file = folder / "documents.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    file.write_text("\n".join(texts) + "\n", "utf-8")
    return str(file)


def told_by(run: Run, *words: str) -> tuple[int, dict[str, Any], str]:
    """Run `topics test --json`; return exit code, what it says, and the remarks."""
    code, printed, said = run(*words, "--json")
    return code, json.loads(printed), said


def test_verdicts_are_measured_overall_by_topic_and_by_language(
    run: Run, own: tuple[str, ...], tmp_path: Path
) -> None:
    """Without a topic a text counts as flagged by any; each topic and language has its row."""
    other = {"title": "Tea", "text": "Tea and cake.", "lang": "en", "label": False}
    file = written(tmp_path, GAS | {"label": 1}, "", TEA | {"label": True}, other)
    code, told, _ = told_by(run, *own, "topics", "test", file)
    assert code == 0
    names = [(row["kind"], row["name"], row["texts"], row["flagged"]) for row in told["rows"]]
    assert names == [
        ("all", "all", 3, 2),
        ("topic", "gas", 3, 1),
        ("topic", "tea", 3, 1),
        ("lang", "not en", 1, 0),
        ("lang", "en", 2, 2),
        ("lang", "ru", 1, 0),
    ]
    assert told["rows"][0]["precision"]["value"] == 0.5
    assert told["rows"][3]["precision"] is None
    assert told["rows"][0]["recall"]["low"] < 0.5 < told["rows"][0]["recall"]["high"]


def test_a_miss_is_told_with_the_deduction_that_decided(
    run: Run, own: tuple[str, ...], tmp_path: Path
) -> None:
    """A missed text is named with its line, its verdict and the clause without which it would be flagged."""
    file = written(tmp_path, TEA | {"label": 1})
    code, printed, _ = run(*own, "topics", "test", file, "--topic", "gas")
    assert code == 0
    assert f"Missed: 1\n\n{file}:1  b (ru)  Чай\n" in printed
    assert "relevance 20 (50 needed)" in printed
    assert "Decided by -40 for tea OR чай: without it the text would be flagged." in printed


def test_a_false_alarm_is_told_with_the_points_that_decided(
    run: Run, own: tuple[str, ...], tmp_path: Path
) -> None:
    """A text flagged wrongly is told with the clause that lifted it, and with its evidence."""
    file = written(tmp_path, GAS | {"label": 0, "url": "https://a.example/1"})
    code, printed, _ = run(*own, "topics", "test", file)
    assert code == 0
    assert "Flagged, and labelled not relevant: 1" in printed
    assert "Flagged: Gas deals" in printed
    assert "“union”" in printed
    assert "Decided by +60 for union OR газ: without it the text would not be flagged." in printed
    assert "  https://a.example/1" in printed


def test_a_missing_requirement_and_a_plain_one_are_told(
    run: Run, own: tuple[str, ...], tmp_path: Path
) -> None:
    """A text without what is required says so; one flagged by what is required alone, too."""
    cake = {"title": "Cake", "text": "Nothing else."}
    tea = {"title": "Tea", "text": "Tea."}
    file = written(tmp_path, cake | {"label": 1}, tea | {"label": 0})
    code, printed, _ = run(*own, "topics", "test", file, "--topic", "tea")
    assert code == 0
    assert "Decided: the topic requires tea, and this does not hold." in printed
    assert "Decided by what the topic requires: no single clause made the difference." in printed


def test_clauses_that_only_together_keep_a_text_out_are_told(
    run: Run, own: tuple[str, ...], tmp_path: Path
) -> None:
    """Where no clause alone decided, the points that lack are told."""
    file = written(tmp_path, {"title": "Gas", "text": "Gas and tea.", "label": 1})
    _, printed, _ = run(*own, "topics", "test", file, "--topic", "gas")
    assert "Decided by several clauses together: 90 points short." in printed


FAULTY = [
    ("{", "not JSON"),
    ("[" * 100_000, "nested too deeply"),
    ("[1]", "not a JSON object"),
    ('{"title": "x", "text": 5, "label": 1}', "text is not a text"),
    ('{"title": "x", "lang": 5, "label": 1}', "lang is not a text"),
    ('{"title": "x", "text": "y"}', "no label (1, 0, true or false)"),
    ('{"title": "x", "label": 2}', "label is 2, not 1, 0, true or false"),
    ('{"title": "x", "label": "1"}', 'label is "1", not 1'),
    ('{"title": "x", "label": 1, "url": "http://["}', "url is no address"),
]


def test_a_faulty_line_is_named_and_the_rest_goes_on(run: Run, own: tuple[str, ...], tmp_path: Path) -> None:
    """A line that is no labelled document is named with its file and number; the exit code is 1."""
    file = written(tmp_path, *(line for line, _ in FAULTY), GAS | {"label": 1})
    code, told, said = told_by(run, *own, "topics", "test", file)
    assert code == 1
    for number, (line, (_, problem)) in enumerate(zip(said.splitlines(), FAULTY, strict=True), 1):
        assert line.startswith(f"{file}:{number}: ")
        assert problem in line
    assert [one["place"] for one in told["faulty"]] == [f"{file}:{n + 1}" for n in range(len(FAULTY))]
    assert told["rows"][0]["texts"] == 1


def test_bytes_that_are_no_text_cost_their_line_only(run: Run, own: tuple[str, ...], tmp_path: Path) -> None:
    """A line in another encoding is named; half a surrogate pair in a title harms nothing."""
    file = tmp_path / "documents.jsonl"
    good = b'{"title": "\\ud800 tea", "text": "", "label": 0, "published": "2026-11-23", "id": 7}\n'
    file.write_bytes(b"\xef\xbb\xbf" + good + b'{"title": "\xff", "label": 1}\n')
    code, told, said = told_by(run, *own, "topics", "test", str(file))
    assert (code, f"{file}:2: not UTF-8" in said) == (1, True)
    assert told["false_positives"][0]["id"] == 7


def test_wrong_use_is_refused(run: Run, own: tuple[str, ...]) -> None:
    """A missing file, an unknown topic, or two inputs are wrong usage."""
    for words, problem in (
        ((), "give either"),
        (("f.jsonl", "--labels"), "give either"),
        (("nowhere.jsonl",), "no such file"),
        (("nowhere.jsonl", "--topic", "gaz"), "did you mean gas"),
    ):
        code, _, said = run(*own, "topics", "test", *words)
        assert (code, problem in said) == (2, True)


def test_documents_may_come_from_another_program(
    run: Run, own: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With - the documents are read from stdin."""
    given = json.dumps(GAS | {"label": 1}).encode() + b"\n{\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    code, told, said = told_by(run, *own, "topics", "test", "-")
    assert (code, told["rows"][0]["hits"]) == (1, 1)
    assert "-:2: not JSON" in said


def test_an_empty_file_measures_nothing(run: Run, own: tuple[str, ...], tmp_path: Path) -> None:
    """Without a labelled text there is no table, but a remark, and exit code 1."""
    code, printed, said = run(*own, "topics", "test", written(tmp_path, ""))
    assert (code, printed) == (1, "")
    assert "no labelled text was found" in said


def test_a_narrow_terminal_keeps_every_figure(
    run: Run, own: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns no line of the table is longer, and long names have a line of their own."""
    topics = Path(own[1]) / "topics" / "own.yaml"
    topics.write_text(TOPICS.replace("id: tea", "id: tea-and-what-goes-with-it"), "utf-8")
    monkeypatch.setenv("COLUMNS", "80")
    _, printed, _ = run(*own, "topics", "test", written(tmp_path, GAS | {"label": 1}))
    table = printed.splitlines()
    assert max(map(len, table)) <= 80
    assert "tea-and-what-goes-with-it" in table
    assert "1.00 0.21–1.00" in table[1]


def test_what_may_not_be_meant_is_told_with_its_place(run: Run, own: tuple[str, ...]) -> None:
    """`topics check` warns with file, line and column, and a warning is no fault."""
    code, printed, _ = run(*own, "topics", "check")
    assert (code, printed.startswith("No faults, no warnings in ")) == (0, True)
    topics = Path(own[1]) / "topics" / "own.yaml"
    topics.write_text(TOPICS + "- {id: odd, require: tea OR te* NOT cake}\n", "utf-8")
    code, printed, _ = run(*own, "topics", "check")
    assert code == 1
    assert "1 fault, no warnings in " in printed
    topics.write_text(TOPICS + "- {id: odd, require: cake* OR cakes, score: [{when: tea NOT tea, add: 1}]}\n")
    code, printed, _ = run(*own, "topics", "check")
    assert code == 0
    assert "own.yaml:11:31: require: cakes changes nothing beside cake*" in printed
    assert "own.yaml:11:53: score: this clause can never hold: it asks for tea and excludes it" in printed
    assert "No faults, 2 warnings in " in printed
    code, printed, _ = run(*own, "topics", "check", "--json")
    found = json.loads(printed)
    assert (code, found["faults"], found["warnings"][0]["line"]) == (0, [], 11)


def test_the_shipped_topics_give_no_cause_for_a_warning(run: Run, desk: tuple[str, ...]) -> None:
    """The pack that comes with the program has no fault and no warning."""
    code, printed, _ = run(*desk, "topics", "check")
    assert (code, printed.startswith("No faults, no warnings in ")) == (0, True)
