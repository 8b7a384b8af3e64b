"""Is a mistake on the command line named, with what may be meant, and without a traceback?"""

import os
import sys
from pathlib import Path

import pytest
from commands import Run

from db import place
from monitor.cli import main as program
from monitor.domain.errors import NewsmonError


def test_an_unknown_topic_or_source_is_named_with_the_one_meant(demo: str, run: Run) -> None:
    """Nothing found for a name that nobody bears is a mistake, exit 2; for one that is known, it is not."""
    for option, name, meant in (
        ("--topic", "ca-mineral", "ca-minerals"),
        ("--source", "diplomats", "diplomat"),
    ):
        code, _, said = run("--data", demo, "articles", option, name)
        assert (code, f"did you mean {meant}?" in said) == (2, True)
    assert "there are: trend-en" in run("--data", demo, "articles", "--source", "zz")[2]
    code, _, said = run("--data", demo, "articles", "--topic", "ca-trade", "zyzzyva")
    assert (code, said) == (0, "No article found.\n")
    code, _, said = run("--data", demo, "poll", "diplomats")
    assert (code, "did you mean diplomat?" in said) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("articles",),
        ("search", "gas"),
        ("explain", "1"),
        ("digest",),
        ("topics", "sample"),
        ("topics", "test", "--labels"),
        ("topics", "history", "ca-trade"),
        ("topics", "rematch"),
    ],
)
def test_who_looks_into_the_wrong_folder_hears_it_and_leaves_nothing_there(
    words: tuple[str, ...], desk: tuple[str, ...], run: Run
) -> None:
    """A command that only reads makes no database; it names the place, and what makes one."""
    database = Path(desk[3]) / "newsmon.db"
    code, printed, said = run(*desk, *words)
    assert (code, printed) == (1, "")
    hint = "(newsmon run makes it; --data names another folder)"
    assert said == f"newsmon: there is no database yet in {database} {hint}\n"
    assert not Path(desk[3]).exists()


def test_a_password_is_no_part_of_a_place() -> None:
    """Where a database is on a server is told without the password."""
    assert place("postgresql://me:secret@db.example/news") == "postgresql://me:***@db.example/news"


def test_an_archive_without_any_article_says_so(desk: tuple[str, ...], run: Run) -> None:
    """Whoever looks into a database that is still empty hears that nothing is stored there."""
    assert run(*desk, "run", "--once")[0] == 0
    said = run(*desk, "articles")[2]
    assert said == f"Nothing is stored yet in {Path(desk[3]) / 'newsmon.db'}; newsmon run fills it.\n"
    (Path(desk[1]) / "sources" / "own.yaml").write_text("", encoding="utf-8")
    assert "there is no source at all" in run(*desk, "articles", "--source", "dead")[2]


def test_an_instant_out_of_range_and_words_without_letters_are_wrong_usage(demo: str, run: Run) -> None:
    """Neither a traceback, nor every article there is."""
    for instant in ("0001-01-01T00:00:00+23:00", "9999-12-31T23:00:00-23:00", "1e400d"):
        code, _, said = run("--data", demo, "articles", "--since", instant)
        assert (code, f"{instant!r} is neither" in said) == (2, True), said
    code, printed, said = run("--data", demo, "articles", "!!!", "…")
    assert (code, printed, "no word to look for" in said) == (2, "", True)


def test_explain_tells_addresses_from_ids_from_neither(demo: str, run: Run) -> None:
    """Each kind of stranger has its own answer."""
    assert "no article has the id 99999" in run("--data", demo, "explain", "99999")[2]
    assert "neither an address" in run("--data", demo, "explain", "rare-earths")[2]
    assert "newsmon try page" in run("--data", demo, "-q", "explain", "https://a.example/")[2]


def test_files_that_cannot_be_read_are_named_with_the_reason(tmp_path: Path, run: Run) -> None:
    """Folders, broken archives and addresses of other kinds, each with its own line."""
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03junkjunkjunkjunk")
    short = tmp_path / "short.gz"
    short.write_bytes(b"\x1f\x8bjunk")
    words = [str(tmp_path), str(broken), str(short), "ftp://a.example/feed"]
    code, _, said = run("try", "feed", *words)
    assert code == 1
    folder, second, third, ftp = said.splitlines()
    assert folder == f"{tmp_path}: unreadable: Is a directory"
    assert (second.startswith(f"{broken}: unreadable: "), third.startswith(f"{short}: unreadable: ")) == (
        True,
        True,
    )
    assert ftp == "ftp://a.example/feed: unreadable: an address begins with http:// or https://"


def test_match_names_files_without_documents(tmp_path: Path, run: Run) -> None:
    """An empty file, a folder, and a line that is not UTF-8."""
    empty, latin = tmp_path / "empty.jsonl", tmp_path / "latin.jsonl"
    empty.write_bytes(b"\n")
    latin.write_bytes(b'\xff{"title": "x"}\n\xef\xbb\xbf{"title": "x"}\n')
    code, _, said = run("match", str(empty))
    assert (code, said) == (0, f"{empty}: no document in it\n")
    code, _, said = run("match", str(tmp_path))
    assert (code, "is a folder" in said) == (2, True)
    code, printed, said = run("match", str(latin))
    assert (code, said, len(printed.splitlines())) == (1, f"{latin}:1: not UTF-8\n", 1)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, run: Run) -> None:
    """However quiet; with -v the traceback is shown for whoever mends the program."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    code, _, said = run("-q", "--data", str(file), "run", "--once")
    assert (code, said) == (1, f"newsmon: {file}: File exists\n")
    with pytest.raises(FileExistsError):
        run("-v", "--data", str(file), "run", "--once")


def test_faults_of_the_store_come_with_their_traceback_when_asked(tmp_path: Path, run: Run) -> None:
    """-v lets the error through."""
    (tmp_path / "newsmon.db").write_text("this is no database" * 100, encoding="utf-8")
    with pytest.raises(NewsmonError):
        run("--data", str(tmp_path), "-v", "db", "check")


def test_a_reader_that_has_seen_enough_ends_the_program_well(
    demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When `head` closes the pipe there is no traceback, and the exit code is 0."""
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "argv", ["newsmon", "--data", demo, "articles", "--json", "--limit", "200"])
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as ended:
            program.main()
    assert ended.value.code == 0
