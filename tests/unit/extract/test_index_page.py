"""The articles of an index page are told from its menus, with their titles and dates."""

import gzip
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import LinkRules, ParsedFeed, ParseFailed, ParseResult
from monitor.extract.index_page import MOST_LINKS, parse_index_page

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
URL = "https://courier.example/news/"
MENU = """<header class="top"><a href="/">The Courier</a><nav><ul>
<li><a href="/about/the-people-behind-this-newspaper/">About the people behind this newspaper</a></li>
<li><a href="/news/">All of the news of this country and others</a></li></ul></nav></header>"""
FOOTER = """<footer><p><a href="/terms-and-conditions-of-use">Terms and conditions of use of this site</a></p>
<a href="https://agency.example/">Made by a very creative agency for web sites</a></footer>"""
HEADS = (
    "Choirs sing in the park all summer long",
    "Bakers raise the price of bread again",
    "Bridge opens to walkers",
)


def parse(body: str | bytes, links: LinkRules | None = None, **job: Any) -> ParseResult:
    """Return what an index page lists."""
    raw = body if isinstance(body, bytes) else body.encode()
    job.setdefault("url", URL)
    return parse_index_page(FeedJob(body=raw, kind="page", links=links or LinkRules(), now=NOW, **job))


def read(body: str | bytes, links: LinkRules | None = None, **job: Any) -> ParsedFeed:
    """Return what a page lists that lists something."""
    parsed = parse(body, links, **job)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def listed(parsed: ParsedFeed) -> list[tuple[str, str]]:
    """Return path and title of each entry."""
    return [
        ((entry.url or "").removeprefix("https://courier.example"), entry.title) for entry in parsed.entries
    ]


def page(inside: str) -> str:
    """Return a page with a menu, a footer and a side column around its list."""
    side = "<aside><h3><a href='/news/most-read-of-all-times'>The most read of all times</a></h3></aside>"
    head = "<!doctype html><html lang='en'><head><title>News | The Courier</title></head>"
    return f"{head}<body class='has-sidebar'>{MENU}<main>{inside}</main>{side}{FOOTER}</body></html>"


PICTURED = (
    "<div class=card><a href='/news/{n}'><img src=a.jpg alt='A picture of something or other'></a>"
    "<h3><a href='/news/{n}'>{head}</a></h3><a href='/news/{n}'>Read more of this article now</a></div>"
)
EXPECTED = [(f"/news/{number}", head) for number, head in enumerate(HEADS, 1)]


def cards(form: str) -> str:
    """Return a card for each headline."""
    return "".join(form.format(n=number, head=head) for number, head in enumerate(HEADS, 1))


@pytest.mark.parametrize(
    "form",
    [
        "<article><h2><a href='/news/{n}'>{head}</a></h2><p>A teaser of some words.</p></article>",
        "<article><header><h2><a href='/news/{n}'>{head}</a></h2></header></article>",
        PICTURED,
        "<a class=card href='/news/{n}'><div><img src=a.jpg></div><h3>{head}</h3><p>A teaser.</p></a>",
        "<div class=card><h3>{head}</h3><p>Teaser</p><a href='/news/{n}'>Read more</a></div>",
        "<li><span class=date>22.11.2026</span> <a href='/news/{n}'>{head}</a></li>",
        "<tr><td>22.11.2026</td><td><a href='news/{n}?utm_source=index#top'>{head}</a></td></tr>",
        "<div class=row><a href='//courier.example/news/{n}'>{head}</a> <a href='/tag/x'>Tag</a></div>",
        "<p><a href='/news/{n}'>{head:.12}...</a><a title='{head}' href='/news/{n}'>{head:.20}...</a></p>",
    ],
)
def test_a_list_is_found_however_it_is_made(form: str) -> None:
    """One entry a card, titled by its heading or its longest words; the rest of the page is left out."""
    where = "https://courier.example/" if "'news/" in form else URL
    parsed = read(page(f"<div class=list>{cards(form)}</div>"), url=where)
    found = [(path.partition("?")[0], title) for path, title in listed(parsed)]
    assert found == EXPECTED
    assert (parsed.title, parsed.lang, parsed.total) == ("News | The Courier", "en", 3)


def test_menus_without_semantic_tags_are_left_out() -> None:
    """By what they are called, and by how few words they have."""
    menu = "".join(
        f"<div class='menu__item'><a href='/section-{n}/'>A section with a rather long name {n}</a></div>"
        for n in range(30)
    )
    short = "".join(f"<td><a href='/s{n}'>Section {n}</a></td>" for n in range(30))
    body = f"<div class='main-menu'>{menu}</div><table><tr>{short}</tr></table>"
    form = "<div class=item><a href='/news/{n}'>{head}</a></div>"
    assert listed(read(f"<html><body>{body}{cards(form)}</body></html>")) == EXPECTED


