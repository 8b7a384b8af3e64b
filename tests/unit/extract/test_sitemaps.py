"""A sitemap gives its addresses, newest first, and an index its parts, whoever wrote them."""

import gzip
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import ParsedFeed, ParseFailed, ParseResult
from monitor.extract import sitemap as parsing
from monitor.extract.documents import parse_document

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
URL = "https://e.org/sitemap.xml"
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def parse(body: bytes | str, **options: Any) -> ParseResult:
    """Return what the document says, read at a fixed instant."""
    data = body.encode() if isinstance(body, str) else body
    return parse_document(FeedJob(**({"body": data, "url": URL, "kind": "sitemap", "now": NOW} | options)))


def parsed(body: bytes | str, **options: Any) -> ParsedFeed:
    """Return the sitemap that the document must be."""
    result = parse(body, **options)
    assert isinstance(result, ParsedFeed), result
    return result


def failed(body: bytes | str) -> ParseFailed:
    """Return why the document cannot be read."""
    result = parse(body)
    assert isinstance(result, ParseFailed), result
    return result


def row(path: str, *more: str, element: str = "url") -> str:
    """Return an element with an address."""
    return f"<{element}><loc>https://e.org{path}</loc>{''.join(more)}</{element}>"


def urlset(*rows: str, head: str = "") -> str:
    """Return a sitemap."""
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {head}>{"".join(rows)}</urlset>'


def index(*parts: str) -> str:
    """Return an index of sitemaps."""
    return (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(parts)}</sitemapindex>'
    )


def part(path: str, changed: str = "") -> str:
    """Return a part of an index."""
    return row(path, f"<lastmod>{changed}</lastmod>" if changed else "", element="sitemap")


def paths(feed: ParsedFeed) -> list[str]:
    """Return the paths of a sitemap's entries, or of an index's parts."""
    urls = feed.more if feed.more is not None else [entry.url or "" for entry in feed.entries]
    return [url.removeprefix("https://e.org") for url in urls]


def test_a_news_sitemap_gives_titles_dates_and_language() -> None:
    """As Google's extension has them; what stands in an image is no address of an article."""
    body = urlset(
        row(
            "/1",
            "<news:news><news:publication><news:name>The Courier</news:name>",
            "<news:language>ru</news:language>",
            "</news:publication><news:publication_date>2026-11-23T08:00:00+05:00</news:publication_date>",
            "<news:title> A choir\n sings </news:title></news:news><lastmod>2026-11-23T05:00:00Z</lastmod>",
            "<image:image xmlns:image='x'><image:loc>https://e.org/1.jpg</image:loc></image:image>",
        ),
        head=NEWS,
    )
    feed = parsed(body)
    assert (feed.title, feed.lang, feed.version, feed.more) == ("The Courier", "ru", "sitemap-news", None)
    (entry,) = feed.entries
    assert (entry.url, entry.title, entry.lang) == ("https://e.org/1", "A choir sings", "ru")
    assert entry.published == datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert entry.published_raw == "2026-11-23T08:00:00+05:00"


def test_a_plain_sitemap_knows_changes_and_no_titles() -> None:
    """`lastmod` is no date of publication; the newest come first, those without a date last."""
    rows = (
        row("/old", "<lastmod>2026-11-01</lastmod>"),
        row("/none"),
        row("/new", "<lastmod>2026-11-23</lastmod>"),
    )
    feed = parsed(urlset(*rows))
    assert paths(feed) == ["/new", "/old", "/none"]
    assert [entry.published for entry in feed.entries] == [None] * 3
    assert feed.entries[0].updated == datetime(2026, 11, 23, tzinfo=UTC)
    assert (feed.version, feed.title, feed.lang) == ("sitemap", "", None)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("http://www.sitemaps.org/schemas/sitemap/0.9", "http://wrong.example/"),
        lambda text: text.replace(' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', ""),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: "\ufeff".encode("utf-16-le") + text.encode("utf-16-le"),
        lambda text: "\n\n  " + text,
        lambda text: gzip.compress(text.encode()),
        lambda text: f"<!-- A list -->\n<?xml-stylesheet href='s.xsl'?>{text}",
        lambda text: text.replace("urlset", "s:urlset").replace("xmlns=", "xmlns:s="),
        lambda text: text.replace("urlset", "pages"),
        lambda text: text.replace("<loc>https://e.org/1</loc>", "https://e.org/1"),
    ],
    ids=("namespace", "none", "mark", "wide", "blanks", "gz", "comment", "prefix", "root", "bare"),
)
def test_what_real_sitemaps_do_wrong_costs_nothing(change: Callable[[str], str | bytes]) -> None:
    """Wrong namespaces, marks, blanks, compression, a root of another name: the addresses are there."""
    assert paths(parsed(change(urlset(row("/1"), row("/2"))))) == ["/1", "/2"]


