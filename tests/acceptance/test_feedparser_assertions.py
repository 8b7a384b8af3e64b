"""Do feedparser's own assertions hold on our result?

Each file of the corpus says in a comment what feedparser must find in it: a Python expression over
its result. The expression is taken apart at its `and`s; what is left is compared with what
`parse_feed` gives for the same bytes, content type and address. It is never executed.

Counted is every comparison by `==` of something we keep with a constant:

* of the feed: title, link, language;
* of an entry: title, link, id (guid), the dates published, issued, created, updated and modified, as
  written or as read; summary (description), the value of content, author (the names), language and the
  enclosures' address, type and length.

Not counted, because no field of ours could hold or miss it:

* everything under `sanitize/`: we keep words, no markup, so there is nothing to sanitise;
* `bozo`, `encoding`, `version`, `headers` and the other facts about the document instead of the news;
* of the feed: subtitle, rights, info, image, author, id and dates; of an entry: rights, contributors,
  tags, source, comments, places, media groups, chapters, expiry, and of its authors and links anything
  but the names and the page's address;
* the `type` and `base` of a text: the words are kept without them.

How a value is compared:

* Texts by their words. Where feedparser says that a title is HTML, and unless it says that another
  text is plain, tags are taken out of the expected value and entities decoded, by code of this module,
  not by the parser's. Blanks do not count.
* Dates as instants; one that was written is read by feedparser's own date parser first.
* Links absolute; the file's address is that of feedparser's own test server.
* Nothing where None is expected. An entry has one language: where an assertion asks for the summary's
  or the content's, it is that of the entry.
* `Content-Type`, `Content-Language` and `Content-Location` reach the parser as the source passes them on.
"""

import ast
import calendar
import html
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
from feedparser.datetimes import _parse_date

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed
from monitor.extract.feeds import parse_feed
from monitor.extract.values import web_address

GATE = 0.99
SUFFIXES = {".xml": "application/xml", ".json": "application/feed+json"}
"""Files of the kinds that are read, and what they are served as unless they say otherwise."""

ADDRESS = "http://127.0.0.1:8097/"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

_ENCODINGS = (
    *("utf-8", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp037", "latin-1"),
)
_EXPECT = re.compile(r"Expect:\s*(.+?)\s*-->", re.DOTALL)
_HEADER = re.compile(r"^ *Header:[ \t]*([A-Za-z-]+):[ \t]*([^\r\n]*)", re.MULTILINE)
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]*>")
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_EMAIL = re.compile(r" \(\S+@\S+\)")
_KEPT = re.compile(
    r"feed\.(?:title(?:_detail\.value)?|link|language)"
    r"|entries\.\d+\.(?:title|link|id|guid|summary|description|author|language"
    r"|(?:title|summary|description)_detail\.(?:value|language)|content\.\d+\.(?:value|language)"
    r"|author_detail\.name|authors\.\d+\.name|enclosures\.\d+\.(?:href|url|type|length)"
    r"|(?:published|issued|created|updated|modified)(?:_parsed)?)"
)
_DATES = {
    "published": "published",
    "issued": "published",
    "created": "published",
    "updated": "updated",
    "modified": "updated",
}

