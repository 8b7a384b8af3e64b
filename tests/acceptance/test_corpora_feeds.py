"""Every feed of the corpora comes through the whole path as feedparser alone reads it."""

import html
import io
import re
import sqlite3
import unicodedata
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from desks import Desk, feed, shipped
from fakes import FakeClock
from press import Press, Said

LONGEST = timedelta(seconds=13)
"""How long a feed may take, fetching and reading together."""

REFUSALS = {"not-a-feed", "empty", "malformed"}
"""Outcomes that say: there is no feed in these bytes."""

BROKEN_MARKUP = {
    "feedparser/wellformed/sanitize/entry_title_crazy.xml",
    "feedparser/wellformed/sanitize/feed_title_crazy.xml",
    "feedparser/wellformed/sanitize/xml_malicious_comment.xml",
}
"""Titles with comments and scripts that never end: we end them as HTML does, feedparser otherwise."""

WRONGLY_DECLARED = {
    "feedparser/encoding/bozo_invalid-bytes-with-bom.xml",
    "feedparser/illformed/chardet/koi8r.xml",
    "real/v2__windows-1252-incorrect-prolog.xml",
}
"""Encodings that are not what is declared: we go by the bytes, feedparser falls back to Windows-1252."""

_HEADER = re.compile(rb"^ *Header:[ \t]*([A-Za-z-]+):[ \t]*([^\r\n]*)", re.MULTILINE)
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]*>")
_HTML_TYPES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the corpora: its path there, its bytes, and the headers it asks to be served with."""

    name: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is read in a feed: its title and its entries' titles, as words; empty where there is none."""

    title: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll as the database holds it."""

    outcome: str
    status: int
    message: str
    elapsed: timedelta
    listed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Every file, what became of its polls, and what is stored of it."""

    files: tuple[File, ...]
    polls: Mapping[str, tuple[Poll, ...]]
    stored: Mapping[str, Reading]


@pytest.fixture(scope="module")
def round_(corpora: Path, workers: Any, tmp_path_factory: pytest.TempPathFactory) -> Round:
    """Every file under feeds, polled once from a real server into a real database."""
    files = tuple(_files(corpora / "feeds"))
    folder = tmp_path_factory.mktemp("feeds")
    with Press() as press:
        press.answers = {
            f"/{number}": Said(body=file.body, headers=tuple(file.headers.items()))
            for number, file in enumerate(files)
        }
        feeds = [feed(file.name, press.url(f"/{number}")) for number, file in enumerate(files)]
        with Desk(folder, workers, feeds=feeds, clock=FakeClock()) as app:
            while app.poller.run():
                pass
    polls, stored = _database(folder / "newsmon.db")
    return Round(files=files, polls=polls, stored=stored)


def test_every_poll_has_one_recorded_outcome(round_: Round) -> None:
    """Every file is polled once; it is read, or refused with a reason; nothing crashes."""
    assert round_.files
    assert set(round_.polls) == {file.name for file in round_.files}
    wrong = {
        name: polls
        for name, polls in round_.polls.items()
        if len(polls) != 1
        or polls[0].status != 200
        or polls[0].outcome not in {"ok", *REFUSALS}
        or (polls[0].outcome in REFUSALS and not polls[0].message)
    }
    assert not wrong


def test_no_feed_holds_up_the_round(round_: Round) -> None:
    """No feed takes longer than 13 s: none is killed at the parser's deadline, none is slow to fetch."""
    deadline = shipped().workers.deadline
    slow = {
        name: poll
        for name, polls in round_.polls.items()
        for poll in polls
        if poll.elapsed + deadline > LONGEST or poll.outcome == "killed"
    }
    assert not slow


def test_titles_and_entries_are_those_that_feedparser_finds(round_: Round) -> None:
    """The stored title and entries of every feed are feedparser's; what is refused has none.

    Feeds in JSON are compared elsewhere: feedparser reads some of them only.
    """
    different = {}
    for file in (file for file in round_.files if not file.name.endswith(".json")):
        alone, stored = _alone(file), round_.stored[file.name]
        (poll,) = round_.polls[file.name]
        expected = len(alone.entries)
        if (poll.listed, len(stored.entries)) != (expected, expected):
            different[file.name] = f"{poll.listed} listed, {len(stored.entries)} stored of {expected}: {poll}"
        elif stored != alone and file.name not in BROKEN_MARKUP | WRONGLY_DECLARED:
            different[file.name] = f"{stored} is not {alone}: {poll}"
    assert not different, "\n".join(f"{name}: {why}" for name, why in different.items())


def _files(folder: Path) -> list[File]:
    """Return the files, in the order of their paths, with the headers written in their comments."""
    files = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        body = path.read_bytes()
        asked = {
            name.decode().lower(): value.decode("latin-1").strip() for name, value in _HEADER.findall(body)
        }
        headers = {"content-type": "application/xml", **asked}
        files.append(File(name=path.relative_to(folder).as_posix(), body=body, headers=headers))
    return files


def _database(file: Path) -> tuple[dict[str, tuple[Poll, ...]], dict[str, Reading]]:
    """Return the polls and what is stored, by the feed's id; entries in the order they came in."""
    polls: dict[str, tuple[Poll, ...]] = {}
    entries: dict[str, list[str]] = {}
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT feed_id, outcome, status, message, elapsed_ms, listed FROM polls")
        for name, outcome, status, message, elapsed, listed in rows:
            poll = Poll(
                outcome=outcome,
                status=status,
                message=message,
                elapsed=timedelta(milliseconds=elapsed),
                listed=listed,
            )
            polls[name] = (*polls.get(name, ()), poll)
        for name, title in database.execute("SELECT feed_id, title FROM entries ORDER BY id"):
            entries.setdefault(name, []).append(_words(title))
        titles = dict(database.execute("SELECT id, title FROM feeds"))
    stored = {
        name: Reading(title=_words(title or ""), entries=tuple(entries.get(name, ())))
        for name, title in titles.items()
    }
    return polls, stored


def _alone(file: File) -> Reading:
    """Return what feedparser, left to itself, reads in the same bytes with the same headers."""
    try:
        document = feedparser.parse(io.BytesIO(file.body), response_headers=dict(file.headers))
    except AttributeError:
        # feedparser 6.0 has no answer to some documents without any element.
        return Reading(title="", entries=())
    return Reading(title=_title(document.feed), entries=tuple(_title(entry) for entry in document.entries))


def _title(holder: Mapping[str, Any]) -> str:
    """Return a title as words: HTML without its tags, entities decoded."""
    title: str = holder.get("title") or ""
    if (holder.get("title_detail") or {}).get("type") in _HTML_TYPES:
        title = html.unescape(_MARKUP.sub(" ", title))
    return _words(title)


def _words(text: str) -> str:
    """Return the text without blanks and control characters, in NFC: what a title says, however set."""
    normal = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in normal if not sign.isspace() and unicodedata.category(sign) != "Cc")
