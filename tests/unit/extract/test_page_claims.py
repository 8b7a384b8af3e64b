"""What a page states about itself is read where it is stated, and believed where it can be."""

from datetime import UTC, datetime

import pytest
from lxml import html

from monitor.extract.claims import Claims, read_canonical, read_claims
from monitor.extract.dates import url_date

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = "https://www.e.org/2026/11/10/story"


def claims(head: str, body: str = "", url: str = URL) -> Claims:
    """Return the claims of a page with this head and body."""
    return read_claims(
        html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>"), url, NOW
    )


def json_ld(data: str) -> str:
    """Return a JSON-LD element."""
    return f'<script type="application/ld+json">{data}</script>'


def test_json_ld_counts_first() -> None:
    """Headline, authors and date of the article that JSON-LD describes are taken."""
    found = claims(
        json_ld(
            '{"@graph": [{"@type": "WebSite", "name": "E"}, {"@type": ["NewsArticle"],'
            '"headline": "A &amp; B", "author": [{"name": "A. Writer"}, {"name": ["B. Writer"]},'
            '{"name": "https://e.org/c"}, "A. Writer"],'
            '"datePublished": "2026-11-10T10:00:00+05:00"}]}'
        )
        + '<meta property="og:title" content="Other"><meta name="author" content="Other">'
    )
    assert (found.title, found.author) == ("A & B", "A. Writer, B. Writer")
    assert found.published == datetime(2026, 11, 10, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        "{broken",
        "[" * 100_000,
        '"text"',
        "[1, null]",
        '{"@type": 5}',
        '{"@type": "Person", "headline": "No"}',
        '{"@type": "NewsArticle", "headline": 5, "author": 7, "datePublished": 20261110}',
        '{"@graph": [' + "1," * 400 + '{"@type": "NewsArticle", "headline": "Too far"}]}',
        '{"x": "' + "x" * 400_000 + '"}',
        "",
    ],
)
def test_json_ld_that_says_nothing_is_passed_over(data: str) -> None:
    """Broken, deep, long or foreign data leaves the meta elements to tell."""
    found = claims(json_ld(data) + '<meta property="og:title" content="From meta">')
    assert (found.title, found.author, found.published) == ("From meta", None, None)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:published_time" content="2026-11-10T10:00:00Z">', ""),
        ('<meta name="DC.date.issued" content="2026-11-10T10:00:00Z">', ""),
        ('<meta itemprop="datePublished" content="2026-11-10T10:00:00Z">', ""),
        ("", '<time itemprop="datePublished" datetime="2026-11-10T10:00:00Z">today</time>'),
        ("", '<p><time pubdate datetime="2026-11-10T10:00:00Z"></time>'),
        ("", '<span itemprop="datePublished" content="2026-11-10T10:00:00Z"></span>'),
        (
            '<meta name="date" content="soon"><meta name="pubdate" content="Tue, 10 Nov 2026 10:00:00 GMT">',
            '<time datetime="2020-01-01"></time>',
        ),
    ],
)
def test_dates_are_read_where_pages_state_them(head: str, body: str) -> None:
    """Meta elements, microdata and time elements are known by their names."""
    assert claims(head, body).published == datetime(2026, 11, 10, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("date", ["1970-01-01", "2090-01-01", "2026-13-45", "yesterday", ""])
def test_impossible_dates_are_not_believed(date: str) -> None:
    """A page, too, may state what cannot be."""
    found = claims(
        json_ld(f'{{"@type": "Article", "datePublished": "{date}"}}'),
        f'<time pubdate datetime="{date}"></time>',
    )
    assert found.published is None


@pytest.mark.parametrize(
    ("content", "author"),
    [
        ("A. Writer", "A. Writer"),
        ("Q&amp;amp;A Desk", "Q&A Desk"),
        ("https://facebook.com/writer", None),
        ("desk@e.org", None),
        ("12345", None),
        ("  ", None),
    ],
)
def test_addresses_are_no_names(content: str, author: str | None) -> None:
    """A profile's address or a number does not name an author."""
    assert claims(f'<meta name="author" content="{content}">').author == author


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Talks begin | The Daily", "Talks begin"),
        ("Talks begin - e.org", "Talks begin"),
        ("Talks begin — E", "Talks begin"),
        ("Talks begin - in Astana", "Talks begin - in Astana"),
        ("The Daily", "The Daily"),
    ],
)
def test_the_site_is_no_part_of_the_title(title: str, text: str) -> None:
    """The site's name at the end of a title is taken off."""
    head = f'<meta property="og:site_name" content="The Daily"><meta property="og:title" content="{title}">'
    assert claims(head).title == text


@pytest.mark.parametrize(
    ("href", "url", "canonical"),
    [
        ("https://e.org/2026/11/10/story", URL, "https://e.org/2026/11/10/story"),
        ("/2026/11/10/story-of-it", URL, "https://www.e.org/2026/11/10/story-of-it"),
        ("https://e.org/story", "https://m.e.org/story?x=1", "https://e.org/story"),
        ("https://e.org/story", "https://e.org/story/amp/", "https://e.org/story"),
        ("https://e.org/story", "https://e.org/story/2", "https://e.org/story"),
        ("https://e.org/?p=5", "https://e.org/story", "https://e.org/?p=5"),
        ("https://e.org/", "https://e.org/?p=5", None),
        ("https://e.org/", URL, None),
        ("https://e.org", URL, None),
        ("https://www.e.org/2026/11/", URL, None),
        ("https://other.org/2026/11/10/story", URL, None),
        ("javascript:alert(1)", URL, None),
        ("http://[::1", URL, None),
        ("https://e.org/" + "x" * 3_000, URL, None),
        ("", URL, None),
    ],
)
def test_a_canonical_url_is_believed_on_its_own_site_only(href: str, url: str, canonical: str | None) -> None:
    """Another site's address, the front page's or a section's would join what is apart."""
    page = html.document_fromstring(
        f'<html><head><link rel="x"><link rel="Canonical" href="{href}"></head></html>'
    )
    assert read_canonical(page, url) == canonical


def test_a_page_may_state_nothing() -> None:
    """Unknown is None."""
    assert claims('<meta charset="utf-8"><meta name="author"><link rel="canonical">') == Claims()


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://e.org/2026/11/10/story", 10),
        ("https://e.org/news/20261110-story", 10),
        ("https://e.org/2026-11-10/story?x=2020/01/01", 10),
        ("https://e.org/news/2026111099", None),
        ("https://e.org/2026/13/10/", None),
        ("https://e.org/1970/01/01/", None),
        ("https://e.org/story?d=/2026/11/10/", None),
    ],
)
def test_a_day_may_stand_in_the_url(url: str, day: int | None) -> None:
    """A path with year, month and day names the day of publication."""
    assert url_date(url, NOW) == (datetime(2026, 11, day, tzinfo=UTC) if day else None)
