"""Does every command do what its help says, with right and with wrong input?"""

import gzip
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from commands import Run, rows

from monitor.cli import main as program
from monitor.clock import SystemClock
from monitor.demo.show import Stage

PAGE = """<html lang="en"><head><title>EU and Kazakhstan sign a roadmap on rare earths</title></head><body>
<article><h1>EU and Kazakhstan sign a roadmap on rare earths</h1>
<p>The European Union and Kazakhstan signed a roadmap on rare earths in Astana on Friday, worth 1.2 billion
euros, and promised joint surveys and a processing plant near Karaganda before the end of the decade.</p>
<p>The minister said that European companies would invest in the mines and that the first shipment of
separated oxides would leave for European magnet makers within three years of the signature.</p>
</article></body></html>"""
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Try</title><link>https://a.example/</link>
<item><title>One</title><link>https://a.example/1</link><guid>https://a.example/1</guid>
<description>First</description><pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>Two</title></item></channel></rss>"""


class Ahead(SystemClock):
    """A clock that can be set forth."""

    by = timedelta()

    def now(self) -> datetime:
        """Return the present instant and what it is ahead by."""
        return super().now() + self.by


def test_the_demo_keeps_mails_and_digest(demo: str) -> None:
    """The first round joins copies, sends mails and writes the digest."""
    folder = Path(demo)
    assert len(list((folder / "mailbox").glob("*.eml"))) == 27
    assert "also:" in next(folder.glob("digest-*.txt")).read_text(encoding="utf-8")


def test_the_demo_judges_as_expected_and_watches_until_ctrl_c(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first round flags what its authors expect; what comes later is named; Ctrl-C says what is kept."""

    def watch(_stage: Stage, work: Callable[[], None], _stopped: object) -> None:
        Ahead.by = timedelta(hours=3)
        work()
        raise KeyboardInterrupt

    monkeypatch.setattr("monitor.clock.SystemClock", Ahead)
    monkeypatch.setattr("monitor.demo.show.watch", watch)
    monkeypatch.setattr(Ahead, "by", timedelta())
    code, printed, said = run("--data", str(tmp_path), "demo", "--json")
    assert (code, "Not as expected" in said) == (0, False)
    stories = [line for line in printed.splitlines() if line.startswith("{")]
    assert len(rows("\n".join(stories))) == 26
    later = printed.splitlines()[26:]
    assert later
    assert all(line.strip()[:2].isdecimal() and ": " in line for line in later)
    assert f" mails and all that was read are kept in {tmp_path / 'demo'}." in said


def test_help_lists_every_command(run: Run) -> None:
    """`--help` names the commands of the issue."""
    code, printed, _ = run("--help")
    assert code == 0
    for name in (
        "init",
        "check",
        "run",
        "poll",
        "sources",
        "articles",
        "explain",
        "match",
        "try",
        "digest",
        "db",
    ):
        assert f"  {name} " in printed


def test_the_version_is_told(run: Run) -> None:
    """`--version` prints it."""
    assert run("--version")[1].startswith("newsmon ")


def test_a_mistyped_command_gets_a_suggestion(run: Run) -> None:
    """A slip of the finger is answered with the command meant."""
    code, _, said = run("stauts")
    assert code == 2
    assert "newsmon status" in said


def test_shared_options_may_stand_anywhere_before_two_dashes() -> None:
    """The options come to the front; what follows -- stays."""
    words = ["check", "--data=x", "-q", "--config", "y", "--", "--data", "z"]
    assert program.fronted(words) == ["--data=x", "-q", "--config", "y", "check", "--", "--data", "z"]
    assert program.fronted(["check", "--config"]) == ["--config", "check"]


def test_init_writes_a_desk_that_check_finds_sound(tmp_path: Path, run: Run) -> None:
    """What init writes has no faults, and is not written over."""
    target = str(tmp_path / "desk")
    assert run("init", target)[0] == 0
    assert run("check", "--config", target)[0] == 0
    code, _, said = run("init", target)
    assert (code, said != "") == (1, True)


def test_check_tells_each_fault_with_its_place(desk: tuple[str, ...], run: Run) -> None:
    """A mistake in a query has file, line, column and a caret; --json gives the same."""
    topics = Path(desk[1]) / "topics"
    topics.mkdir()
    (topics / "m.yaml").write_text(
        "- id: mine\n  name: Mine\n  require: |\n    @central-asia AND @partners OR #minerals\n",
        encoding="utf-8",
    )
    code, printed, _ = run(*desk, "check")
    assert code == 1
    assert "m.yaml:4:" in printed
    assert "^" in printed
    assert rows(run(*desk, "check", "--json")[1])[0]["faults"][0]["line"] == 4
    code, _, said = run(*desk, "run", "--once")
    assert (code, "Nothing was started" in said) == (1, True)
    assert not (Path(desk[3]) / "newsmon.db").exists()


