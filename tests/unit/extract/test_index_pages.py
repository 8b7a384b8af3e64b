"""An index page gives its headlines, and its menus stay out, however it is built."""

import gzip
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, LinkRules, ParsedFeed, ParseFailed, ParseResult
from monitor.extract.documents import parse_document

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
URL = "https://e.org/news/"
TITLES = (
    "The choir of the old town sings in the park",
    "A bridge over the river opens after three years",
    "Schools of the valley get new books this autumn",
    "The harvest of apples is better than last year",
)


def parse(body: bytes | str, **options: Any) -> ParseResult:
    """Return what the page lists, read at a fixed instant."""
    data = body.encode() if isinstance(body, str) else body
    return parse_document(FeedJob(**({"body": data, "url": URL, "kind": "page", "now": NOW} | options)))


def parsed(body: bytes | str, **options: Any) -> ParsedFeed:
    """Return the list that the page must hold."""
    result = parse(body, **options)
    assert isinstance(result, ParsedFeed), result
    return result


def failed(body: bytes | str, **options: Any) -> ParseFailed:
    """Return why the page gives nothing."""
    result = parse(body, **options)
    assert isinstance(result, ParseFailed), result
    return result


def site(inside: str, head: str = "") -> str:
    """Return a page with what pages have around their list."""
    return (
        f'<!doctype html><html lang="en"><head><title>News of the town</title>{head}</head><body>'
        '<header><a href="/">Home</a><nav><a href="/about">Who we are and what we do for the town</a>'
        '<a href="/news/culture">Culture and everything around it</a></nav></header>'
        f"<main>{inside}</main>"
        '<aside><a href="/ads/1">Buy the very best furniture of the whole valley today</a></aside>'
        '<footer><a href="/privacy">How we treat what you tell us about yourself</a></footer></body></html>'
    )


def cards(titles: Sequence[str] = TITLES, date: str = "") -> str:
    """Return a list of cards, one a title."""
    return "".join(
        f'<div class="card">{date}<h3><a href="/news/{n}">{title}</a></h3></div>'
        for n, title in enumerate(titles)
    )


def titles(feed: ParsedFeed) -> list[str]:
    """Return the titles listed."""
    return [entry.title for entry in feed.entries]


def first(inside: str) -> Entry:
    """Return the first entry of a list whose first card is this, and the others plain."""
    return parsed(site(inside + cards(TITLES[1:]))).entries[0]


def test_headlines_are_told_from_menus() -> None:
    """Menus, side columns and footers are left out; the page's own words are kept."""
    feed = parsed(site(cards()))
    assert titles(feed) == list(TITLES)
    assert [entry.url for entry in feed.entries] == [f"https://e.org/news/{n}" for n in range(4)]
    assert (feed.title, feed.lang, feed.home, feed.version) == ("News of the town", "en", URL, "page")
    assert (feed.total, feed.fault) == (4, "")
    assert {(entry.guid, entry.published) for entry in feed.entries} == {(None, None)}


@pytest.mark.parametrize(
    "card",
    [
        '<h3><a href="/news/9">{}</a></h3>',
        '<a href="/news/9"><h3>{}</h3><p>And a few words about it all.</p></a>',
        '<a href="/news/9"><img alt="Us"></a><h2><a href="/news/9">{}</a></h2><a href="/news/9">More</a>',
        '<a href="/news/9" title="{}">The choir of the old…</a>',
        '<a href="/news/9"><img alt="{}"></a>',
        '<a href="/news/9" aria-label="{}"></a>',
        '<header><h3><a href="/news/9">{}</a></h3></header>',
        '<div><h3>{}</h3><p>A few words.</p><a href="/news/9">Read on</a></div>',
        '<h3><a href="/news/9#comments">{}</a></h3>',
    ],
)
def test_a_card_is_titled_by_its_heading_or_its_longest_words(card: str) -> None:
    """Pictures, teasers and links to read on are no titles; one address is one entry."""
    entry = first(f'<div class="card">{card.format(TITLES[0])}</div>')
    assert (entry.title, entry.url) == (TITLES[0], "https://e.org/news/9")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ('<time datetime="2026-11-20T08:00:00Z">Friday</time>', datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ('<span class="post-date">20 November 2026</span>', datetime(2026, 11, 20, tzinfo=UTC)),
        ("<span>20.11.2026</span>", datetime(2026, 11, 20, tzinfo=UTC)),
        ("<i itemprop=datePublished content=2026-11-20></i>", datetime(2026, 11, 20, tzinfo=UTC)),
        ("<span>20.11.2126</span>", None),
        ("<span>Friday, more or less</span>", None),
    ],
)
def test_a_card_is_dated_by_what_stands_in_it(date: str, expected: datetime | None) -> None:
    """Marked up or written; what is no date of ours says nothing."""
    feed = parsed(site(cards(date=date)))
    assert {entry.published for entry in feed.entries} == {expected}


