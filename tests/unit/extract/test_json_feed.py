"""A JSON Feed gives what it says, whatever its writers made of the format."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed, ParseFailed, ParseResult
from monitor.extract.documents import parse_document
from monitor.extract.json_feed import is_json

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
URL = "https://e.org/feeds/news.json"


def parse(body: bytes | str | dict[str, Any], **options: Any) -> ParseResult:
    """Return what the document says, read at a fixed instant."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    return parse_document(
        FeedJob(body=data.encode() if isinstance(data, str) else data, url=URL, now=NOW, **options)
    )


def listing(*items: Any, **head: Any) -> ParsedFeed:
    """Return what a feed of these items says."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "The Courier", "items": list(items)}
    result = parse(feed | head)
    assert isinstance(result, ParsedFeed)
    return result


def only(**item: Any) -> Entry:
    """Return the entry of a feed with one item."""
    (entry,) = listing({"id": "1"} | item).entries
    return entry


def test_an_item_becomes_an_entry() -> None:
    """Every field finds its place; the feed's own words too."""
    feed = listing(
        {
            "id": "https://e.org/1",
            "url": "/1?utm_source=json",
            "title": "A choir <sings>",
            "content_html": "<p>It sang.</p><p>Twice.</p>",
            "summary": "Singing.",
            "date_published": "2026-11-23T08:00:00+05:00",
            "date_modified": "2026-11-23T04:00:00Z",
            "authors": [{"name": "A. Writer"}, {"name": "B. Writer"}, {"name": "A. Writer"}, {}],
            "language": "ru_RU",
        },
        home_page_url="https://e.org/",
        language="ru",
        next_url="?page=2",
    )
    assert (feed.title, feed.home, feed.lang, feed.version) == (
        "The Courier",
        "https://e.org/",
        "ru",
        "json11",
    )
    assert (feed.total, feed.fault, feed.older) == (1, "", "https://e.org/feeds/news.json?page=2")
    (entry,) = feed.entries
    assert entry.url == "https://e.org/1?utm_source=json"
    assert (entry.guid, entry.title) == ("https://e.org/1", "A choir <sings>")
    assert (entry.content, entry.summary) == ("It sang.\n\nTwice.", "Singing.")
    assert entry.published == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert (entry.author, entry.lang) == ("A. Writer, B. Writer", "ru-RU")


@pytest.mark.parametrize(
    ("item", "field", "expected"),
    [
        ({"content_text": "1 < 2\n\nIndeed."}, "content", "1 < 2\n\nIndeed."),
        ({"external_url": "https://else.org/9"}, "url", "https://else.org/9"),
        ({"url": "javascript:alert(1)"}, "url", None),
        ({"id": 7}, "guid", "7"),
        ({"id": True}, "guid", None),
        ({"id": None, "title": ["no text"]}, "title", ""),
        ({"author": {"name": "Old Style"}}, "author", "Old Style"),
        ({"authors": [], "author": "By name"}, "author", "By name"),
        ({"authors": "nobody"}, "author", None),
        ({"date_modified": "2026-11-22T00:00:00Z"}, "published", datetime(2026, 11, 22, tzinfo=UTC)),
        ({"date_published": "2126-01-01T00:00:00Z"}, "published", None),
        ({"date_published": "soon"}, "published_raw", "soon"),
        ({"language": 7}, "lang", None),
    ],
)
def test_what_real_items_say_is_read_or_unknown(item: dict[str, Any], field: str, expected: object) -> None:
    """Other types, old versions, wrong dates: each is read as far as it says something."""
    assert getattr(only(**item), field) == expected


def test_the_feed_is_the_author_where_its_items_name_none() -> None:
    """As version 1.1 says."""
    feed = listing({"id": "1"}, {"id": "2", "author": {"name": "One"}}, authors=[{"name": "The desk"}])
    assert [entry.author for entry in feed.entries] == ["The desk", "One"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"items": [}', "malformed", "line 1, column 12: expecting value"),
        (b'{"version": 1}', "not-a-feed", "it has no items"),
        (b'{"items": {}}', "not-a-feed", "it has no items"),
        (b"[1, 2]", "not-a-feed", "it has no items"),
        (b"[" * 100_000, "malformed", "nested too deeply"),
        (b'{"items": [' + b"9" * 5_000 + b"]}", "malformed", "a number is too long"),
    ],
)
def test_what_is_no_json_feed_is_told_with_its_reason(body: bytes, code: str, words: str) -> None:
    """The place where there is one; a deep nest is a reason like any other, and quickly told."""
    start = time.perf_counter()
    result = parse(body)
    assert isinstance(result, ParseFailed)
    assert result.code == code
    assert words in result.message
    assert time.perf_counter() - start < 2


def test_what_is_no_item_is_counted_and_passed_over() -> None:
    """The others are read."""
    feed = listing({"id": "1"}, "two", None, 4)
    assert (feed.total, feed.fault) == (1, "3 of its items are no objects")


def test_a_deep_value_beside_the_items_costs_nothing_else() -> None:
    """As deep as the parser goes, the rest is read."""
    feed = listing({"id": "1", "title": "Kept", "_deep": json.loads("[" * 500 + "]" * 500)})
    assert [entry.title for entry in feed.entries] == ["Kept"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_the_encoding_is_told_by_the_first_bytes(encoding: str) -> None:
    """As RFC 4627 says, with or without a mark."""
    body = json.dumps({"items": [{"id": "1", "title": "Хор поёт"}]}, ensure_ascii=False).encode(encoding)
    result = parse(body)
    assert isinstance(result, ParsedFeed), result
    assert [entry.title for entry in result.entries] == ["Хор поёт"]
    assert result.version == "json1"


def test_a_wrong_byte_spoils_one_letter() -> None:
    """And not the document."""
    result = parse(b'{"items": [{"id": "1", "title": "A \xff choir"}]}')
    assert isinstance(result, ParsedFeed)
    assert result.entries[0].title == "A \ufffd choir"


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"  {", True), (b"\xef\xbb\xbf[", True), (b"<rss", False), (b"", False), (b"\0{\0", True)],
)
def test_json_is_told_by_how_it_begins(*, body: bytes, expected: bool) -> None:
    """Blanks, marks and the NULs of wide encodings before it say nothing."""
    assert is_json(body) is expected


def test_known_items_are_left_out_until_they_change() -> None:
    """An item is another when anything in it is; a flood is handed out part by part."""
    first = listing({"id": "1", "title": "One"}, {"id": "2", "title": "Two"})
    feed = {"items": [{"title": "One", "id": "1"}, {"id": "2", "title": "Two, changed"}]}
    again = parse(feed, known=first.item_hashes)
    assert isinstance(again, ParsedFeed)
    assert ([entry.title for entry in again.entries], again.total) == (["Two, changed"], 2)
    few = parse({"items": [{"id": str(n)} for n in range(5)]}, max_entries=3)
    assert isinstance(few, ParsedFeed)
    assert (len(few.entries), len(few.item_hashes) // 8, few.total) == (3, 3, 5)


def test_items_that_share_an_id_stay_apart() -> None:
    """What identifies an entry is decided as for every feed; a page with many titles is nobody's."""
    feed = listing(*({"id": "same", "url": "https://e.org/all", "title": f"T {n}"} for n in range(4)))
    assert len({entry.key for entry in feed.entries}) == 4
    assert {entry.url for entry in feed.entries} == {None}