_Step = str | int
_Place = tuple[_Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file: its path in the corpus, its bytes, what is expected of it, and its headers."""

    name: str
    body: bytes
    expression: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One comparison: what is at this place of feedparser's result, and what it must be."""

    case: Case
    place: _Place
    expected: Any

    def __str__(self) -> str:
        """Say it as the file does."""
        return f"{self.case.name}: {'.'.join(map(str, self.place))} == {self.expected!r}"


def test_feedparsers_assertions_hold_on_what_we_keep(corpora: Path) -> None:
    """At least 99 of 100 assertions about what is kept hold on the parsed result."""
    claims, left_out = [], 0
    for case in _cases(corpora / "feeds" / "feedparser"):
        for claim in _claims(case):
            if claim is None or not _is_kept(claim.place):
                left_out += 1
            else:
                claims.append(claim)
    found = [(claim, *_compare(claim)) for claim in claims]
    missed = [(claim, ours, expected) for claim, ours, expected in found if ours != expected]
    held = 1 - len(missed) / len(claims)
    told = [
        f"{len(claims)} assertions counted, {left_out} not",
        f"{len(missed)} missed, {held:.2%} hold",
        *(f"  {claim}\n    ours {ours!r}, wanted {expected!r}" for claim, ours, expected in missed),
    ]
    print("\n".join(told))  # noqa: T201 - the figure is what the test is for
    assert claims
    assert held >= GATE, "\n".join(told)


def _cases(folder: Path) -> Iterator[Case]:
    """Yield the files that expect something; those of a kind not yet read join when it is."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        name = path.relative_to(folder).as_posix()
        if "/sanitize/" in name:
            continue
        body = path.read_bytes()
        for encoding in _ENCODINGS:
            text = body.decode(encoding, "replace")
            expects = _EXPECT.search(text)
            if expects:
                asked = {key.lower(): value.strip() for key, value in _HEADER.findall(text)}
                headers = {"content-type": SUFFIXES[path.suffix], **asked}
                yield Case(name=name, body=body, expression=expects[1], headers=headers)
                break


def _claims(case: Case) -> Iterator[Claim | None]:
    """Yield what the expression claims, None for what is no comparison with a constant."""
    todo = [ast.parse(case.expression, mode="eval").body]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            todo[:0] = node.values
        elif isinstance(node, ast.Compare) and all(isinstance(sign, ast.Eq) for sign in node.ops):
            *places, value = (node.left, *node.comparators)
            try:
                expected = _constant(value)
                for place in places:
                    yield Claim(case=case, place=_place(place), expected=expected)
            except ValueError:
                yield None
        else:
            yield None


def _constant(node: ast.expr) -> Any:
    """Return a constant, also one written as a sum of texts."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _constant(node.left) + _constant(node.right)
    return ast.literal_eval(node)


def _place(node: ast.expr) -> _Place:
    """Return `entries[0]['title']` or `feed.link` as steps."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_place(node.value), node.attr)
    if isinstance(node, ast.Subscript):
        return (*_place(node.value), ast.literal_eval(node.slice))
    raise ValueError(ast.dump(node))


def _is_kept(place: _Place) -> bool:
    return _KEPT.fullmatch(".".join(map(str, place))) is not None


def _compare(claim: Claim) -> tuple[Any, Any]:
    """Return what we have at the place, and what is expected there, in one form."""
    case = claim.case
    job = FeedJob(
        body=case.body,
        url=web_address(case.headers.get("content-location"), ADDRESS + case.name) or ADDRESS + case.name,
        content_type=case.headers["content-type"],
        content_language=case.headers.get("content-language", ""),
        now=NOW,
    )
    try:
        parsed = parse_feed(job)
    except (UnicodeError, ValueError, AttributeError) as error:
        return repr(error), claim.expected
    if not isinstance(parsed, ParsedFeed):
        return parsed.code, claim.expected
    if claim.place[0] == "feed":
        return _of_feed(parsed, claim)
    position = claim.place[1]
    assert isinstance(position, int)
    if position >= len(parsed.entries):
        return "no such entry", claim.expected
    return _of_entry(parsed.entries[position], claim)


def _of_feed(feed: ParsedFeed, claim: Claim) -> tuple[Any, Any]:
    match claim.place[1:]:
        case ("link",):
            return feed.home, claim.expected
        case ("language",):
            return _tag(feed.lang), _tag(claim.expected)
        case _:
            return _words(feed.title), _expected_words(claim)


def _of_entry(entry: Entry, claim: Claim) -> tuple[Any, Any]:
    expected, field, last = claim.expected, str(claim.place[2]).removesuffix("_detail"), claim.place[-1]
    date = _DATES.get(field.removesuffix("_parsed"))
    if date:
        return getattr(entry, date), _instant(expected)
    if last == "language":
        return _tag(entry.lang), _tag(expected)
    if field in ("link", "id", "guid"):
        return (entry.url if field == "link" else entry.guid), expected
    if field in ("author", "authors"):
        return _author(entry, claim), _EMAIL.sub("", expected)
    if field == "enclosures":
        return _enclosure(entry, int(claim.place[3]), str(last)), expected
    ours = {"title": entry.title, "content": entry.content}.get(field, entry.summary or entry.content)
    return _words(ours), _expected_words(claim)


def _author(entry: Entry, claim: Claim) -> str | None:
    """Return the author, or the one of them that is asked for."""
    if claim.place[-1] != "name":
        return entry.author
    names = (entry.author or "").split(", ")
    number = int(claim.place[3]) if claim.place[2] == "authors" else 0
    return names[number] if number < len(names) else None


def _enclosure(entry: Entry, number: int, field: str) -> Any:
    if number >= len(entry.enclosures):
        return "no such enclosure"
    enclosure = entry.enclosures[number]
    if field == "type":
        return enclosure.type
    return str(enclosure.length) if field == "length" else enclosure.url


def _instant(expected: Any) -> datetime | None:
    parsed = _parse_date(expected) if isinstance(expected, str) else expected
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None


def _tag(language: str | None) -> str | None:
    return language.lower() if language else None


def _expected_words(claim: Claim) -> str:
    """Return the words of the expected value, which is HTML where feedparser's own result says so."""
    case = claim.case
    document: Any = feedparser.parse(io.BytesIO(case.body), response_headers=dict(case.headers))
    expected: str = claim.expected
    kind = _text_type(document, claim.place)
    if kind in _HTML_TYPES or (kind != "text/plain" and "title" not in str(claim.place)):
        expected = html.unescape(_MARKUP.sub(" ", expected))
    return _words(expected)


def _text_type(document: Any, place: _Place) -> str:
    """Return the type of the text at this place; an entry without a summary has its content for one."""
    holder = document["feed"] if place[0] == "feed" else document["entries"][place[1]]
    named = next(step for step in place[1:] if isinstance(step, str)).removesuffix("_detail")
    details = [holder.get("summary_detail" if named == "description" else f"{named}_detail")]
    if place[0] == "entries" and named != "title":
        details += holder.get("content", ())
    kind: str = next((detail["type"] for detail in details if detail), "text/plain")
    return kind


def _words(text: str) -> str:
    """Return the text without blanks, in NFC."""
    return "".join(unicodedata.normalize("NFC", text).split())