def test_a_date_before_the_card_or_in_the_address_serves() -> None:
    """Lists of dates and titles side by side, and addresses that tell the day."""
    before = "".join(
        f'<dt>2{n}.11.2026</dt><dd class=c><h3><a href="/news/{n}">{title}</a></h3></dd>'
        for n, title in enumerate(TITLES)
    )
    assert [entry.published and entry.published.day for entry in parsed(site(before)).entries] == [
        20,
        21,
        22,
        23,
    ]
    told = "".join(f'<li><a href="/2026/11/2{n}/a">{title}</a></li>' for n, title in enumerate(TITLES))
    assert [entry.published and entry.published.day for entry in parsed(site(told)).entries] == [
        20,
        21,
        22,
        23,
    ]


def test_sections_paging_files_and_other_sites_are_no_articles() -> None:
    """Nor is the page itself, nor what cannot be followed."""
    others = (
        "/news/culture",
        "?page=2",
        "/news/page/3/",
        "/report-of-the-year.pdf",
        "https://else.example/news/9",
        "mailto:desk@e.org",
        "javascript:void(0)",
        "#top",
        "/news/",
        "http://[broken",
    )
    more = "".join(
        f'<div class="card"><h3><a href="{url}">A link of many words, too</a></h3></div>' for url in others
    )
    deep = "".join(
        f'<div class="card"><h3><a href="/news/culture/{n}">Culture piece {n} of the week</a></h3></div>'
        for n in range(3)
    )
    feed = parsed(site(cards() + more + deep))
    assert [entry.url for entry in feed.entries] == [
        *(f"https://e.org/news/{n}" for n in range(4)),
        *(f"https://e.org/news/culture/{n}" for n in range(3)),
    ]


@pytest.mark.parametrize(
    "frame",
    [
        "<nav>{}</nav>",
        '<div role="navigation">{}</div>',
        '<div class="main-menu">{}</div>',
        '<ul id="breadcrumbs">{}</ul>',
        '<div class="tags">{}</div>',
        '<section class="sidebar"><ul>{}</ul></section>',
        "<header>{}</header>",
    ],
)
def test_frames_are_known_by_what_they_are_called(frame: str) -> None:
    """By tag, role, class or id."""
    links = '<a href="/about/1">Everything that the town has to say</a>'
    page = site(cards()).replace("<main>", f"{frame.format(links)}<main>")
    assert titles(parsed(page)) == list(TITLES)


@pytest.mark.parametrize(
    "wrap",
    [
        '<div class="has-menu page-nav">{}</div>',
        '<div class="site-menu">{}</div>',
        '<body class="menu">{}</body>',
    ],
)
def test_what_wraps_the_whole_page_is_no_frame(wrap: str) -> None:
    """Whatever it is called: most links of the page stand in it."""
    page = f"<html>{wrap.format(f'<div>{cards()}</div>')}</html>"
    assert titles(parsed(page)) == list(TITLES)


def test_a_list_is_told_by_its_words_where_nothing_else_tells() -> None:
    """Short links that stand alike are a menu; many words, or letters of wide scripts, a list."""
    menu = "".join(f'<p class=m><a href="/m/{n}">Part {n} of it</a></p>' for n in range(9))
    plain = "".join(f'<li><a href="/news/{n}">{title}</a></li>' for n, title in enumerate(TITLES))
    assert titles(parsed(site(menu + plain))) == list(TITLES)
    wide = "".join(f'<li><a href="/news/{n}">中国与哈萨克斯坦签署新协议第{n}号</a></li>' for n in range(4))
    assert len(titles(parsed(site(menu + wide)))) == 4


def test_among_dated_lists_undated_ones_are_no_news() -> None:
    """Where a page dates its articles, what stands alike without any date is something else."""
    dated = cards(date="<time datetime=2026-11-20>20 November</time>")
    other = "".join(
        f'<p class=o><a href="/o/{n}">A service of the town for people number {n}</a></p>' for n in range(4)
    )
    assert titles(parsed(site(dated + other))) == list(TITLES)


def test_rules_name_what_counts() -> None:
    """`within` a part, `only` and `never` paths: then also short words, menus and other sites count."""
    links = '<div id=l><a href="/x/1">One</a><a href="https://else.example/2">Two</a>'
    links += '<a href="/y/3">Three</a></div>'
    page = site(links + cards())
    assert titles(parsed(page, links=LinkRules(within="//div[@id='l']"))) == ["One", "Two", "Three"]
    assert titles(parsed(page, links=LinkRules(only=("/x/*", "/about"), never=("/about",)))) == ["One"]
    assert titles(parsed(page, links=LinkRules(never=("/news/1",)))) == [TITLES[0], *TITLES[2:]]