def test_a_list_of_addresses_is_a_sitemap_too() -> None:
    """One a line; what is none is told with its line."""
    feed = parsed("\ufeffhttps://e.org/1\n\n nonsense\nhttps://e.org/2 \nmore\n")
    assert paths(feed) == ["/1", "/2"]
    assert (feed.version, feed.fault) == ("sitemap-text", "line 3: no web address")
    assert parsed(gzip.compress(b"https://e.org/1\n")).total == 1


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "empty", "the body is empty"),
        (b" \n ", "empty", "the body is empty"),
        (b"Sorry.", "not-a-sitemap", "neither XML nor a list of addresses"),
        (b"<html><body>Sorry</body></html>", "not-a-sitemap", "an HTML page came"),
        (b"<rss><channel/></rss>", "not-a-sitemap", "its root is <rss>"),
        (b"<urlset><url><lo", "malformed", "line 1, column "),
        (b"<", "not-a-sitemap", "it has no root"),
        (b"<?xml version='1.0' encoding='x-none'?><urlset/>", "malformed", "unsupported encoding"),
        (b"<urlset>" + b"<a>" * 300 + b"</a>" * 300 + b"</urlset>", "malformed", "excessive depth"),
        (b"<urlset><url></url></urlset>", "malformed", "1 of its elements have no address"),
        (b"\x1f\x8bnonsense", "malformed", "not valid gzip"),
        (gzip.compress(b"https://e.org/1\n" * 99)[:-9], "malformed", "not valid gzip"),
        (gzip.compress(bytes(parsing.LARGEST + 1)), "too-large", "larger than 50 MB"),
    ],
    ids=(
        "nothing",
        "blanks",
        "words",
        "page",
        "feed",
        "cut",
        "tag",
        "encoding",
        "deep",
        "none",
        "gz",
        "cut-gz",
        "bomb",
    ),
)
def test_what_is_no_sitemap_is_told_with_its_reason(body: bytes, code: str, words: str) -> None:
    """And with the place, where there is one."""
    failure = failed(body)
    assert failure.code == code
    assert words in failure.message


@pytest.mark.parametrize("entity", ["&nbsp;", "&", "<b>", "\x01"])
def test_a_fault_is_told_with_its_place_and_the_rest_is_read(entity: str) -> None:
    """One wrong letter does not take the other addresses along."""
    feed = parsed(urlset(row("/1"), f"\n{row('/2', entity)}", row("/3")))
    assert {"/1", "/3"} <= set(paths(feed))
    assert re.match(r"line 2, column \d+: [a-z]", feed.fault)


def test_a_cut_document_gives_what_came_whole() -> None:
    """An address that is cut short is another's; that there was more is told, and it is asked again."""
    body = urlset(row("/0"), row("/1"), row("/2"))
    whole = len(row("/2")) + len("</urlset>")
    for missing in range(len("</urlset>"), whole + 1):
        feed = parsed(body[:-missing])
        kept = ["/0", "/1", "/2"] if missing == len("</urlset>") else ["/0", "/1"]
        assert (missing, paths(feed)) == (missing, kept)
        assert feed.fault.startswith("line 1, column "), missing
    assert parsed(body[:-30]).truncated


