"""Where feeds may be, which is best, and what a new source is called."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.domain.finding import Prospect
from monitor.policy.finding import (
    country_of,
    likely_places,
    named_sitemaps,
    ranked,
    site_of,
    source_id,
    source_lang,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SITE = "https://www.courier.example/"


def prospect(path: str = "feed", **changes: Any) -> Prospect:
    """Return a lively feed of the site."""
    fields = {
        "url": SITE + path,
        "kind": "feed",
        "why": "link",
        "total": 10,
        "newest": NOW,
        "samples": (path,),
    }
    return Prospect(**(fields | changes))


@pytest.mark.parametrize(
    "better_and_worse",
    [
        (prospect("a"), prospect("b", total=0)),
        (prospect("a"), prospect("b", newest=NOW - timedelta(days=400))),
        (prospect("a", newest=None), prospect("b", newest=NOW - timedelta(days=400))),
        (prospect("a", why="known"), prospect("comments/feed")),
        (prospect("a", why="anchor"), prospect("b", title="Comments on: The Courier")),
        (prospect("a", why="known"), prospect("b", kind="sitemap")),
        (prospect("a", kind="sitemap"), prospect("b", kind="page")),
        (prospect("world/feed", why="known"), prospect("feed")),
        (prospect("a"), prospect("b", why="anchor")),
        (prospect("a", why="known"), prospect("b", astray=True)),
        (prospect("a", astray=True), prospect("b", kind="page")),
        (prospect("a", full_text=True), prospect("b")),
    ],
)
def test_the_better_one_comes_first(better_and_worse: tuple[Prospect, Prospect]) -> None:
    """Alive, news, a feed, of the section asked for, named by the site, with texts: in this order."""
    better, worse = better_and_worse
    assert ranked([worse, better], f"{SITE}world/", NOW) == [better, worse]


def test_one_feed_at_two_addresses_is_offered_once() -> None:
    """The same entries under another path are the same feed; the better address stays."""
    one, other = prospect("feed"), prospect("rss", why="known", samples=("feed",))
    assert ranked([other, one], SITE, NOW) == [one]


def test_sections_have_places_of_their_own() -> None:
    """A section's own feed is looked for before the site's."""
    places = [one.url for one in likely_places(f"{SITE}world")]
    assert places[0] == f"{SITE}world/feed/"
    assert f"{SITE}rss.xml" in places
    assert f"{SITE}news-sitemap.xml" in places
    assert not any("world" in one.url for one in likely_places(f"{SITE}#top"))


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        (
            "https://www.youtube.com/channel/UC123_x/videos",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC123_x",
        ),
        (
            "https://www.youtube.com/playlist?list=PL9",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
        ),
        ("https://medium.com/@writer", "https://medium.com/feed/@writer"),
    ],
)
def test_platforms_have_one_place(url: str, feed: str) -> None:
    """Where a platform has its feeds is known, and nothing else is asked there."""
    assert [one.url for one in likely_places(url)] == [feed]


def test_a_page_of_a_platform_without_a_feed_has_none() -> None:
    """A video has no feed, and some platforms have none at all."""
    assert list(likely_places("https://t.me/s/orchard")) == []
    assert list(likely_places("https://www.youtube.com/watch?v=1")) == []


def test_sitemaps_of_news_come_first_and_five_are_enough() -> None:
    """robots.txt may name hundreds."""
    robots = "User-agent: *\nSITEMAP: https://a.example/one.xml\n" + "".join(
        f"Sitemap:https://a.example/{n}.xml\n" for n in range(9)
    )
    urls = [one.url for one in named_sitemaps(f"{robots}sitemap: https://a.example/news.xml # new\n")]
    assert urls[0] == "https://a.example/news.xml"
    assert len(urls) == 5


@pytest.mark.parametrize(
    ("url", "lang", "expected"),
    [
        ("https://www.gazeta.uz/ru/", "ru", "gazeta-uz"),
        ("https://feeds.courier.example/x", None, "courier-example"),
        ("https://astanatimes.com/", "en", "astanatimes"),
        ("https://taken.kz", "kk-Cyrl", "taken-kz-kk"),
        ("https://twice.kz", "ru", "twice-kz-ru-2"),
        ("https://127.0.0.1:8080/", None, "127-0-0-1"),
        ("no address", None, "source"),
    ],
)
def test_a_source_is_called_by_its_host(url: str, lang: str | None, expected: str) -> None:
    """With its language where the name is taken, and then with a number."""
    taken = {"taken-kz", "twice-kz", "twice-kz-ru"}
    assert source_id(url, lang, taken) == expected


@pytest.mark.parametrize(
    ("url", "country"),
    [
        ("https://kun.uz/", "UZ"),
        ("https://www.gov.uk:443/x", "GB"),
        ("https://a.tv", None),
        ("https://a.com", None),
        ("x", None),
    ],
)
def test_a_domain_may_tell_the_country(url: str, country: str | None) -> None:
    """Domains that are sold to all the world tell none."""
    assert country_of(url) == country


@pytest.mark.parametrize(
    ("home", "site"),
    [
        ("https://courier.example/", "https://courier.example/"),
        (None, "https://feeds.example/x"),
        ("http://localhost/", "https://feeds.example/x"),
        ("http://10.0.0.1:80/", "https://feeds.example/x"),
        ("about:blank", "https://feeds.example/x"),
    ],
)
def test_a_source_goes_by_its_home_where_that_is_a_public_name(home: str | None, site: str) -> None:
    """A feed whose home is somebody's own machine goes by its own address."""
    assert site_of(home, "https://feeds.example/x") == site


@pytest.mark.parametrize(
    ("claim", "lang"),
    [
        ("ru", "ru"),
        ("EN-us", "en"),
        ("uz_cyrl-UZ", "uz-Cyrl"),
        ("zh-Hant", "zh-Hant"),
        ("kk-1234", "kk"),
        ("English", None),
        ("", None),
        (None, None),
    ],
)
def test_a_claimed_language_is_written_as_sources_declare_it(claim: str | None, lang: str | None) -> None:
    """The script matters, the country does not; a word is no language."""
    assert source_lang(claim) == lang
