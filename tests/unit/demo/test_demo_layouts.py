"""The demo's pages read like real ones: an extractor keeps the article and drops what surrounds it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trafilatura
from lxml import html

from monitor.demo.drafts import load_outlets
from monitor.demo.layouts import paragraphs
from monitor.demo.newsroom import DemoArticle, Newsroom

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
OUTLETS = load_outlets()
# Every article whose page is there, by the layout it is printed in.
SERVED = [
    (f"{outlet.id}/{draft.slug}", outlet.layout)
    for outlet in OUTLETS
    for draft in outlet.drafts
    if draft.page == 200
]
EACH = pytest.mark.parametrize("name", [name for name, _ in SERVED])


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    """A newsroom half an hour after its opening: everything is out."""
    with Newsroom(START, now=lambda: START + timedelta(minutes=30)) as opened:
        yield opened


def page_of(newsroom: Newsroom, name: str) -> tuple[DemoArticle, bytes]:
    """Return the article "outlet/slug" as it is now, and its page."""
    outlet, slug = name.split("/")
    (article,) = [a for a in newsroom.visible(outlet) if a.url.endswith(f"/{slug}")]
    return article, newsroom.answer(article.url.removeprefix(newsroom.base), {}).body


@EACH
def test_extraction_keeps_the_article_and_nothing_else(newsroom: Newsroom, name: str) -> None:
    """Of every page exactly the article's paragraphs are left, in order."""
    article, body = page_of(newsroom, name)
    found = trafilatura.bare_extraction(
        body, url=article.url, fast=True, include_comments=False, with_metadata=True
    )
    assert found is not None
    assert " ".join(found.text.split()) == " ".join(paragraphs(article.text))
    assert found.title == article.title


@EACH
def test_a_page_names_countries_outside_its_article(newsroom: Newsroom, name: str) -> None:
    """Menus, related links or footers name Central Asia and partners on every page, in its language."""
    _, body = page_of(newsroom, name)
    around = str(html.document_fromstring(body).text_content()).casefold()
    assert any(word in around for word in ("kazak", "казах", "казак", "қазақ", "qozogʻ", "哈萨克"))
    assert any(word in around for word in ("china", "кита", "қыта", "кыта", "xitoy", "çin", "中国"))


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        ("broadsheet", b'"datePublished": "2026-11-2'),
        ("magazine", b'"article:published_time" content="2026-11-2'),
        ("tabloid", b'<time datetime="2026-11-2'),
    ],
)
def test_some_layouts_tell_the_date_to_machines(newsroom: Newsroom, layout: str, told: bytes) -> None:
    """Three layouts carry the date as JSON-LD, as a meta element, or as a time element."""
    name = next(name for name, its in SERVED if its == layout)
    assert told in page_of(newsroom, name)[1]


@pytest.mark.parametrize("layout", ["portal", "wire"])
def test_some_layouts_tell_machines_nothing(newsroom: Newsroom, layout: str) -> None:
    """Two layouts carry neither JSON-LD nor OpenGraph nor a time element."""
    _, body = page_of(newsroom, next(name for name, its in SERVED if its == layout))
    assert not any(mark in body for mark in (b"ld+json", b"property=", b"<time", b"itemprop"))
