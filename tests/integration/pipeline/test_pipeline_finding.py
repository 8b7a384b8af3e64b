"""What is at an address? Real servers with sites of each kind, and the sources found there."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from desks import feed
from fakes import FakeClock
from outlets import Make
from press import Item, Press, Said, html, rss, xml

from monitor.domain.finding import Prospect
from monitor.pipeline.finding import Findings

DATE = "Mon, 23 Nov 2026 08:00:00 GMT"


def news(press: Press, number: int = 5, word: str = "Harvest") -> list[Item]:
    """Return some items of today."""
    return [
        Item(title=f"{word} {n} comes in from the valley", link=press.url(f"/{n}"), date=DATE)
        for n in range(number)
    ]


def site(press: Press, head: str = "", body: str = "<p>Welcome to the orchard.</p>") -> None:
    """Put up a front page."""
    press.answers["/"] = html(
        f"<html lang='en'><head><title>The Orchard</title>{head}</head><body>{body}</body></html>"
    )


def find(desk: Make, press: Press, path: str = "/") -> Findings:
    """Return what is found at a path."""
    return desk(feeds=[]).finder.find(press.url(path))


def paths(press: Press, prospects: Sequence[Prospect]) -> list[str]:
    """Return where on the server the sources are."""
    return [one.url.removeprefix(press.url("")) for one in prospects]


def test_a_feed_is_itself(press: Press, desk: Make) -> None:
    """The address of a feed needs no search."""
    press.answers["/rss"] = xml(rss(news(press)))
    (found,) = find(desk, press, "/rss").prospects
    assert (found.url, found.kind, found.total, found.title) == (
        press.url("/rss"),
        "feed",
        5,
        "The Orchard Courier",
    )
    assert found.samples[0] == "Harvest 0 comes in from the valley"


def test_a_sites_own_links_are_followed(press: Press, desk: Make) -> None:
    """What the page names is looked at; a dead link is left out, comments come last; nothing is guessed."""
    links = ("/comments/feed", "/dead", "/feed")
    site(press, "".join(f'<link rel=alternate type=application/rss+xml href="{path}">' for path in links))
    press.answers["/comments/feed"] = xml(rss(news(press, word="Comment"), title="Comments"))
    press.answers["/feed"] = xml(rss(news(press)))
    found = find(desk, press)
    assert paths(press, found.prospects) == ["/feed", "/comments/feed"]
    assert (found.lang, found.prospects[0].lang, found.prospects[0].home) == ("en", "en", press.url("/"))
    assert press.times("/rss.xml") == 0


@pytest.mark.parametrize("path", ["/feed/", "/rss.xml", "/atom.xml", "/?feed=rss2", "/?format=feed&type=rss"])
def test_known_paths_are_tried_where_the_page_names_nothing(press: Press, desk: Make, path: str) -> None:
    """WordPress, Joomla and many others have their feed where it always is."""
    site(press)
    press.answers[path] = xml(rss(news(press)))
    assert paths(press, find(desk, press).prospects) == [path]


def test_a_news_sitemap_serves_where_there_is_no_feed(press: Press, desk: Make) -> None:
    """robots.txt names it; one without dates is no source of news."""
    site(press)
    press.answers["/robots.txt"] = Said(
        body=f"Sitemap: {press.url('/all.xml')}\nSitemap: {press.url('/fresh-news.xml')}".encode()
    )
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
    entry = (
        "<url><loc>{0}</loc><n:news><n:publication><n:name>O</n:name><n:language>en</n:language></n:publication>"
        "<n:publication_date>2026-11-23</n:publication_date><n:title>Apples</n:title></n:news></url>"
    )
    press.answers["/fresh-news.xml"] = xml(f"{head}{entry.format(press.url('/1'))}</urlset>")
    press.answers["/all.xml"] = xml(f"{head}<url><loc>{press.url('/2')}</loc></url></urlset>")
    (found,) = find(desk, press).prospects
    assert (found.url, found.kind, found.total) == (press.url("/fresh-news.xml"), "sitemap", 1)


def test_the_page_itself_is_the_last_resort(press: Press, desk: Make) -> None:
    """An index of articles without any feed is a page source, named as the page is."""
    cards = "".join(
        f"<h3><a href='/press/{n}'>The ministry opened road number {n} in the north</a></h3>"
        for n in range(6)
    )
    site(press, body=f"<main>{cards}</main>")
    (found,) = find(desk, press).prospects
    assert (found.kind, found.total, found.title) == ("page", 6, "The Orchard")


def test_a_list_of_sources_is_told_as_such(press: Press, desk: Make) -> None:
    """An OPML address names many."""
    press.answers["/list"] = xml(
        f"<opml><body><outline text='a' xmlUrl='{press.url('/rss')}'/></body></opml>"
    )
    found = find(desk, press, "/list")
    assert found.outlines is not None
    assert [one.url for one in found.outlines.outlines] == [press.url("/rss")]


def test_a_page_about_feeds_is_looked_into(press: Press, desk: Make) -> None:
    """Many sites name their feeds on a page of their own, one step away; none further."""
    site(press, body="<a href='/about/rss'>RSS</a>")
    press.answers["/about/rss"] = html("<a href='/feeds/all.xml'>All news</a><a href='/rss/more'>More</a>")
    press.answers["/rss/more"] = html("<a href='/rss/deeper.xml'>RSS</a>")
    press.answers["/feeds/all.xml"] = xml(rss(news(press)))
    assert paths(press, find(desk, press).prospects) == ["/feeds/all.xml"]
    assert press.times("/rss/deeper.xml") == 0
    assert press.times("/rss.xml") == 0


@pytest.mark.parametrize(
    "said", [html("<p>Moved.</p>"), Said(status=403), Said(status=404), Said(status=410)]
)
def test_where_a_feed_was_the_front_page_leads_on(press: Press, desk: Make, said: Said) -> None:
    """A feed's address that answers with a page, or not at all: the site may have another."""
    site(press, "<link rel=alternate type=application/rss+xml href=/new/feed>")
    press.answers["/old/rss"] = said
    press.answers["/new/feed"] = xml(rss(news(press)))
    found = find(desk, press, "/old/rss")
    assert paths(press, found.prospects) == ["/new/feed"]
    assert (f"status {said.status}" in found.problem) == (said.status != 200)