@pytest.mark.parametrize(
    ("within", "code", "words"),
    [
        ("//div[", "bad-xpath", "links.within: "),
        ("//nothing", "no-links", "links.within names no part of the page"),
        ("count(//a)", "no-links", "links.within names no part of the page"),
        ("//a/@href", "no-links", "links.within names no part of the page"),
        ("//footer/p", "no-links", "links.within names no part of the page"),
        ("//title", "no-links", "check links.only and links.within"),
    ],
)
def test_rules_that_find_nothing_are_told(within: str, code: str, words: str) -> None:
    """With what to look at."""
    failure = failed(site(cards()), links=LinkRules(within=within))
    assert failure.code == code
    assert words in failure.message


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b" \n", "empty", "the body is empty"),
        (b'{"items": []}', "not-a-page", "the body is no HTML page"),
        (b"<rss/>", "not-a-page", "the body is no HTML page"),
        (b"<html><body><p>Nothing.</p>", "no-links", "name their paths with links.only"),
        (b"<p><a href='/1'>123 456 789 000 111 222</a>", "no-links", "no list of articles was found"),
        (b"<!doctype html><html></html><!-- -->", "no-links", "no list of articles"),
        (b"<!doctype html>\n", "not-a-page", "the body is no HTML page"),
    ],
)
def test_what_is_no_list_is_told_with_its_reason(body: bytes, code: str, words: str) -> None:
    """And never taken for an outlet that published nothing."""
    failure = failed(body)
    assert failure.code == code
    assert words in failure.message


def test_addresses_start_from_the_base() -> None:
    """As the page says; a base that is none is ignored."""
    links = '<div class=c><h3><a href="{}">{}</a></h3></div>'
    inside = "".join(links.format(f"n/{n}", title) for n, title in enumerate(TITLES))
    page = site(inside, head='<base href="https://e.org/other/">')
    assert parsed(page).entries[0].url == "https://e.org/other/n/0"
    assert parsed(site(inside, head='<base href="mailto:x">')).entries[0].url == "https://e.org/news/n/0"


def test_known_articles_are_left_out_until_their_title_changes() -> None:
    """In the order of the page, at most as many as are asked for."""
    page = site(cards())
    feed = parsed(page, max_entries=3)
    assert (titles(feed), feed.total, len(feed.item_hashes) // 8) == (list(TITLES[:3]), 4, 3)
    again = parsed(page.replace("old town", "new town"), known=feed.item_hashes)
    assert titles(again) == [TITLES[0].replace("old", "new"), TITLES[3]]


def test_encodings_and_nuls_do_not_end_the_page() -> None:
    """It is read by what it says of itself."""
    page = site(cards(["Хор старого города поёт в парке", *TITLES[1:]]))
    told = page.replace("<head>", '<head><meta charset="windows-1251">').encode("windows-1251")
    assert titles(parsed(told))[0] == "Хор старого города поёт в парке"
    assert titles(parsed(page.replace("<main>", "\0<main>")))[3] == TITLES[3]


def test_a_hundred_thousand_links_cost_one_poll() -> None:
    """The first 5,000 are looked at, 1,000 of them count, and that is told."""
    start = time.perf_counter()
    feed = parsed(site(cards([f"Piece {n} of a page without an end" for n in range(100_000)])))
    assert time.perf_counter() - start < 20
    assert (feed.total, feed.fault) == (1_000, "only the first 5000 links were looked at")
    many = parsed(site(cards([f"Piece {n} of a page with an end" for n in range(1_001)])))
    assert (many.total, many.fault) == (1_000, "only the first 1000 links were looked at")


def test_a_deep_page_costs_no_more_than_a_flat_one() -> None:
    """Links below thousands of parts are judged as others are."""
    start = time.perf_counter()
    parse(site("<div class=menu-x>" * 5_000 + cards([f"Piece {n} of a deep page" for n in range(2_000)])))
    assert time.perf_counter() - start < 10


def test_the_corpus_of_index_pages_gives_its_headlines(corpora: Path) -> None:
    """Press releases with dates, newest first; a page of data files lists no articles, nor its menu."""
    folder = corpora / "listing_pages"
    bank = gzip.decompress((folder / "cbu-policy-press-release-index.html.gz").read_bytes())
    feed = parsed(bank, url="https://cbu.uz/en/monetary-policy/publications/press-releases/")
    dates = [entry.published for entry in feed.entries if entry.published]
    assert len(dates) == len(feed.entries) == 20
    assert dates == sorted(dates, reverse=True)
    assert all("/press-releases/" in (entry.url or "") for entry in feed.entries)
    data = gzip.decompress((folder / "statuz-prices-and-indexes-index.html.gz").read_bytes())
    failure = failed(data, url="https://stat.uz/en/official-statistics/prices-and-indexes")
    assert failure.code == "no-links"
