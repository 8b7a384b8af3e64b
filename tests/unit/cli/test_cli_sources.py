"""What people do with sources at the terminal: find, look, try, pause, remove, take along."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from commands import Run, rows
from press import Item, Press, Said, html, rss, xml

import db
from monitor.settings import load, locate

if TYPE_CHECKING:
    from monitor.domain.feeds import Feed

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
    """The loopback needs no pause between two requests, and sources need no topics."""
    main = Path(desk[1]) / "newsmon.yaml"
    parts = ", ".join(f"{part}: false" for part in ("sources", "topics", "actors", "themes", "languages"))
    text = main.read_text("utf-8").replace("{sources: false}", f"{{{parts}}}")
    main.write_text(f"{text}http: {{spacing: 0s, per_host: 16}}\n", "utf-8")


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


def test_several_are_taken_at_once_and_none_twice(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers with commas take several; what another address brought already is told."""
    monkeypatch.setattr("typer.prompt", lambda *_words, **_options: "2, 1,2")
    code, _, said = run(*desk, "sources", "add", press.url("/"), press.url("/rss"), "--private")
    assert (code, f"{press.url('/rss')} is the source" in said) == (0, True), said
    assert (folder / OWN).read_text("utf-8").count("url:") == 2


def test_nobody_there_to_answer_is_told(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal the question has no answer: nothing is added, and --yes is named."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, printed, said = run(*desk, "sources", "add", press.url("/"), "--private")
    assert (code, "1. Harvest" in printed, "--yes takes the best" in said) == (1, True, True), said
    assert not (folder / OWN).exists()


def test_ctrl_c_at_the_question_stops(
    run: Run, desk: tuple[str, ...], press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As everywhere: code 130, and no word of --yes."""

    def stop(*_words: object, **_options: object) -> str:
        raise typer.Abort

    monkeypatch.setattr("typer.prompt", stop)
    code, _, said = run(*desk, "sources", "add", press.url("/"), "--private")
    assert (code, "--yes" in said) == (130, False)


def test_a_list_in_a_file_is_added_as_well(
    run: Run, desk: tuple[str, ...], tmp_path: Path, folder: Path
) -> None:
    """`add` takes what `import` takes; a word that is no file is a host."""
    file = tmp_path / "list.opml"
    file.write_text("<opml><outline text='A' xmlUrl='https://a.example/rss'/></opml>", "utf-8")
    assert run(*desk, "sources", "add", str(file))[0] == 0
    assert "url: https://a.example/rss" in (folder / OWN).read_text("utf-8")


def test_an_address_without_a_scheme_is_asked_in_both(run: Run, desk: tuple[str, ...], press: Press) -> None:
    """First by https; where nobody speaks it, by http."""
    address = press.url("/").removeprefix("http://")
    code, printed, said = run(*desk, "sources", "add", address, "--private", "--dry-run")
    assert (code, "1. Harvest" in printed) == (0, True), said


def test_a_source_that_is_off_is_switched_on(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path
) -> None:
    """Who adds what is there and off means to have it; a dry run only says so."""
    (folder / OWN).write_text(f"- {{id: x, name: X, url: '{press.url('/rss')}', enabled: false}}\n", "utf-8")
    code, printed, _ = run(*desk, "sources", "add", press.url("/rss"), "--json")
    assert (code, rows(printed)[0]["known"], rows(printed)[0]["off"]) == (0, "x", True)
    assert "which is off" in run(*desk, "sources", "add", press.url("/rss"), "--dry-run")[2]
    assert "enabled: false" in (folder / OWN).read_text("utf-8")
    code, _, said = run(*desk, "sources", "add", press.url("/rss"), "--yes", "--private")
    assert (code, "x is on" in said) == (1, False), "the loopback needs allow_private in the block"
    (folder / OWN).write_text("- {id: x, name: X, url: 'https://x.example/rss', enabled: false}\n", "utf-8")
    code, _, said = run(*desk, "sources", "add", "https://x.example/rss", "--yes")
    assert (code, "x is on" in said) == (0, True), said
    assert "enabled: true" in (folder / OWN).read_text("utf-8")


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
        "1 poll, 1 failed",
        "newsmon sources remove dead then takes this address out",
        f"declared     {folder / 'sources/own.yaml'}:1",
    ):
        assert words in printed
    code, printed, _ = run(*desk, "sources", "show", "dead", "--json")
    assert rows(printed)[0]["polls"][0]["outcome"] == "not-a-feed"
    assert run(*desk, "sources", "show", "deaf")[0] == 2


def test_sources_are_listed_by_how_they_are(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state is a word; those that are off are listed when asked for; eighty columns hold a line each."""
    block = "- {{id: {0}, name: An Outlet with a Long Name, url: '{1}', allow_private: true{2}}}\n"
    (folder / "sources/more.yaml").write_text(
        block.format("good", press.url("/rss"), "")
        + block.format("an-outlet-with-a-very-long-id-of-its-own", press.url("/gone"), "")
        + block.format("resting", press.url("/notes"), "")
        + block.format("off", press.url("/off"), ", enabled: false"),
        "utf-8",
    )
    run(*desk, "sources", "pause", "resting")
    run(*desk, "poll")

    def listed(state: str) -> list[str]:
        return [row["feed_id"] for row in rows(run(*desk, "sources", "list", "--state", state, "--json")[1])]

    assert (listed("ok"), listed("paused"), listed("off"), listed("new")) == (
        ["good"],
        ["resting"],
        ["off"],
        [],
    )
    assert listed("failing") == ["an-outlet-with-a-very-long-id-of-its-own", "dead"]
    code, _, said = run(*desk, "sources", "list", "--state", "paused?")
    assert (code, "did you mean paused?" in said) == (2, True)
    assert "An Outlet with a Long Name" in run(*desk, "sources", "list", "--state", "off")[1]
    monkeypatch.setenv("COLUMNS", "80")
    printed = run(*desk, "sources")[1]
    assert len(printed.splitlines()) == 5
    assert max(map(len, printed.splitlines())) <= 80
    assert "failing: status 404" in printed


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


MANY = """\
- {id: orchard, name: 'A & "B"', url: 'https://a.example/rss?x=1&y=2', lang: ru, group: Press / Asia}
- {id: b, name: B, url: 'https://www.b.example/news', kind: page, country: UZ, outlet_kind: think-tank}
- {id: c, name: C, url: 'https://c.example/map', home: 'https://www.c.example', kind: sitemap, rhythm: 3/week}
- {id: d, name: D, url: 'https://d.example/rss', poll_every: 90m, read: feed, section: trade, overload: host}
- {id: e, name: E, url: 'https://e.example/rss', poll_every: 1d, rhythm: 7/month, lang: uz-Cyrl}
"""


@pytest.mark.parametrize("name", ["list.opml", "list.csv"])
def test_sources_go_out_and_come_in_again(
    run: Run, desk: tuple[str, ...], tmp_path: Path, folder: Path, name: str
) -> None:
    """What was exported and removed is the same after its import, ids and all, from OPML and from CSV."""
    (folder / "sources/own.yaml").write_text(MANY, "utf-8")

    def declared() -> "tuple[Feed, ...]":
        return load(locate(folder, Path(desk[3])), {}).feeds

    before = declared()
    file = tmp_path / name
    assert run(*desk, "sources", "export", str(file))[0] == 0
    kind = f"--{name.rpartition('.')[2]}"
    assert run(*desk, "sources", "export", kind)[1].strip() == file.read_text("utf-8").strip()
    (folder / "sources/own.yaml").write_text("", "utf-8")
    code, _, said = run(*desk, "sources", "import", str(file))
    assert (code, "5 new sources, 0 known already, 0 faults" in said) == (0, True), said
    assert set(declared()) == set(before)
    code, _, said = run(*desk, "sources", "import", str(file))
    assert (code, "0 new sources, 5 known already" in said) == (0, True)


def test_an_export_names_what_it_leaves_behind(run: Run, desk: tuple[str, ...], tmp_path: Path) -> None:
    """No list carries leave to reach private networks; two forms at once are none."""
    code, printed, said = run(*desk, "sources", "export", str(tmp_path / "x.opml"))
    assert (code, printed) == (0, "")
    assert "1 source in" in said
    assert "stay in your files (headers, rules, …): dead" in said
    assert run(*desk, "sources", "export", "--csv", "--opml")[0] == 2


def test_one_refused_source_costs_itself_only(
    run: Run, desk: tuple[str, ...], tmp_path: Path, folder: Path
) -> None:
    """An address that the check refuses is told with its line in the list, and the rest is taken."""
    file = tmp_path / "list.csv"
    file.write_text(
        "url,homepage,poll_every\nhttps://a.example/rss,http://10.0.0.1/,\nhttp://10.0.0.1/rss,,\n"
        "https://b.example/rss,,1s\n",
        "utf-8",
    )
    code, _, said = run(*desk, "sources", "import", str(file))
    assert (code, "1 new source, 0 known already, 2 faults." in said) == (1, True), said
    assert f"{file}:3: http://10.0.0.1/rss: url: 10.0.0.1 is not a public address" in said
    assert f"{file}:4: https://b.example/rss: poll_every: must be between" in said
    assert "- id: a-example\n  url: https://a.example/rss\n" in (folder / OWN).read_text("utf-8")
    assert "home" not in (folder / OWN).read_text("utf-8")


def test_a_source_that_comes_back_has_its_old_id(run: Run, desk: tuple[str, ...], folder: Path) -> None:
    """The id of a source that was removed is kept for its own address, and given to no other."""
    (folder / OWN).write_text("- {id: old, name: Old, url: 'https://a.example/rss'}\n", "utf-8")
    run(*desk, "sources", "pause", "old")
    assert run(*desk, "sources", "remove", "old", "--yes")[0] == 0
    file = folder / "list.csv"
    file.write_text("url,id\nhttps://b.example/rss,old\nhttps://a.example/rss,new\n", "utf-8")
    assert run(*desk, "sources", "import", str(file))[0] == 0
    listed = {row["url"]: row["feed_id"] for row in rows(run(*desk, "sources", "--json")[1])}
    assert (listed["https://a.example/rss"], listed["https://b.example/rss"]) == ("old", "b-example")


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
        ("x.csv", "name,url\rA,https://a.example\r", 0, "1 new source"),
        ("x.csv", "name;url\nA\x07\x85b;https://a.example\n", 0, "1 new source"),
        ("x.csv", "url\nhttps://a.example/1\nhttp://a.example/1\n", 0, "1 new source, 1 known already"),
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
            "y.opml:1: not well-formed",
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


def test_a_list_at_an_address_is_imported_through_the_guard(
    run: Run, desk: tuple[str, ...], press: Press
) -> None:
    """What is not public is no list, whatever lies there."""
    code, _, said = run(*desk, "sources", "import", press.url("/list"))
    assert (code, "127.0.0.1 is not public" in said) == (1, True), said
    assert press.times("/list") == 0


def test_a_service_that_runs_takes_sources_over_at_once(
    run: Run, desk: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    """Where only sources changed they are in force; where more did, `apply` is named and nothing is."""
    assert run(*desk, "apply", "--yes")[0] == 0
    file = tmp_path / "list.csv"
    file.write_text("url\nhttps://a.example/rss\n", "utf-8")
    store = db.open_store(f"sqlite:///{Path(desk[3]) / 'newsmon.db'}")
    for stage in ("read", "match", "notify"):
        store.heartbeat(stage, datetime.now(UTC))
    before = store.applied_digest()
    code, _, said = run(*desk, "sources", "import", str(file))
    assert (code, "the service takes it over within seconds" in said) == (0, True), said
    after = store.applied_digest()
    with (folder / "newsmon.yaml").open("a", encoding="utf-8") as main:
        main.write("polling: {tick: 20s}\n")
    code, _, said = run(*desk, "sources", "remove", "a-example", "--yes")
    assert (code, "newsmon apply shows what that means" in said) == (0, True), said
    assert before != after == store.applied_digest()
    store.close()


def test_a_list_on_the_web_is_taken_over(run: Run, desk: tuple[str, ...], press: Press) -> None:
    """An OPML address adds all that it names."""
    press.answers["/list"] = Said(body=b"<opml><outline text='A' xmlUrl='https://a.example/rss'/></opml>")
    code, _, said = run(*desk, "sources", "add", press.url("/list"), "--private")
    assert (code, "1 new source," in said) == (0, True)
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


@pytest.mark.parametrize(("answer", "added"), [("yes", True), ("none", False)])
def test_a_list_of_many_is_added_only_if_that_is_meant(  # noqa: PLR0917 - fixtures and a table
    run: Run,
    desk: tuple[str, ...],
    press: Press,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    added: bool,  # noqa: FBT001 - a table of cases
) -> None:
    """An address that turns out to name several sources is asked about first."""
    lines = "".join(f"<outline text='{n}' xmlUrl='https://{n}.example/rss'/>" for n in ("one", "two"))
    press.answers["/list"] = Said(body=f"<opml>{lines}</opml>".encode())
    questions = []
    monkeypatch.setattr("typer.prompt", lambda question, **_options: (questions.append(question), answer)[1])
    assert run(*desk, "sources", "add", press.url("/list"), "--private")[0] == 0
    assert questions == ["Add all 2? (yes, or none)"]
    assert (folder / OWN).exists() is added


def test_how_a_source_is_stands_beside_what_is_known_of_it(
    run: Run, desk: tuple[str, ...], press: Press, folder: Path
) -> None:
    """`sources show` tells what `sources health` tells; neither makes a database to look into."""
    (folder / "sources/own.yaml").write_text(
        f"- {{id: dead, name: Dead, url: '{press.url('/none')}', allow_private: true}}\n", "utf-8"
    )
    assert "there is no database yet" in run(*desk, "sources", "health")[2]
    assert not list(Path(desk[3]).rglob("*.db"))
    run(*desk, "poll", "dead")
    code, printed, _ = run(*desk, "sources", "show", "dead")
    assert code == 0
    assert "\nhealth\ndead  Dead\n" in printed
    assert "nothing came yet: status 404" in printed.partition("\nhealth\n")[2].partition("last polls")[0]
    (row,) = rows(run(*desk, "sources", "show", "dead", "--json")[1])
    assert row["health"]["finding"]["state"] == "new"