def test_robots_decides_on_what_nobody_named(press: Press, desk: Make) -> None:
    """Guesses and anchors are asked as robots.txt allows; what the head names is meant for programs."""
    site(press, "<link rel=alternate type=application/rss+xml href=/named>", "<a href=/x/rss>RSS</a>")
    press.answers["/robots.txt"] = Said(body=b"User-agent: *\nDisallow: /named\nDisallow: /x\nDisallow: /rss")
    found = find(desk, press)
    assert press.times("/named") == 1
    assert (press.times("/x/rss"), press.times("/rss.xml"), press.times("/feed.xml")) == (0, 0, 1)
    assert " robots" in found.problem


def test_what_leads_elsewhere_comes_after_what_is_the_sites_own(press: Press, desk: Make) -> None:
    """A site may name a partner's feed first; a feed's language is that of its texts."""
    links = ("/partner", "/own")
    site(press, "".join(f'<link rel=alternate type=application/rss+xml href="{path}">' for path in links))
    text = "Министерство сообщило, что новая дорога в долине будет открыта осенью этого года. " * 3
    partner = [Item(title=f"Report {n}", link=f"https://partner.example/{n}", date=DATE) for n in range(4)]
    own = [Item(title="Дорога", link=press.url(f"/{n}"), date=DATE, text=f"{n} {text}") for n in range(3)]
    press.answers["/partner"], press.answers["/own"] = xml(rss(partner)), xml(rss(own))
    found = find(desk, press)
    assert paths(press, found.prospects) == ["/own", "/partner"]
    assert [one.lang for one in found.prospects] == ["ru", "en"]


