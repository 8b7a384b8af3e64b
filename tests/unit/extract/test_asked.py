"""A source's own XPaths find what they name in its pages, and say when they do not."""

from datetime import UTC, datetime

import pytest

from monitor.domain.articles import DateSource, Extracted, PageJob
from monitor.domain.feeds import PageRules
from monitor.extract.pages import extract_page

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = "https://m.example/1"
PAGE = """<!DOCTYPE html><html><head><title>Portal</title></head><body>
<header><h1>The portal of the ministry</h1></header>
<div class="news"><h2 class="head">A bridge over the <b>Syr Darya</b></h2>
<span class="when">{when}</span>
<div class="body"><p>The bridge is to be opened in spring, the ministry said.</p>
<div class="advert">Buy tickets now.</div>
<p>Two lanes lead over it.<br>A third is for carts.</p></div>
<div class="body"><p>Farmers welcome it.</p></div></div></body></html>"""
RULES = {
    "title": "//h2[@class='head']",
    "body": "//div[@class='body'] | //div[@class='body']/p",
    "date": "//span[@class='when']",
    "drop": ("//div[@class='advert']", "count(//p)"),
}


def read(when: str = "2026-11-20T10:00:00Z", **changes: object) -> Extracted:
    """Return the page as these rules read it."""
    rules = PageRules(**(RULES | changes))  # type: ignore[arg-type]  # fields of the rules
    body = PAGE.format(when=when).encode()
    page = extract_page(
        PageJob(body=body, url="https://m.example/1", rules=rules, known_title="Feed", now=NOW)
    )
    assert isinstance(page, Extracted)
    return page


def test_rules_find_title_text_and_date() -> None:
    """A rule's title goes before the feed's; all that the text's rule names comes once, in paragraphs."""
    page = read()
    assert page.title == "A bridge over the Syr Darya"
    assert page.text.split("\n\n") == [
        "The bridge is to be opened in spring, the ministry said.",
        "Two lanes lead over it.\nA third is for carts.",
        "Farmers welcome it.",
    ]
    assert (page.published, page.published_from) == (datetime(2026, 11, 20, 10, tzinfo=UTC), DateSource.PAGE)
    assert page.missed == ()


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (
            '<time datetime="2026-11-19T08:00:00+05:00">yesterday</time>',
            datetime(2026, 11, 19, 3, tzinfo=UTC),
        ),
        ("20 ноября 2026, 14:05", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
        ("20 Kasım 2026", datetime(2026, 11, 20, tzinfo=UTC)),
        ("3 hours ago", datetime(2026, 11, 23, 6, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_people_write_them(when: str, expected: datetime) -> None:
    """What machines are told counts first; then the words of many languages."""
    page = read(when, date="//span[@class='when']/time | //span[@class='when'][not(time)]")
    assert page.published == expected


@pytest.mark.parametrize("when", ["soon", "", "20 November 2036", "no date 7x"])
def test_what_is_no_date_is_not_invented(when: str) -> None:
    """Words without a date, and dates to come, are none; the rule is said to have found nothing."""
    page = read(when)
    assert page.published is None
    assert page.missed == ("date",)


def test_a_rule_that_finds_nothing_is_told_and_the_general_way_serves() -> None:
    """The page was rebuilt: title and text come as for all sources, and the rules are named."""
    page = read(title="//h3", body="//main//p", date=None)
    assert page.title == "Feed"
    assert "The bridge is to be opened in spring, the ministry said." in page.text
    assert page.missed == ("title", "body")


def test_rules_may_name_texts_and_attributes() -> None:
    """Not only elements: text() and string() serve as well, and markup in them is no markup."""
    page = read(title="string(//h2)", body="//div[@class='body']/p/text()", date=None)
    assert page.title == "A bridge over the Syr Darya"
    assert page.text.startswith("The bridge is to be opened in spring, the ministry said.\n\nTwo lanes")


def test_a_rule_that_fails_on_a_page_costs_only_itself() -> None:
    """An expression that is none of elements and texts, or that raises, finds nothing."""
    page = read(title="count(//p)", body="//p[unknown-function()]", date=None)
    assert page.missed == ("title", "body")


@pytest.mark.parametrize("mode", ["precise", "thorough"])
def test_the_modes_read_a_page(mode: str) -> None:
    """Both other modes find the article's words."""
    assert "Farmers welcome it." in read(body=None, title=None, date=None, mode=mode).text
