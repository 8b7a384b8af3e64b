"""A page's feeds are found in every spelling of their links, and hostile pages name at most forty."""

import pytest

from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import FindJob, FoundOnPage, Pointer
from monitor.extract.finding import MOST, find_feeds

URL = "https://courier.example/news/"


def found(body: str) -> FoundOnPage:
    """Return what a page at URL says."""
    read = find_feeds(FindJob(body=body.encode(), url=URL))
    assert isinstance(read, FoundOnPage)
    return read


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/rss+xml" href="/rss">',
        "<LINK REL=ALTERNATE TYPE=application/atom+xml HREF=/rss>",
        "<link href='/rss' type='application/rss+xml; charset=utf-8' rel='home alternate'>",
        '<link rel="alternate" type="application/feed+json" href="https://courier.example/rss">',
        '<link rel="feed" href="../rss">',
        '<body><link rel="alternate" type="text/xml" href="/rss">',
    ],
)
def test_link_tags_in_every_spelling_name_a_feed(link: str) -> None:
    """Case, quotes, order and place of a link tag do not matter."""
    assert found(link).pointers == (Pointer(url="https://courier.example/rss", why="link"),)


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="stylesheet" type="text/css" href="/rss.css">',
        '<link rel="alternate stylesheet" type="text/xml" href="/x">',
        '<link rel="alternate" hreflang="ru" href="/ru/">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">',
        '<a href="/feedback">Write to us</a>',
        '<a href="mailto:rss@courier.example">x</a>',
    ],
)
def test_what_is_no_feed_is_not_named(link: str) -> None:
    """Styles, other languages, addresses that nobody can ask, and words that only sound alike."""
    assert found(link).pointers == ()


def test_links_are_resolved_against_the_base() -> None:
    """A `<base>` counts, wherever it leads."""
    page = '<base href="https://cdn.example/x/"><link rel=alternate type=application/rss+xml href=feed>'
    assert found(page).pointers[0].url == "https://cdn.example/x/feed"


def test_anchors_come_after_links_and_comments_last() -> None:
    """What the head names goes first; feeds of comments are the last that anybody wants."""
    page = (
        '<html lang="ru_RU"><title> The  Courier </title>'
        '<link rel=alternate type=application/rss+xml title="Comments" href="/comments/feed">'
        '<a href="/export/rss.xml">All news</a><a href="/x">RSS</a>'
        '<link rel=alternate type=application/rss+xml title="News" href="/feed"><a href="/feed">again</a>'
    )
    read = found(page)
    assert (read.title, read.lang) == ("The Courier", "ru-RU")
    assert [(one.url.removeprefix("https://courier.example"), one.why) for one in read.pointers] == [
        ("/feed", "link"),
        ("/export/rss.xml", "anchor"),
        ("/x", "anchor"),
        ("/comments/feed", "link"),
    ]


def test_a_hundred_thousand_links_name_forty_feeds() -> None:
    """A page cannot make us ask for more than the cap."""
    page = "".join(f"<link rel=alternate type=text/xml href=/{n}>" for n in range(100_000))
    assert len(found(page).pointers) == MOST


def test_an_empty_body_is_no_page() -> None:
    """Nothing is read in nothing."""
    assert isinstance(find_feeds(FindJob(body=b"", url=URL)), ParseFailed)