def test_what_stood_before_an_end_of_reading_is_kept() -> None:
    """A part too deep or too long to be read ends the document, and is told."""
    deep = parsed(urlset(row("/1"), "<a>" * 300, row("/2")))
    assert (paths(deep), "excessive depth" in deep.fault) == (["/1"], True)
    long = parsed(urlset(row("/1"), f"<url><loc>{'x' * 11_000_000}</loc></url>"))
    assert (paths(long), "too long" in long.fault) == (["/1"], True)


def test_odd_documents_are_no_faults() -> None:
    """A single address without a list around it; a namespace that is no address."""
    assert paths(parsed(row("/1"))) == ["/1"]
    odd = parsed(urlset(row("/1"), head='xmlns:x="relative"'))
    assert (paths(odd), odd.fault) == (["/1"], "")


def test_elements_without_an_address_are_counted() -> None:
    """Also those whose address is none: they are just not there."""
    feed = parsed(
        urlset(row("/1"), "<url><lastmod>2026-11-23</lastmod></url>", "<url><loc>mailto:a</loc></url>")
    )
    assert (paths(feed), feed.fault) == (["/1"], "1 of its elements have no address")


def test_a_bomb_of_entities_does_not_go_off() -> None:
    """It is told at once, or read without them."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    start = time.perf_counter()
    result = parse(f'<!DOCTYPE urlset [<!ENTITY l0 "lol">{levels}]>' + urlset(row("/&l9;"), row("/2")))
    assert time.perf_counter() - start < 2
    assert isinstance(result, ParseFailed) or all(len(path) < 30 for path in paths(result))


def test_no_entity_reads_a_file(tmp_path: Path) -> None:
    """Nor an address: what a document names outside itself is left alone."""
    secret = tmp_path / "secret"
    secret.write_text("/secret", "utf-8")
    feed = parsed(
        f'<!DOCTYPE urlset [<!ENTITY f SYSTEM "{secret.as_uri()}">]>' + urlset(row("/&f;"), row("/2"))
    )
    assert "/2" in paths(feed)
    assert not any("secret" in path for path in paths(feed))


def test_of_a_long_sitemap_the_newest_part_counts() -> None:
    """50,000 addresses, as many as may be, cost one poll a few seconds, and few are remembered."""
    rows = [
        row(f"/{n}", f"<lastmod>2026-11-{1 + n % 22:02}T{n % 24:02}:00:00Z</lastmod>") for n in range(50_001)
    ]
    start = time.perf_counter()
    feed = parsed(urlset(*rows))
    assert time.perf_counter() - start < 20
    assert (feed.total, len(feed.entries), len(feed.item_hashes) // 8) == (1_000, 500, 500)
    dates = [entry.updated for entry in feed.entries]
    assert all(one is not None and two is not None and one >= two for one, two in pairwise(dates))


def test_of_a_long_sitemap_without_dates_both_ends_count() -> None:
    """Programs write new addresses at either."""
    feed = parsed(urlset(*(row(f"/{n}") for n in range(10))), max_entries=2)
    assert feed.total == 4
    rest = parsed(urlset(*(row(f"/{n}") for n in range(10))), max_entries=2, known=feed.item_hashes)
    assert [*paths(feed), *paths(rest)] == ["/0", "/1", "/8", "/9"]


def test_a_long_list_of_addresses_is_read_to_its_cap() -> None:
    """The 50,001st is not looked at."""
    feed = parsed("\n".join(f"https://e.org/{n}" for n in range(50_001)))
    assert (feed.total, paths(feed)[0]) == (1_000, "/0")


def test_an_address_that_changed_is_handed_out_again() -> None:
    """What is known is left out until its date or title changes."""
    first = parsed(urlset(row("/1", "<lastmod>2026-11-20</lastmod>"), row("/2")))
    again = parsed(urlset(row("/1", "<lastmod>2026-11-21</lastmod>"), row("/2")), known=first.item_hashes)
    assert (paths(again), again.total) == (["/1"], 2)


def test_an_address_listed_twice_has_two_keys() -> None:
    """So that nothing is lost between them."""
    feed = parsed(urlset(row("/1"), row("/1")))
    assert len({entry.key for entry in feed.entries}) == 2


def test_an_index_names_its_parts_the_most_promising_first() -> None:
    """News before the rest, then the newest, then the highest numbers; parts without articles not at all."""
    feed = parsed(
        index(
            part("/post-1.xml", "2026-11-01"),
            part("/post-2.xml", "2026-11-01"),
            part("/category-sitemap.xml", "2026-11-23"),
            part("/post-9.xml", "2026-11-20"),
            part("/news-sitemap.xml"),
        )
    )
    assert paths(feed) == ["/news-sitemap.xml", "/post-9.xml", "/post-2.xml", "/post-1.xml"]
    assert (feed.entries, feed.version, feed.lasting) == ((), "sitemap-index", False)


def test_an_index_asks_for_eight_parts_of_its_own_site() -> None:
    """Not for itself, and not for others' (reliability: an index could make us ask anybody)."""
    many = (part(f"/post-{n}.xml") for n in range(20))
    other = "<sitemap><loc>https://else.example/1.xml</loc></sitemap>"
    feed = parsed(index(part("/sitemap.xml"), other, *many))
    assert paths(feed) == [f"/post-{n}.xml" for n in range(19, 11, -1)]
    lonely = parsed(index(part("/sitemap.xml"), other))
    assert (lonely.more, lonely.fault) == ((), "the index lists no sitemap of this site")