def test_a_wrapper_that_is_called_like_a_menu_hides_nothing() -> None:
    """What holds most links of a page is no menu, whatever it is called."""
    form = "<div class=item><a href='/news/{n}'>{head}</a></div>"
    assert listed(read(f"<body><div class='sidebar'>{cards(form)}</div></body>")) == EXPECTED


def test_paging_sections_and_files_are_no_articles() -> None:
    """Nor are anchors, scripts, mails, the page itself and other sites."""
    others = (
        "/news/page/2/", "/news/?page=3", "/news/?PAGEN_1=2", "/news", "/", "#top", "javascript:void(0)",
        "mailto:a@courier.example", "/files/report-of-the-year.pdf", "/a.jpg", "https://other.example/news/1",
        "tel:+7", "/news/economy", "",
    )  # fmt: skip
    form = "<h2><a href='/news/economy/{n}'>{head}</a></h2>"
    links = "".join(f"<h2><a href='{href}'>Some words that look like a headline</a></h2>" for href in others)
    following = "<h2><a rel=next href='/older'>Some words that look like a headline</a></h2>"
    parsed = read(page(cards(form) + links + following))
    assert [path for path, _ in listed(parsed)] == [f"/news/economy/{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("form", "day"),
    [
        (
            "<li><time datetime='2026-11-22T10:00+05:00'>yesterday</time><a href='/news/{n}'>{head}</a></li>",
            22,
        ),
        ("<li><span class='post-date'>22 ноября 2026, 10:00</span><a href='/news/{n}'>{head}</a></li>", 22),
        ("<li><i>Nov 22, 2026</i><a href='/news/{n}'>{head}</a></li>", 22),
        ("<dt>22.11.2026</dt><dd><a href='/news/{n}'>{head}</a></dd>", 22),
        ("<li><a href='/news/2026/11/22/{n}'>{head}</a></li>", 22),
        ("<li><a href='/news/{n}'>{head}</a><b>5 minutes ago</b></li>", None),
        ("<li><a href='/news/{n}'>{head}</a><b>31.02.2026</b></li>", None),
        ("<li><a href='/news/{n}'>{head}</a><b>24.12.2026</b></li>", None),
    ],
)
def test_a_date_is_what_stands_beside(form: str, day: int | None) -> None:
    """Marked up, called so, or a short text; in the card, before it, or in the address. Else unknown."""
    entries = read(page(f"<div>{cards(form)}</div>")).entries
    assert [entry.published.day if entry.published else None for entry in entries] == [day] * 3


def test_a_date_in_the_headline_is_not_its_own() -> None:
    """What a text is about is not when it was written."""
    form = "<li><a href='/news/{n}'>{head}: 20 November 2026</a></li>"
    assert {entry.published for entry in read(page(f"<ul>{cards(form)}</ul>")).entries} == {None}


def test_named_paths_count_wherever_they_stand() -> None:
    """`only` finds short titles in menus, too, and `never` takes some out; paging stays out."""
    body = page(
        "<nav><a href='/a/1'>One</a><a href='/a/2'>Two</a><a href='/a/3'>3</a><a href='/b/1'>Bee</a></nav>"
    )
    parsed = read(body, LinkRules(only=("/a/*",), never=("*/2",)))
    assert listed(parsed) == [("/a/1", "One")]


def test_a_named_part_counts_alone() -> None:
    """`within` is an XPath; links to other sites count there, menus or not."""
    body = page(
        "<div id=x><nav><a href='/1'>One</a><a href='https://other.example/2'>Two</a></nav></div>"
        "<h2><a href='/news/3'>Some words that look like a headline</a></h2>"
    )
    parsed = read(body, LinkRules(within="//div[@id='x']"))
    assert [entry.title for entry in parsed.entries] == ["One", "Two"]


