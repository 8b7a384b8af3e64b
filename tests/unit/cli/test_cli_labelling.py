"""Are people's words on verdicts kept, also on pages that no source listed, and do they count?"""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from press import Item, Press, html, page, rss, xml

Run = Callable[..., tuple[int, str, str]]

GAS = (
    "The gas union was signed by all who had come to the capital on Friday after a week of long talks.",
    "Nobody spoke of the price, which had been the hardest part of the talks for many years already.",
    "Ministers will meet again in spring to see what has become of the pipe and of the promised money.",
)
TEA = (
    "The harvest of tea was the largest in a decade, said the growers of the valley on a rainy Monday.",
    "Prices fell at once, and the small farms fear for their winter more than for their next spring.",
    "Nobody at the market could remember when a box of leaves had been so cheap as in these few weeks.",
)
TOPICS = """\
# What we follow.
- id: gas
  name: Gas deals
  require: gas AND union
  threshold: 40
- {id: tea, require: tea, threshold: 90, salience: off, score: [{when: tea, add: 30}, {when: cake, add: 60}]}
"""


@pytest.fixture
def press() -> Iterator[Press]:
    """An outlet with a feed of two articles, and a page that no feed lists."""
    with Press() as outlet:
        outlet.answers["/gas"] = html(page("Gas union signed", GAS))
        outlet.answers["/tea"] = html(page("A year of leaves", TEA))
        outlet.answers["/missed"] = html(page("Unions of gas", GAS[::-1]))
        titles = {"gas": "Gas union signed", "tea": "A year of leaves"}
        items = [Item(title=text, link=outlet.url(f"/{name}"), guid=name) for name, text in titles.items()]
        outlet.answers["/feed"] = xml(rss(items))
        yield outlet


@pytest.fixture
def archive(run: Run, press: Press, tmp_path: Path) -> tuple[str, ...]:
    """The options of a desk with two topics, after it read the outlet's feed."""
    folder = tmp_path / "desk"
    for name in ("sources", "topics"):
        (folder / name).mkdir(parents=True)
    (folder / "newsmon.yaml").write_text(
        "use_pack: {sources: false, topics: false, actors: false, themes: false, languages: false}\n"
        "operator: {contact: ops@desk.example}\nhttp: {allowed: [127.0.0.0/8], spacing: 0s}\n",
        "utf-8",
    )
    (folder / "sources" / "own.yaml").write_text(
        f"- {{id: own, name: Own, url: '{press.url('/feed')}', allow_private: true}}\n", "utf-8"
    )
    (folder / "topics" / "own.yaml").write_text(TOPICS, "utf-8")
    options = ("--config", str(folder), "--data", str(tmp_path / "data"))
    assert run(*options, "poll")[0] == 0
    return options


def measured(run: Run, options: tuple[str, ...], *words: str) -> dict[str, Any]:
    """Return what `topics test --labels` says."""
    _, printed, _ = run(*options, "topics", "test", "--labels", "--json", *words)
    told: dict[str, Any] = json.loads(printed)
    return told


def test_a_label_counts_in_the_test_of_topics(run: Run, archive: tuple[str, ...], press: Press) -> None:
    """Labels by URL and by id are what `topics test --labels` measures, for a topic and for any."""
    code, printed, _ = run(
        *archive, "label", press.url("/gas"), "relevant", "--topic", "gas", "--by", "aigul"
    )
    assert code == 0
    assert printed.startswith("aigul: relevant to gas\n  Gas union signed\n")
    assert "flagged by today's rules: gas" in printed
    _, printed, _ = run(*archive, "articles", "--json")
    numbers = {row["title"]: row["id"] for row in map(json.loads, printed.splitlines())}
    tea = str(numbers["A year of leaves"])
    assert run(*archive, "label", tea, "relevant", "--by", "aigul")[0] == 0
    told = measured(run, archive)
    assert [(row["kind"], row["name"], row["texts"], row["hits"]) for row in told["rows"]] == [
        ("all", "all", 2, 1),
        ("topic", "gas", 1, 1),
        ("lang", "en", 2, 1),
    ]
    assert [one["title"] for one in told["false_negatives"]] == ["A year of leaves"]
    assert measured(run, archive, "--topic", "gas")["rows"][0]["hits"] == 1