def test_a_part_is_asked_again_when_it_changed() -> None:
    """A date with the time of day tells; one without may hide a second change, and none tells nothing."""
    parts = (part("/p1.xml", "2026-11-23T08:00:00Z"), part("/p2.xml", "2026-11-23"), part("/p3.xml"))
    first = parsed(index(*parts))
    assert sorted(paths(first)) == ["/p1.xml", "/p2.xml", "/p3.xml"]
    again = parsed(index(*parts), known=first.item_hashes)
    assert sorted(paths(again)) == ["/p2.xml", "/p3.xml"]
    changed = parsed(index(part("/p1.xml", "2026-11-23T09:00:00Z")), known=first.item_hashes)
    assert (paths(changed), changed.lasting) == (["/p1.xml"], True)


def test_an_index_of_parts_without_articles_is_asked_for_them() -> None:
    """Better those than nothing: names may deceive."""
    assert paths(parsed(index(part("/page-1.xml")))) == ["/page-1.xml"]


def test_for_the_past_all_that_is_young_enough_counts() -> None:
    """Of a sitemap what is dated since then, of an index the parts that may hold such, and more of them."""
    since = datetime(2026, 11, 10, tzinfo=UTC)
    body = urlset(
        row("/new", "<lastmod>2026-11-10</lastmod>"),
        row("/old", "<lastmod>2026-11-09</lastmod>"),
        row("/none"),
    )
    feed = parsed(body, since=since)
    assert (paths(feed), feed.fault) == (["/new"], "")
    assert parsed(urlset(row("/none")), since=since).fault == "nothing in it has a date"
    parts = index(
        *(part(f"/p{n}.xml", "2026-11-20") for n in range(9)), part("/old.xml", "2026-11-01"), part("/x.xml")
    )
    assert paths(parsed(parts, since=since)) == [*(f"/p{n}.xml" for n in range(8, -1, -1)), "/x.xml"]


def test_the_corpus_of_sitemaps_is_read(corpora: Path) -> None:
    """Every file gives as many addresses as it has, and an index its parts."""
    files = [file for file in (corpora / "sitemaps").rglob("*") if file.is_file() and file.suffix != ".md"]
    assert files
    for file in files:
        body = file.read_bytes()
        feed = parsed(body, url=f"https://www.example.com/{file.name}", max_entries=10_000)
        text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        if feed.version == "sitemap-text":
            assert feed.total == len(text.split()), file
        elif feed.more is None:
            assert feed.total == len(re.findall(rb"<(?:\w+:)?url[\s>]", text)), file
        else:
            assert feed.more or feed.fault, file