@pytest.mark.parametrize(
    ("body", "rules", "code", "words"),
    [
        ("", LinkRules(), "empty", "the body is empty"),
        (b"%PDF-1.7 \xff", LinkRules(), "not-a-page", "no HTML page"),
        ('{"a": 1}', LinkRules(), "not-a-page", "no HTML page"),
        (page("<p>Nothing today.</p>"), LinkRules(), "no-links", "name their paths with links.only"),
        (page("<p>Nothing</p>"), LinkRules(only=("/x/*",)), "no-links", "check links.only and links.within"),
        (page("<p>Nothing</p>"), LinkRules(within="//div[@id='gone']"), "no-links", "names no part"),
        (page("<p>Nothing</p>"), LinkRules(within="count(//a)"), "no-links", "names no part"),
        (page("<p>Nothing</p>"), LinkRules(within="//div["), "bad-xpath", "links.within: "),
    ],
)
def test_a_page_without_a_list_is_told_with_what_helps(
    body: str | bytes, rules: LinkRules, code: str, words: str
) -> None:
    """A stable code and a hint at the keys that can mend it."""
    parsed = parse(body, rules)
    assert isinstance(parsed, ParseFailed), parsed
    assert parsed.code == code
    assert words in parsed.message


def test_what_is_known_is_left_out() -> None:
    """A headline that changed comes again, as the same entry."""
    form = "<h2><a href='/news/{n}'>{head}</a></h2>"
    first = read(page(cards(form)))
    assert read(page(cards(form)), known=first.item_hashes).entries == ()
    again = read(page(cards(form).replace("Bakers", "All bakers")), known=first.item_hashes)
    assert [entry.key for entry in again.entries] == [first.entries[1].key]


def test_the_base_of_a_page_counts() -> None:
    """Relative links go by it, as in browsers."""
    form = "<h2><a href='{n}'>{head}</a></h2>"
    body = page(cards(form)).replace("<title>", "<base href='https://courier.example/news/'><title>")
    assert listed(read(body, url="https://courier.example/")) == EXPECTED


def test_headlines_in_chinese_and_cyrillic_count_as_long() -> None:
    """A script without spaces says more in fewer letters; encodings are told as for articles."""
    heads = (
        "哈萨克斯坦与欧盟签署稀土合作路线图",
        "中吉乌铁路年内开工建设新线路",
        "乌兹别克斯坦将加入世界贸易组织",
    )
    inside = "".join(f"<div><a href='/news/{n}'>{head}</a></div>" for n, head in enumerate(heads))
    assert [
        title
        for _, title in listed(read(page(inside).encode("gb18030"), content_type="text/html; charset=gbk"))
    ] == list(heads)
    russian = page("<h2><a href='/news/1'>Хор пел в парке всё лето</a></h2>").encode("windows-1251")
    parsed = read(russian, content_type="text/html; charset=windows-1251")
    assert [title for _, title in listed(parsed)] == ["Хор пел в парке всё лето"]


@pytest.mark.parametrize(
    "body",
    [
        "<a href='/news/{n}'>Some words that look like a headline {n}</a>",
        "<div><a href='/news/{n}'>Some words that look like a headline {n}</a>",
        "<li><a href='/news/{n}'>Some words that look like a headline {n}<li>",
    ],
    ids=["flat", "deep", "unclosed"],
)
def test_a_hundred_thousand_links_take_little_time(body: str) -> None:
    """The first of them are looked at, and the rest is told of."""
    raw = "<html><body>" + "".join(body.format(n=number) for number in range(100_000))
    start = time.perf_counter()
    parsed = parse(raw)
    assert time.perf_counter() - start < 9
    if isinstance(parsed, ParsedFeed):
        assert parsed.total <= 1_000
        assert (f"the first {MOST_LINKS} links" in parsed.fault) or ("nested so deeply" in parsed.fault)


def test_the_list_of_press_releases_of_the_corpora_is_found_whole(corpora: Path) -> None:
    """Twenty of twenty, each with its day, and none of 400 other links."""
    raw = gzip.decompress((corpora / "listing_pages" / "cbu-policy-press-release-index.html.gz").read_bytes())
    url = "https://cbu.uz/en/monetary-policy/publications/press-releases/"
    entries = read(raw, url=url).entries
    assert len(entries) == 20
    assert all((entry.url or "").startswith(url) for entry in entries)
    days = [entry.published for entry in entries if entry.published]
    assert len(days) == 20
    assert days == sorted(days, reverse=True)


def test_a_page_of_tables_without_articles_is_told_as_such(corpora: Path) -> None:
    """Files of figures, menus and a side column are no list of articles."""
    raw = gzip.decompress(
        (corpora / "listing_pages" / "statuz-prices-and-indexes-index.html.gz").read_bytes()
    )
    parsed = parse(raw, url="https://stat.uz/en/official-statistics/prices-and-indexes")
    assert isinstance(parsed, ParseFailed)
    assert parsed.code == "no-links"