def test_a_word_on_one_topic_alone_is_measured_too(run: Run, archive: tuple[str, ...], press: Press) -> None:
    """Not for one topic says nothing of any; the topic's row shows it all the same."""
    assert run(*archive, "label", press.url("/gas"), "not", "--topic", "gas", "--by", "me")[0] == 0
    code, printed, _ = run(*archive, "topics", "test", "--labels", "--json")
    rows = {row["name"]: row for row in json.loads(printed)["rows"]}
    assert code == 0
    assert (rows["all"]["texts"], rows["gas"]["texts"], rows["gas"]["precision"]["value"]) == (0, 1, 0)
    assert "tea" not in rows


def test_people_who_disagree_are_both_shown_and_the_page_counts_for_neither(
    run: Run, archive: tuple[str, ...], press: Press
) -> None:
    """A disputed page is listed with both words; when one is taken back, the page counts."""
    words = (press.url("/gas"), "--topic", "gas")
    run(*archive, "label", *words, "relevant", "--by", "aigul")
    code, printed, _ = run(*archive, "label", *words, "not", "--by", "bolat")
    assert (code, "but aigul: relevant to gas" in printed) == (0, True)
    code, printed, _ = run(*archive, "topics", "test", "--labels", "--topic", "gas")
    assert code == 1
    assert "counts for neither: 1" in printed
    assert "  aigul: relevant to gas\n  bolat: not relevant to gas\n" in printed
    assert len(measured(run, archive, "--topic", "gas")["disputed"]) == 1
    code, printed, _ = run(*archive, "label", *words, "--remove", "--by", "aigul")
    assert (code, "is gone" in printed) == (0, True)
    code, printed, _ = run(*archive, "topics", "test", "--labels", "--topic", "gas")
    assert code == 0
    assert "Flagged, and labelled not relevant: 1" in printed
    assert "article " in printed


def test_a_missed_page_is_fetched_and_kept(run: Run, archive: tuple[str, ...], press: Press) -> None:
    """A page that no source listed is fetched once; a second person's label needs no second fetch."""
    url = press.url("/missed")
    assert press.times("/missed") == 0
    code, printed, _ = run(*archive, "label", f"{url}?utm_source=x", "relevant", "--by", "aigul")
    assert (code, "aigul: relevant to some topic\n  Unions of gas" in printed) == (0, True)
    asked = len(press.asked)
    del press.answers["/missed"]
    code, printed, _ = run(*archive, "label", url, "not", "--by", "bolat")
    assert (code, len(press.asked)) == (0, asked)
    assert run(*archive, "label", url, "--remove", "--by", "bolat")[0] == 0
    told = measured(run, archive)
    assert (told["rows"][0]["texts"], told["rows"][0]["hits"]) == (1, 1)


def test_a_page_that_turns_out_to_be_an_article_is_no_other_page(
    run: Run, archive: tuple[str, ...], press: Press
) -> None:
    """An address whose page names an archived article as itself is that article."""
    claim = f'<link rel="canonical" href="{press.url("/gas")}">'
    press.answers["/print/gas"] = html(page("Gas union signed", GAS, head=claim))
    code, printed, _ = run(*archive, "label", press.url("/print/gas"), "relevant", "--topic", "gas")
    assert (code, f"\n  {press.url('/gas')}\n" in printed) == (0, True)
    pages = measured(run, archive, "--topic", "gas")
    assert pages["rows"][0]["hits"] == 1


WRONG = (
    (("/gone", "relevant"), 1, "could not be fetched: 404: the server answered with status 404"),
    (("/empty", "relevant"), 1, "holds no article"),
    (("999", "relevant"), 1, "no article 999"),
    (("https://[", "relevant"), 1, "is no address"),
    (("/gas", "--remove"), 1, "nobody has labelled it"),
    (("/nowhere", "--remove"), 1, "there is no label of me"),
    (("/gas",), 2, "say relevant or not"),
    (("/gas", "not", "--remove"), 2, "takes no word"),
    (("/gas", "perhaps"), 2, "perhaps"),
    (("/gas", "not", "--topic", "gaz"), 2, "did you mean gas"),
    (("/gas", "not", "--add-example"), 2, "add --topic"),
    (("/gas", "--remove", "--topic", "gas", "--add-example"), 2, "needs a label"),
)


