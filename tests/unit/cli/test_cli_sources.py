"""What people do with sources at the terminal: find, look, try, pause, remove, take along."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Run, rows
from press import Item, Press, Said, html, rss, xml

DATE = "Mon, 23 Nov 2026 08:00:00 GMT"
OWN = "sources/added.yaml"


@pytest.fixture
def press() -> Iterator[Press]:
    """A site with a feed."""
    with Press() as opened:
        opened.answers["/"] = html(
            "<title>The Orchard</title><link rel=feed href=/rss><link rel=feed href=/notes>"
        )
        for path, word in (("/rss", "Harvest"), ("/notes", "Note")):
            items = [Item(title=f"{word} {n}", link=opened.url(f"{path}/{n}"), date=DATE) for n in range(3)]
            opened.answers[path] = xml(rss(items, title=word))
        yield opened


@pytest.fixture(autouse=True)
def _in_a_hurry(desk: tuple[str, ...]) -> None:
    """The loopback needs no pause between two requests."""
    with (Path(desk[1]) / "newsmon.yaml").open("a", encoding="utf-8") as main:
        main.write("http: {spacing: 0s, per_host: 16}\n")


@pytest.fixture
def folder(desk: tuple[str, ...]) -> Path:
    """The folder of the desk's configuration."""
    return Path(desk[1])


def test_a_site_becomes_a_source(run: Run, desk: tuple[str, ...], press: Press, folder: Path) -> None:
    """What was found is shown with samples; the best is written, and known from then on."""
    code, printed, said = run(
        *desk, "sources", "add", press.url("/"), "--private", "--yes", "--group", "Fruit"
    )
    assert code == 0, said
    assert "1. Harvest" in printed
    assert "· Harvest 0" in printed
    assert "In force from the next start." in said
    assert "group: Fruit" in (folder / OWN).read_text("utf-8")
    code, _, said = run(*desk, "sources", "add", press.url("/rss"), "--private", "--yes")
    assert (code, "is the source 127-0-0-1 already" in said) == (0, True)
    code, printed, _ = run(*desk, "sources", "list", "--group", "fruit", "--json")
    assert [(row["feed_id"], row["group"]) for row in rows(printed)] == [("127-0-0-1", "Fruit")]
    assert run(*desk, "check")[0] == 0


@pytest.mark.parametrize(
    ("answers", "path"), [(["2"], "/notes"), (["7", "x", "1"], "/rss"), (["none"], None)]
)
def test_a_person_chooses(  # noqa: PLR0917 - fixtures and a table
    run: Run,
    desk: tuple[str, ...],
    press: Press,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[str],
    path: str | None,
) -> None:
    """A number takes one, nonsense is asked again, none takes nothing."""
    given = iter(answers)
    monkeypatch.setattr("typer.prompt", lambda *_words, **_options: next(given))
    assert run(*desk, "sources", "add", press.url("/"), "--private")[0] == 0
    written = (folder / OWN).read_text("utf-8") if (folder / OWN).exists() else ""
    assert (f"url: {press.url(path)}" in written) if path else not written


def test_a_dry_run_and_json_write_nothing(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path
) -> None:
    """Programs get what was found as one object; only --yes adds."""
    assert run(*desk, "sources", "add", press.url("/"), "--private", "--dry-run")[0] == 0
    code, printed, _ = run(*desk, "sources", "add", press.url("/"), "--private", "--json")
    (row,) = rows(printed)
    assert (code, [one["title"] for one in row["found"]]) == (0, ["Harvest", "Note"])
    assert not (folder / OWN).exists()


def test_nothing_found_is_a_failure(run: Run, desk: tuple[str, ...], press: Press) -> None:
    """The reason is told; without --private the loopback is refused."""
    press.answers = {"/": html("<p>Nothing.</p>")}
    code, _, said = run(*desk, "sources", "add", press.url("/"), "--private", "--yes")
    assert (code, "neither a feed nor a list" in said) == (1, True)
    code, _, said = run(*desk, "sources", "add", press.url("/"), "--yes")
    assert (code, "private-address" in said) == (1, True)