def test_run_once_survives_dead_outlets_and_keeps_the_last_good_configuration(
    desk: tuple[str, ...], run: Run
) -> None:
    """A round works off what is due; a later fault is told, and the snapshot goes on."""
    code, _, said = run(*desk, "run", "--once")
    assert (code, "1 failed" in said) == (0, True)
    (Path(desk[1]) / "sources" / "own.yaml").write_text("- {id: dead, pol: 1}\n", encoding="utf-8")
    code, _, said = run(*desk, "run", "--once")
    assert (code, "last good configuration" in said) == (0, True)


def test_poll_takes_sources_by_name(desk: tuple[str, ...], run: Run) -> None:
    """Named sources are polled at once; an unknown one is wrong usage."""
    assert "1 failed" in run(*desk, "poll")[1]
    assert rows(run(*desk, "poll", "dead", "--json")[1])[0]["connect"] == 1
    assert run(*desk, "poll", "nobody")[0] == 2


def test_sources_and_status_tell_how_it_stands(desk: tuple[str, ...], run: Run) -> None:
    """Sources are listed before and after their first poll; a service that does not run is stopped."""
    assert run(*desk, "apply")[0] == 0
    assert "not polled yet" in run(*desk, "sources")[1]
    run(*desk, "poll")
    assert "failing" in run(*desk, "sources")[1]
    assert rows(run(*desk, "sources", "--json")[1])[0]["feed_id"] == "dead"
    code, printed, _ = run(*desk, "status")
    assert (code, "stopped" in printed) == (2, True)
    assert rows(run(*desk, "status", "--json")[1])[0]["health"] == "stopped"


def test_articles_are_listed_and_searched(demo: str, run: Run) -> None:
    """Words, phrases, topics, dates and sources narrow the list."""
    assert "roadmap" in run("--data", demo, "articles", "rare earths", "--flagged", "--since", "30d")[1]
    found = rows(run("--data", demo, "articles", "газовый союз", "--json", "--since", "2026-01-01")[1])
    assert {row["lang"] for row in found} == {"ru"}
    assert "No article" in run("--data", demo, "articles", "zyzzyva")[2]
    assert run("--data", demo, "articles", "--since", "yesterday")[0] == 2


def test_explain_tells_why_and_why_not(demo: str, run: Run) -> None:
    """Flagged and passed-over articles are explained by clauses and journey; a stranger is refused."""
    listed = rows(run("--data", demo, "articles", "--json", "--limit", "200")[1])
    flagged = next(row for row in listed if "central-asia-partnerships" in row["topics"])
    passed = next(row for row in listed if not row["topics"])
    code, printed, _ = run("--data", demo, "explain", flagged["url"])
    assert (code, "Flagged: Central Asia partnerships" in printed, "\nJourney\n" in printed) == (
        0,
        True,
        True,
    )
    assert "told desk by email" in printed
    assert "NOT (NOT" not in printed
    assert f"{flagged['title']}\n  {flagged['url']}\n" in printed
    told = run("--data", demo, "-v", "explain", str(passed["id"]))[1]
    assert "Not flagged, for want of what the topic requires" in told
    assert re.search(r"^  Central Asia: trade +no [@#]", told, re.MULTILINE)
    assert rows(run("--data", demo, "explain", flagged["url"], "--json")[1])[0]["state"] == "matched"
    assert run("--data", demo, "explain", "https://nowhere.example/")[0] == 1


def test_try_page_shows_what_would_be_flagged(tmp_path: Path, run: Run) -> None:
    """Files, packed files and missing files each get their line, in order."""
    plain, packed = tmp_path / "a.html", tmp_path / "b.html.gz"
    plain.write_text(PAGE, encoding="utf-8")
    packed.write_bytes(gzip.compress(PAGE.encode()))
    data = ("--data", str(tmp_path / "data"))
    words = ("try", "page", str(plain), str(packed), str(tmp_path / "none"), "--url", "https://a.example/x")
    code, printed, _ = run(*data, *words, "--json")
    first, second, third = rows(printed)
    assert code == 1
    assert {"input", "kind", "url", "title", "text", "author", "published", "published_from", "lang"} <= set(
        first
    )
    assert first["topics"] == second["topics"]
    assert "central-asia-partnerships" in [topic["id"] for topic in first["topics"]]
    assert {"kazakhstan", "eu"} <= {actor["id"] for actor in first["actors"]}
    assert third["error"]["code"] == "unreadable"
    assert "Flagged: central-asia-partnerships" in run(*data, "try", "page", str(plain))[1]
    assert not (tmp_path / "data" / "newsmon.db").exists()


