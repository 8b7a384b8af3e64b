"""What does a sitemap list? Bytes in, entries or further sitemaps out; runs in a worker.

The protocol of https://www.sitemaps.org/protocol.html with Google's news extension, in XML whatever
its namespaces are called, as plain text, compressed or not.
"""

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lxml import etree
from lxml.etree import _Element

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed, ParseFailed, ParseResult
from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.dates import RAW_CAP, possible, read_date
from monitor.extract.unseen import digest_of, unseen
from monitor.extract.values import language_tag, web_address
from monitor.policy.identity import Claim, distinct_keys, identify
from monitor.policy.urls import same_page_key, same_site

LARGEST = 50_000_000
"""Bytes of a sitemap once it is unpacked: what the protocol allows."""

MOST_LISTED = 50_000
"""Addresses of one sitemap that are looked at: what the protocol allows."""

MOST_PARTS = 8
"""Parts of an index that one poll asks for."""

MOST_OLD_PARTS = 500
"""Parts of an index that count where its past is asked for."""

_BLANK = b" \t\r\n"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_ROW_TAGS = re.compile(rb"<(/?)(?:[\w.-]+:)?(?:url|sitemap)(?=[\s>])")
_TAIL = 20_000
_PRECISE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
# Parts that hold no articles, by the names that common programs give them.
_NO_NEWS = re.compile(
    r"(?:^|[-_./])(?:image|video|categor(?:y|ies)|tags?|post_tag|authors?|users?|taxonom(?:y|ies)|pages?|products?"
    r"|attachments?)(?:[-_./]|$)",
    re.IGNORECASE,
)
_NEWS = re.compile(r"news|novosti|latest|recent", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What one `url` or `sitemap` element says, as written."""

    loc: str = ""
    lastmod: str = ""
    title: str = ""
    published: str = ""
    language: str = ""
    publication: str = ""

    @property
    def digest(self) -> bytes:
        return digest_of(self.loc, self.lastmod, self.title, self.published)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What a document lists: its rows, whether they are sitemaps themselves, and what is wrong with it.

    `truncated` tells that it ended within a row, which is left out.
    """

    rows: tuple[_Row, ...]
    index: bool = False
    truncated: bool = False
    version: str = "sitemap"
    fault: str = ""


def parse_sitemap(job: FeedJob) -> ParseResult:
    """Return what the document lists, newest first, leaving out what `job.known` holds.

    Of a long list what counts is the newest part, twice as many as are handed out at once (1,000: as
    many as a news sitemap may hold); of one without dates, its beginning and its end. Entries
    without a title take it from their page. Of an index, `more` are the parts not seen yet in this
    state, on the same site. What is wrong in the document is told with its place, and the rest of it
    read.
    """
    try:
        body = _unpacked(job.body)
    except (zlib.error, EOFError):
        return ParseFailed(code="malformed", message="the body is not valid gzip")
    except OverflowError:
        return ParseFailed(code="too-large", message=f"unpacked it is larger than {LARGEST // 10**6} MB")
    if not body.strip(_BLANK):
        return ParseFailed(code="empty", message="the body is empty")
    listed = _read(body)
    if isinstance(listed, ParseFailed):
        return listed
    now = job.now or datetime.now(UTC)
    return _index(listed, job, now) if listed.index else _entries(listed, job, now)


def _unpacked(body: bytes) -> bytes:
    """Return the document as it was before it was compressed (gzip inside the body, as `.gz` files are).

    Raises:
        OverflowError: it is larger than `LARGEST`.
        zlib.error, EOFError: it is no valid gzip.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    unpacked = stream.decompress(body, LARGEST + 1)
    if len(unpacked) > LARGEST:
        raise OverflowError
    if not stream.eof:
        raise EOFError
    return unpacked


def _read(body: bytes) -> _Listed | ParseFailed:
    start = body[:1024]
    for mark in _BOMS:
        start = start.removeprefix(mark)
    if start.replace(b"\0", b"").lstrip().startswith(b"<"):
        return _read_xml(body.lstrip(_BLANK))
    return _read_text(body)


def _read_text(body: bytes) -> _Listed | ParseFailed:
    lines = body.decode("utf-8-sig", "replace").splitlines()
    rows, fault = [], ""
    for number, line in enumerate(lines, 1):
        if web_address(line.strip(), "") is not None:
            rows.append(_Row(loc=line.strip()))
            if len(rows) >= MOST_LISTED:
                break
        elif line.strip() and not fault:
            fault = f"line {number}: no web address"
    if not rows:
        return ParseFailed(code="not-a-sitemap", message="the body is neither XML nor a list of addresses")
    return _Listed(rows=tuple(rows), fault=fault, version="sitemap-text")


def _read_xml(body: bytes) -> _Listed | ParseFailed:
    """Read the rows one by one, so that a long document takes no more room than its rows."""
    reading = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root, rows = _rows(reading)
    except etree.XMLSyntaxError as error:
        return ParseFailed(code="malformed", message=_place(error.lineno, error.offset, str(error.msg)))
    if root.lower() == "html":
        return ParseFailed(code="not-a-sitemap", message="an HTML page came instead of a sitemap")
    if root not in ("urlset", "sitemapindex") and not rows:
        named = f"its root is <{root[:50]}>" if root else "it has no root"
        return ParseFailed(code="not-a-sitemap", message=f"the body is no sitemap: {named}")
    fault = _fault(reading, rows)
    truncated = bool(fault) and len(rows) < MOST_LISTED and _ends_within_a_row(body)
    if truncated:
        # The parser closes what is open: an address that was cut short would be taken for a whole one.
        rows.pop()
    if fault and not any(row.loc for row in rows):
        return ParseFailed(code="malformed", message=fault)
    news = any(row.title for row in rows)
    version = "sitemap-index" if root == "sitemapindex" else "sitemap-news" if news else "sitemap"
    return _Listed(
        rows=tuple(rows), index=root == "sitemapindex", truncated=truncated, version=version, fault=fault
    )


def _ends_within_a_row(body: bytes) -> bool:
    """Return whether the last row of a document is not closed."""
    tags = _ROW_TAGS.findall(body[-_TAIL:])
    return bool(tags) and not tags[-1]


def _rows(reading: "etree.iterparse[tuple[str, _Element]]") -> tuple[str, list[_Row]]:
    """Return the name of the root and the rows.

    Raises:
        XMLSyntaxError: nothing can be read.
    """
    rows: list[_Row] = []
    root = ""
    try:
        for event, element in reading:
            name = _name(element)
            if event == "start":
                root = root or name
            elif name in ("url", "sitemap"):
                rows.append(_row(element))
                element.clear()
                if (parent := element.getparent()) is not None:
                    parent.remove(element)
                if len(rows) >= MOST_LISTED:
                    break
    except etree.XMLSyntaxError:
        if not rows:
            raise
    return root, rows


def _name(element: _Element) -> str:
    """Return an element's name without its namespace: real sitemaps write all kinds of it."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _row(element: _Element) -> _Row:
    """Return what an element says. Its own children count, and those of `news`; not those of images."""
    found: dict[str, str] = {}
    for child in element:
        name = _name(child)
        if name == "news":
            found |= dict(_news(child))
        elif name in ("loc", "lastmod"):
            found.setdefault(name, _words(child))
    # Some write the address into the element itself.
    loc = found.get("loc") or _words(element) if len(element) == 0 else found.get("loc", "")
    return _Row(
        loc=loc or "",
        lastmod=found.get("lastmod", ""),
        title=found.get("news-title", ""),
        published=found.get("news-publication_date", ""),
        language=found.get("news-language", ""),
        publication=found.get("news-name", ""),
    )


def _news(element: _Element) -> Iterator[tuple[str, str]]:
    for inner in element.iter():
        name = _name(inner)
        if name in ("title", "publication_date", "language", "name"):
            yield f"news-{name}", _words(inner)


def _words(element: _Element) -> str:
    return " ".join((element.text or "").split())


def _fault(reading: "etree.iterparse[object]", rows: Sequence[_Row]) -> str:
    """Return the first thing that is wrong, with its place; empty where nothing is."""
    for error in reading.error_log:
        if error.level >= etree.ErrorLevels.ERROR:
            return _place(error.line, error.column, error.message)
    missing = sum(not row.loc for row in rows)
    return f"{missing} of its elements have no address" if missing else ""


def _place(line: int | None, column: int | None, message: str) -> str:
    words = " ".join(message.split())[:150]
    return f"line {line or 1}, column {column or 1}: {words[:1].lower()}{words[1:]}"


def _entries(listed: _Listed, job: FeedJob, now: datetime) -> ParsedFeed:
    dated = [
        (row, url, possible(read_date(row.published or row.lastmod), now))
        for row in listed.rows
        if (url := web_address(row.loc, job.url)) is not None
    ]
    fault = listed.fault
    if job.since is not None:
        fault = fault or ("" if any(row[2] for row in dated) else "nothing in it has a date")
        dated = [row for row in dated if row[2] is not None and row[2] >= job.since]
    counted = _newest(dated, 2 * job.max_entries)
    fresh = unseen(counted, (row.digest for row, _, _ in counted), job.known, job.max_entries)
    made = [_entry(row, url, now) for row, url, _ in fresh.items]
    keys = distinct_keys(entry.key for entry in made)
    first = next((row for row, _, _ in dated if row.publication), _Row())
    return ParsedFeed(
        title=clean_line(first.publication, TITLE_CAP),
        entries=tuple(replace(entry, key=key) for entry, key in zip(made, keys, strict=True)),
        total=len(counted),
        truncated=listed.truncated,
        version=listed.version,
        lang=language_tag(first.language),
        item_hashes=fresh.digests,
        fault=fault,
    )


_Dated = tuple[_Row, str, datetime | None]


def _newest(rows: Sequence[_Dated], most: int) -> list[_Dated]:
    """Return the newest rows first; where most have no date, those at the beginning and at the end."""
    with_date = [row for row in rows if row[2] is not None]
    if len(rows) <= most or 2 * len(with_date) >= len(rows):
        undated = [row for row in rows if row[2] is None]
        return [*sorted(with_date, key=_instant, reverse=True), *undated][:most]
    # Programs write new addresses at either end.
    half = most // 2
    return [*rows[:half], *rows[len(rows) - half :]]


def _instant(row: _Dated) -> datetime:
    return row[2] or datetime.min.replace(tzinfo=UTC)


def _entry(row: _Row, url: str, now: datetime) -> Entry:
    title = clean_line(row.title, TITLE_CAP)
    raw = row.published or row.lastmod
    return Entry(
        key=identify(Claim(link=url, title=title, published=raw or "")).key,
        guid=None,
        url=url,
        title=title,
        published=possible(read_date(row.published), now) if row.published else None,
        published_raw=clean_line(raw, RAW_CAP) or None,
        updated=possible(read_date(row.lastmod), now) if row.lastmod else None,
        lang=language_tag(row.language),
    )


def _index(listed: _Listed, job: FeedJob, now: datetime) -> ParsedFeed:
    """Return the parts to ask: newest first, without those whose state was seen before.

    A part is seen again only by a `lastmod` that says the time of day: others may change unseen, and
    are asked at every poll.
    """
    here = same_page_key(job.url)
    parts = [
        (row, url, possible(read_date(row.lastmod), now))
        for row in listed.rows
        if (url := web_address(row.loc, job.url)) is not None
        and same_site(url, job.url)
        and same_page_key(url) != here
    ]
    articles = [part for part in parts if not _NO_NEWS.search(urlsplit(part[1]).path)] or parts
    counted = sorted(articles, key=_importance, reverse=True)
    if job.since is None:
        counted = counted[:MOST_PARTS]
    else:
        counted = [part for part in counted if part[2] is None or part[2] >= job.since][:MOST_OLD_PARTS]
    precise = [part for part in counted if _PRECISE.match(part[0].lastmod)]
    fresh = unseen(precise, (row.digest for row, _, _ in precise), job.known, len(precise))
    wanted = {url for _, url, _ in fresh.items}
    wanted |= {url for row, url, _ in counted if not _PRECISE.match(row.lastmod)}
    fault = listed.fault
    if not parts and not fault:
        fault = "the index lists no sitemap of this site"
    return ParsedFeed(
        title="",
        entries=(),
        total=len(precise),
        truncated=listed.truncated,
        version=listed.version,
        item_hashes=fresh.digests,
        more=tuple(url for _, url, _ in counted if url in wanted),
        lasting=len(precise) == len(counted),
        fault=fault,
    )


def _importance(part: _Dated) -> tuple[bool, datetime, list[int]]:
    """Return what sorts parts: those named for news, the newest, the highest numbers."""
    numbers = [int(number) for number in re.findall(r"\d{1,12}", part[1])]
    return bool(_NEWS.search(urlsplit(part[1]).path)), _instant(part), numbers