def test_a_private_network_is_asked_where_that_is_said(run: Run, desk: tuple[str, ...], press: Press) -> None:
    """Who forgets the option is told which it is."""
    code, _, said = run(*desk, "sources", "add", press.url("/rss"))
    assert (code, "is not public (loopback) (--private allows it)" in said) == (1, True)


def test_looking_and_adding_make_no_database(run: Run, desk: tuple[str, ...], press: Press) -> None:
    """A desk that never ran is told so, and keeps its data folder empty."""
    assert "there is no database yet" in run(*desk, "sources")[2]
    assert "not polled yet" in run(*desk, "sources", "show", "dead")[1]
    assert run(*desk, "sources", "add", press.url("/"), "--private", "--yes")[0] == 0
    assert not list(Path(desk[3]).rglob("*.db"))


def test_sources_are_tried_without_being_stored(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path
) -> None:
    """Each has a line; one that gives nothing makes exit code 1; those switched off only with --all."""
    block = "- {{id: {0}, name: x, url: '{1}', allow_private: true{2}}}\n"
    (folder / "sources/more.yaml").write_text(
        block.format("good", press.url("/rss"), "")
        + block.format("off", press.url("/notes"), ", enabled: false"),
        "utf-8",
    )
    code, printed, said = run(*desk, "sources", "test")
    assert (code, "1 gave entries, 1 did not" in said) == (1, True)
    assert "✓ good" in printed
    assert "✗ dead" in printed
    code, printed, _ = run(*desk, "sources", "test", "good", "--json")
    assert (code, rows(printed)[0]["entries"]) == (0, 3)
    code, printed, _ = run(*desk, "sources", "test", "--all", "--json")
    assert {row["id"] for row in rows(printed)} == {"dead", "good", "off"}
    code, _, said = run(*desk, "sources", "test", "god")
    assert (code, "did you mean good?" in said) == (2, True)


def test_everything_about_a_source_is_shown(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path
) -> None:
    """Settings, memory, polls, and what to do where a page came instead of a feed."""
    (folder / "sources/own.yaml").write_text(
        f"- {{id: dead, name: Dead, url: '{press.url('/page')}', allow_private: true, rhythm: 12/day,"
        " headers: {A: b}, links: {never: ['/x/*']}}\n",
        "utf-8",
    )
    press.answers["/page"] = html("<p>A page.</p>")
    run(*desk, "poll", "dead")
    code, printed, _ = run(*desk, "sources", "show", "dead")
    assert code == 0
    for words in (
        "pace         follows the outlet, 12 a day expected",
        "sends        A",
        "links        never: ['/x/*']",
        "failing for",
        "advice       newsmon sources add",
        "not-a-feed",
        "1 polls, 1 failed",
    ):
        assert words in printed
    code, printed, _ = run(*desk, "sources", "show", "dead", "--json")
    assert rows(printed)[0]["polls"][0]["outcome"] == "not-a-feed"
    assert run(*desk, "sources", "show", "deaf")[0] == 2


def test_a_source_rests_and_comes_back(run: Run, desk: tuple[str, ...]) -> None:
    """A pause is seen in the list, and ends when it is told to."""
    code, _, said = run(*desk, "sources", "pause", "dead", "--for", "7d")
    assert (code, "dead is paused until" in said) == (0, True)
    assert "paused until" in run(*desk, "sources")[1]
    assert run(*desk, "sources", "pause", "dead", "--until", "2999-01-01")[0] == 0
    assert run(*desk, "sources", "resume", "dead")[0] == 0
    assert "paused" not in run(*desk, "sources")[1]
    assert run(*desk, "sources", "pause", "dead")[0] == 0