def test_try_feed_shows_the_entries(tmp_path: Path, run: Run) -> None:
    """Entries have id, url, title, author, published and summary; what is no feed is an error."""
    feed, page = tmp_path / "feed.xml", tmp_path / "page.html"
    feed.write_text(FEED, encoding="utf-8")
    page.write_text(PAGE, encoding="utf-8")
    code, printed, _ = run("try", "feed", str(feed), str(page), "http://127.0.0.1:9/", "--json")
    first, second, third = rows(printed)
    assert code == 1
    assert [entry["title"] for entry in first["entries"]] == ["One", "Two"]
    assert set(first["entries"][0]) == {"id", "url", "title", "author", "published", "summary"}
    assert second["error"]["code"] == "not-a-feed"
    assert third["error"]["code"] in {"private-address", "bad-url"}
    assert "2 entries" in run("try", "feed", str(feed))[1]
    assert "not-a-feed" in run("try", "feed", str(page))[2]


def test_match_prints_a_line_a_document(tmp_path: Path, run: Run) -> None:
    """Topics with evidence, actors and themes; a line that is no document is named by its place."""
    file = tmp_path / "documents.jsonl"
    given = {
        "id": "x",
        "title": "EU and Kazakhstan sign a roadmap on rare earths",
        "text": "In Astana.",
        "lang": "en",
    }
    more = {"title": "Quiet", "text": "Nothing.", "url": "https://a.example/", "published": "2026-11-23"}
    lines = [json.dumps(given), "", "{", "[]", '{"title": 1}', json.dumps(more | {"published": "soon"})]
    file.write_text("\n".join([*lines, json.dumps(more)]), encoding="utf-8")
    code, printed, said = run("match", str(file), "--all")
    found = rows(printed)
    assert code == 1
    assert [row["id"] for row in found] == ["x", 6, 7]
    assert {"id", "name", "kind", "iso", "mentions"} == set(found[0]["actors"][0])
    evidence = found[0]["topics"][0]["evidence"][0]
    assert (given["title"] if evidence["field"] == "title" else given["text"])[
        evidence["start"] : evidence["end"]
    ] == evidence["text"]
    assert all(f"{file}:{number}:" in said for number in (3, 4, 5))
    assert run("match", str(tmp_path / "none"))[0] == 2


def test_the_digest_is_shown_written_and_sent(desk: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    """Nothing is taken off the list unless --send; an unknown recipient is wrong usage."""
    assert run(*desk, "apply")[0] == 0
    assert "Nothing flagged" in run(*desk, "digest")[1]
    assert rows(run(*desk, "digest", "me", "--json")[1])[0]["stories"] == []
    out = tmp_path / "digest.html"
    assert run(*desk, "digest", "--out", str(out), "--send")[0] == 0
    assert out.is_file()
    assert out.with_suffix(".txt").is_file()
    assert run(*desk, "digest", "nobody")[0] == 2
    nobody = ("--data", str(tmp_path / "none"))
    assert run(*nobody, "apply")[0] == 0
    assert run(*nobody, "digest")[0] == 2


def test_the_database_is_upgraded_checked_and_backed_up(demo: str, run: Run, tmp_path: Path) -> None:
    """Each command of `db` does its work and says so."""
    assert "up to date" in run("--data", demo, "db", "upgrade")[1]
    assert "sound" in run("--data", demo, "db", "check")[1]
    assert rows(run("--data", demo, "db", "check", "--json")[1]) == [{"faults": []}]
    target = tmp_path / "copy.db"
    assert "verified" in run("--data", demo, "db", "backup", str(target))[1]
    assert run("--data", demo, "db", "backup", str(target))[0] == 1
    assert run("--data", demo, "db", "backup")[0] == 0


def test_a_fault_of_the_store_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    """What is no database is named, and the exit code is 1."""
    (tmp_path / "newsmon.db").write_text("this is no database" * 100, encoding="utf-8")
    code, _, said = run("--data", str(tmp_path), "status")
    assert code == 1
    assert said.startswith("newsmon: ")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words", [("search", "@kazakhstan", "--limit", "1", "--json"), ("apply", "--dry-run", "--json")]
)
def test_results_go_to_stdout_while_a_bar_is_shown(
    words: tuple[str, ...], demo: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where stderr is a terminal, a bar stands there, and stdout holds the results, not folded."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    code, printed, said = run("--data", demo, *words)
    assert (code, "━" in said) == (0, True)
    assert len(rows(printed)) == 1