def test_wrong_use_labels_nothing(run: Run, archive: tuple[str, ...], press: Press) -> None:
    """What cannot be labelled is told with its reason, and nothing is kept."""
    press.answers["/empty"] = html("<html><body></body></html>")
    for words, code, problem in WRONG:
        spelled = [press.url(word) if word.startswith("/") else word for word in words]
        ended, printed, said = run(*archive, "label", *spelled, "--by", "me")
        assert (ended, printed, problem in said) == (code, "", True), f"{words}: {said}"
    assert measured(run, archive)["rows"][0]["texts"] == 0


def test_somebody_says_it(
    run: Run, archive: tuple[str, ...], press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login name speaks where nobody else is named; an empty name is refused."""
    monkeypatch.setenv("LOGNAME", "gulnara")
    _, printed, _ = run(*archive, "label", press.url("/gas"), "relevant")
    assert printed.startswith("gulnara: ")
    code, _, said = run(*archive, "label", press.url("/gas"), "relevant", "--by", " ")
    assert (code, "--by NAME" in said) == (2, True)


def test_a_desk_with_one_topic_means_that(run: Run, archive: tuple[str, ...], press: Press) -> None:
    """Where there is only one topic, a label without a topic is for it."""
    topics = Path(archive[1]) / "topics" / "own.yaml"
    topics.write_text("- {id: gas, require: gas}\n", "utf-8")
    _, printed, _ = run(*archive, "label", press.url("/gas"), "relevant", "--by", "me")
    assert printed.startswith("me: relevant to gas\n")


def test_the_deciding_sentences_become_an_example(run: Run, archive: tuple[str, ...], press: Press) -> None:
    """--add-example writes what decided, not the article, and keeps the author's comments."""
    words = (press.url("/gas"), "relevant", "--topic", "gas", "--by", "me", "--add-example")
    code, printed, _ = run(*archive, "label", *words)
    topics = Path(archive[1]) / "topics" / "own.yaml"
    assert code == 0
    assert str(topics) in printed
    added = f'    - {{flag: true, lang: en, title: "Gas union signed", text: "{GAS[0]}"}}\n'
    assert topics.read_text("utf-8") == TOPICS.replace("- id: gas\n", f"- id: gas\n  examples:\n{added}")
    assert run(*archive, "check")[0] == 0


def test_an_example_that_the_rules_do_not_keep_is_not_written(
    run: Run, archive: tuple[str, ...], press: Press
) -> None:
    """Of a missed page the label is kept, and the example waits until the topic is changed."""
    words = (press.url("/tea"), "relevant", "--topic", "tea", "--by", "me", "--add-example")
    topics = Path(archive[1]) / "topics" / "own.yaml"
    topics.write_text("- id: tea\n  require: cake\n- {id: gas, require: gas}\n", "utf-8")
    before = topics.read_text("utf-8")
    code, _, said = run(*archive, "label", *words)
    assert code == 1
    assert "the label is kept, but the example was not written" in said
    assert topics.read_text("utf-8") == before
    assert measured(run, archive, "--topic", "tea")["rows"][0]["relevant"] == 1


def test_a_sample_shows_what_to_label_and_how(run: Run, archive: tuple[str, ...]) -> None:
    """Near misses come with their relevance and lines that work when typed; labelled ones are left out."""
    code, printed, _ = run(*archive, "topics", "sample", "--topic", "tea")
    assert code == 0
    near, lot = printed.split("By lot: 1\n")
    assert near.startswith("Near misses: 1\n")
    assert "A year of leaves" in near
    assert "of 90 needed for tea" in near
    assert "Gas union signed" in lot
    assert "relevance 0: lacks what is required" in lot
    (line,) = [line.strip() for line in near.splitlines() if line.endswith("not --topic tea")]
    assert run(*shlex.split(line)[1:])[0] == 0
    _, printed, _ = run(*archive, "topics", "sample", "--topic", "tea", "--json", "--seed", "1")
    (row,) = map(json.loads, printed.splitlines())
    assert (row["kind"], row["title"], row["topic"]) == ("random", "Gas union signed", None)
    assert row["label"][0].endswith(f"label {row['id']} relevant --topic tea")


def test_an_empty_sample_says_so(run: Run, archive: tuple[str, ...]) -> None:
    """Where nothing is left to label there is a remark; a wrong span or topic is wrong usage."""
    code, printed, said = run(*archive, "topics", "sample", "--since", "2999-01-01")
    assert (code, printed) == (0, "")
    assert "No article" in said
    assert run(*archive, "topics", "sample", "--since", "yesterday")[0] == 2
    assert run(*archive, "topics", "sample", "--topic", "gaz")[0] == 2