def test_a_pause_puts_nothing_else_into_force(run: Run, desk: tuple[str, ...], folder: Path) -> None:
    """What was edited and not applied waits: the service goes on with the addresses that it has."""
    assert run(*desk, "sources", "pause", "dead", "--for", "7d")[0] == 0
    before = rows(run(*desk, "sources", "list", "--json")[1])[0]["url"]
    own = folder / "sources/own.yaml"
    own.write_text(own.read_text("utf-8").replace("/feed", "/moved"), "utf-8")
    assert run(*desk, "sources", "pause", "dead")[0] == 0
    assert run(*desk, "sources", "resume", "dead")[0] == 0
    assert rows(run(*desk, "sources", "list", "--json")[1])[0]["url"] == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--for", "soon"), "'soon' is no length of time"),
        (("--until", "soon"), "'soon' is no date"),
        (("--until", "9999-12-31T23:59-12:00"), "9999-12-31T23:59-12:00 is no instant"),
        (("--until", "2001-01-01"), "2001-01-01 is over already"),
        (("--for", "1d", "--until", "2999-01-01"), "either --until or --for"),
    ],
)
def test_a_pause_without_sense_is_refused(
    run: Run, desk: tuple[str, ...], options: tuple[str, ...], told: str
) -> None:
    """What is wrong is told, and nothing is paused."""
    code, _, said = run(*desk, "sources", "pause", "dead", *options)
    assert (code, told in said) == (2, True)
    assert "paused" not in run(*desk, "sources")[1]