def test_a_sitemap_without_dates_is_told_as_such(press: Press, desk: Make) -> None:
    """All the pages that a site ever had say nothing of what is new."""
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    press.answers["/map.xml"] = xml(f"{head}<url><loc>{press.url('/2')}</loc></url></urlset>")
    found = find(desk, press, "/map.xml")
    assert (found.prospects, found.problem[:23]) == ((), "a sitemap without dates")


def test_the_parts_of_a_sitemap_index_are_looked_at(press: Press, desk: Make) -> None:
    """An index lists nothing itself; its newest parts say what it would bring."""
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    press.answers["/index.xml"] = xml(
        f"<sitemapindex {space}><sitemap><loc>{press.url('/part.xml')}</loc></sitemap></sitemapindex>"
    )
    entries = "".join(
        f"<url><loc>{press.url(f'/{n}')}</loc><lastmod>2026-11-23</lastmod></url>" for n in range(3)
    )
    press.answers["/part.xml"] = xml(f"<urlset {space}>{entries}</urlset>")
    (found,) = find(desk, press, "/index.xml").prospects
    assert (found.kind, found.total) == ("sitemap", 3)


def test_leave_to_go_private_holds_for_one_host(press: Press, desk: Make) -> None:
    """What an intranet's page points to on other hosts is refused as ever."""
    with Press() as other:
        other.answers["/rss"] = xml(rss(news(other)))
        links = (other.url("/rss"), "/own")
        site(press, "".join(f'<link rel=alternate type=application/rss+xml href="{url}">' for url in links))
        press.answers["/own"] = xml(rss(news(press)))
        app = desk(feeds=[])
        closed = app.settings.http.model_copy(update={"allowed": ()})
        app.settings = replace(app.settings, http=closed)
        found = app.finder.find(press.url("/"), allow_private=True)
        assert paths(press, found.prospects) == ["/own"]
        assert not other.asked


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(status=404), "status 404"),
        (html("<p>Nothing here.</p>"), "neither a feed nor a list of articles was found there"),
        (Said(body=b""), "not-a-page"),
    ],
)
def test_why_nothing_was_found_is_told(press: Press, desk: Make, said: Said, problem: str) -> None:
    """A dead address, and one without anything to take."""
    press.answers["/"] = said
    found = find(desk, press)
    assert found.prospects == ()
    assert found.problem.startswith(problem)


def test_a_page_cannot_make_us_ask_in_private_networks(press: Press, desk: Make) -> None:
    """Links to addresses that are not public are refused by the guard and cost nothing."""
    targets = (
        "http://10.0.0.1/rss",
        "http://[::1]/rss",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
    )
    site(press, "".join(f'<link rel=alternate type=application/rss+xml href="{url}">' for url in targets))
    assert find(desk, press).prospects == ()


def test_what_sources_would_give_is_told_and_nothing_is_stored(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Each kind of end has its words; a move for good is named."""
    press.answers["/good"] = xml(rss(news(press)))
    press.answers["/old"] = Said(status=301, headers=(("Location", press.url("/good")),))
    press.answers["/empty"] = xml(rss([]))
    press.answers["/page"] = html("<p>A page.</p>")
    press.answers["/304"] = Said(status=304)
    names = ("good", "old", "empty", "page", "304", "gone")
    app = desk(feeds=[feed(name, press.url(f"/{name}")) for name in names])
    tried = {one.feed.id: one for one in app.tester.test(app.settings.feeds)}
    assert {name: one.gave for name, one in tried.items()} == {
        name: name in ("good", "old") for name in names
    }
    assert (tried["good"].total, tried["good"].moved, tried["old"].moved) == (5, None, press.url("/good"))
    assert tried["empty"].message == "it lists no entry"
    assert (tried["page"].outcome, tried["gone"].message[:10]) == ("not-a-feed", "status 404")
    app.store.remember_feeds(app.settings.feeds, clock.now())
    assert all(row.polls == 0 and row.entries == 0 for row in app.store.feed_states())