def test_a_source_is_removed_and_how_to_undo_that_is_told(
    run: Run, desk: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks; a no changes nothing."""
    monkeypatch.setattr("typer.confirm", lambda *_words, **_options: False)
    assert run(*desk, "sources", "remove", "dead")[0] == 1
    assert "dead" in (folder / "sources/own.yaml").read_text("utf-8")
    code, _, said = run(*desk, "sources", "remove", "dead", "--yes")
    assert code == 0, said
    assert "put this back into" in said
    assert "dead" not in (folder / "sources/own.yaml").read_text("utf-8")
    assert "No source is configured." in run(*desk, "sources")[2]


def test_sources_go_out_and_come_in_again(run: Run, desk: tuple[str, ...], tmp_path: Path) -> None:
    """What was exported and removed is the same after its import, from OPML and from CSV."""
    folder = Path(desk[1])
    (folder / "sources/own.yaml").write_text(
        "- {id: a-example, name: 'A & \"B\"', url: 'https://a.example/rss?x=1&y=2', lang: ru,"
        " group: 'Press / Asia'}\n"
        "- {id: b-example, name: B, url: 'https://b.example/rss'}\n",
        "utf-8",
    )

    def listed() -> list[tuple[object, ...]]:
        found = rows(run(*desk, "sources", "list", "--json")[1])
        return [(row["feed_id"], row["url"], row["outlet"], row["lang"], row["group"]) for row in found]

    before = listed()
    for name, options in (("list.opml", ()), ("list.csv", ("--csv",))):
        file = tmp_path / name
        assert run(*desk, "sources", "export", str(file), *options)[0] == 0
        assert run(*desk, "sources", "export", *options)[1].strip() == file.read_text("utf-8").strip()
        for name_ in ("a-example", "b-example"):
            run(*desk, "sources", "remove", name_, "--yes")
        assert listed() == []
        code, _, said = run(*desk, "sources", "import", str(file))
        assert (code, "2 new sources, 0 known already" in said) == (0, True)
        assert listed() == before
    code, _, said = run(*desk, "sources", "import", str(tmp_path / "list.csv"))
    assert (code, "0 new sources, 2 known already" in said) == (0, True)


@pytest.mark.parametrize(
    ("name", "content", "code", "told"),
    [
        (
            "x.csv",
            "name,address\nA,https://a.example\n",
            1,
            "x.csv:1: no column url (there are: name, address)",
        ),
        ("x.csv", "", 1, "x.csv:1: no column url (there are: none)"),
        (
            "x.csv",
            "url,country\nhttps://a.example,Norway\nnowhere,NO\n",
            1,
            "x.csv:3: nowhere is no web address",
        ),
        ("x.csv", "name,url\rA,https://a.example\r", 0, "1 new sources"),
        ("x.csv", "name;url\nA\x07\x85b;https://a.example\n", 0, "1 new sources"),
        ("x.csv", "url\nhttps://a.example/1\nhttp://a.example/1\n", 0, "1 new sources, 1 known already"),
        (
            "x.csv",
            f"url,name\nhttps://a.example/1,A\nhttps://a.example/2,{'A' * 200_000}\n",
            1,
            "x.csv:3: field larger",
        ),
        ("x.csv", f"url,{'a' * 200_000}\nhttps://a.example/1,A\n", 1, "x.csv:1: field larger"),
        ("x.opml", "no list", 1, "neither OPML nor"),
        (
            "y.opml",
            "<opml><outline xmlUrl='https://a.example'/><outline a=''b'/></opml>",
            1,
            "line 1: not well-formed",
        ),
        ("none.opml", None, 2, "no such file"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(  # noqa: PLR0917 - fixtures and a table
    run: Run, desk: tuple[str, ...], tmp_path: Path, name: str, content: str | None, code: int, told: str
) -> None:
    """The rest of a list is taken over all the same."""
    file = tmp_path / name
    if content is not None:
        file.write_text(content, "utf-8")
    ended, _, said = run(*desk, "sources", "import", str(file))
    assert (ended, told in said) == (code, True), said


def test_a_list_on_the_web_is_taken_over(run: Run, desk: tuple[str, ...], press: Press) -> None:
    """An OPML address adds all that it names."""
    press.answers["/list"] = Said(body=b"<opml><outline text='A' xmlUrl='https://a.example/rss'/></opml>")
    code, _, said = run(*desk, "sources", "add", press.url("/list"), "--private")
    assert (code, "1 new sources" in said) == (0, True)
    assert "No source is configured so." in run(*desk, "sources", "list", "--lang", "xx")[2]


def test_a_page_is_tried_by_a_sources_rules(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path
) -> None:
    """Headers go along, rules decide, and the one that finds nothing is named."""
    (folder / "sources/own.yaml").write_text(
        f"- {{id: m, name: M, url: '{press.url('/')}', kind: page, allow_private: true, headers: {{X-A: b}},"
        " extract: {body: '//i', date: '//time'}}\n",
        "utf-8",
    )
    words = "<title>T</title><p>Menu</p><i>The bridge over the river is open, the ministry said today.</i>"
    press.answers["/1"] = lambda headers: html(words if headers.get("x-a") == "b" else "<p>no</p>")
    code, printed, said = run(*desk, "try", "page", press.url("/1"), "--source", "m")
    assert code == 0, said
    assert "the source's rule for date found nothing" in printed
    assert "11 words: The bridge over" in printed
    assert run(*desk, "try", "page", press.url("/1"), "--source", "nn")[0] == 2


def test_the_past_of_a_source_is_found(run: Run, desk: tuple[str, ...], press: Press, folder: Path) -> None:
    """A dry run counts and makes no database; a real one says what to do next, and how far it came."""
    own = folder / "sources" / "own.yaml"
    with own.open("a", encoding="utf-8") as sources:
        sources.write(f"- {{id: harvest, name: Harvest, url: '{press.url('/rss')}', allow_private: true}}\n")
    old = [Item(title="Sowing", link=press.url("/old"), date="Mon, 02 Nov 2026 08:00:00 GMT")]
    press.answers["/rss?paged=2"] = xml(rss(old, title="Harvest"))
    words = ("sources", "backfill", "harvest", "--since", "2026-10-01")
    code, printed, said = run(*desk, *words, "--dry-run")
    assert code == 0, said
    assert "✓ harvest" in printed
    assert "Nothing was kept." in said
    assert not list(Path(desk[3]).glob("*.db"))
    code, printed, said = run(*desk, *words, "--json")
    (row,) = rows(printed)
    assert code == 0
    assert row["new"] >= 1
    assert (row["over"], row["note"], row["next"]) == (True, "there is no further page", None)
    assert "new entries wait to be read" in said
    assert "new in 2 documents" in run(*desk, *words)[1]


def test_a_source_that_breaks_off_is_a_failure(run: Run, desk: tuple[str, ...]) -> None:
    """The reason is told; names that nobody bears, and times to come, are wrong usage."""
    code, printed, _ = run(*desk, "sources", "backfill", "dead")
    assert (code, "✗ dead" in printed, "0 new in 0 documents: " in printed) == (1, True, True)
    code, _, said = run(*desk, "sources", "backfill", "deed")
    assert (code, "did you mean dead?" in said) == (2, True)
    code, _, said = run(*desk, "sources", "backfill", "dead", "--since", "2126-01-01")
    assert (code, "lies not in the past" in said) == (2, True)
