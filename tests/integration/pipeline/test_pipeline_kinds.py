"""How are sitemaps, index pages and JSON feeds polled, through the whole path?"""

import base64
import json
from collections.abc import Sequence

import pytest
from desks import feed
from fakes import FakeClock
from outlets import Listener, Make, dull, entries, memory, outcomes, publish, rows, work
from press import Press, Said, html, page, rss, xml

from monitor.app import App
from monitor.domain.feeds import Feed, LinkRules

LYING = 13
"""Hours after which a server that always says 304 is asked for a whole body."""


def urlset(press: Press, *numbers: int, title: str = "Choir {} sings") -> Said:
    """Return a news sitemap of these numbers."""
    inside = "".join(
        f"<url><loc>{press.url(f'/{number}')}</loc><n:news><n:title>{title.format(number)}</n:title>"
        "<n:publication_date>2026-11-23T08:00:00Z</n:publication_date></n:news></url>"
        for number in numbers
    )
    return xml(f"<urlset xmlns='s' xmlns:n='n'>{inside}</urlset>")


def index(press: Press, *parts: tuple[str, str]) -> Said:
    """Return an index of parts with their dates."""
    inside = "".join(
        f"<sitemap><loc>{press.url(path)}</loc><lastmod>{date}</lastmod></sitemap>" for path, date in parts
    )
    return xml(f"<sitemapindex xmlns='s'>{inside}</sitemapindex>")


def sitemap(press: Press, **changes: object) -> Feed:
    """Return a source that is a sitemap."""
    return feed("outlet", press.url("/sitemap.xml"), **{"kind": "sitemap", **changes})


def listing(heads: Sequence[str]) -> Said:
    """Return an index page of these headlines, each at its number."""
    cards = "".join(f"<h2><a href='/{number}'>{head}</a></h2>" for number, head in enumerate(heads, 1))
    return html(f"<html><body><nav><a href='/about-us'>About</a></nav><main>{cards}</main></body></html>")


def last(app: App) -> tuple[str, str, int]:
    """Return outcome, message and new entries of the last poll."""
    (row,) = rows(app, "SELECT outcome, message, new FROM polls ORDER BY id DESC LIMIT 1")
    outcome, message, new = row
    return outcome, message, new


def test_a_news_sitemap_becomes_articles(press: Press, desk: Make) -> None:
    """Its addresses are read as pages, under its titles."""
    press.answers |= {"/sitemap.xml": urlset(press, 1, 2)}
    for number in (1, 2):
        press.answers[f"/{number}"] = html(page(f"Choir {number} sings", ["The choir sang all day. " * 20]))
    app = desk(feeds=[sitemap(press)])
    work(app)
    assert {row.article.title for row in app.store.articles()} == {"Choir 1 sings", "Choir 2 sings"}


def test_an_index_and_its_parts_are_one_poll(press: Press, desk: Make, clock: FakeClock) -> None:
    """The parts come in a second wave; those whose date did not change are not asked again."""
    old, new = "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"
    press.answers |= {
        "/sitemap.xml": index(press, ("/a.xml", old), ("/b.xml", old)),
        "/a.xml": urlset(press, 1),
        "/b.xml": urlset(press, 2, 3),
    }
    app = desk(feeds=[sitemap(press)])
    assert app.poller.run()["new entries"] == 3
    clock.advance(hours=2)
    press.answers |= {
        "/sitemap.xml": index(press, ("/a.xml", new), ("/b.xml", old)),
        "/a.xml": urlset(press, 1, 4),
    }
    assert app.poller.run()["new entries"] == 1
    clock.advance(hours=2)
    app.poller.run()
    assert (press.times("/a.xml"), press.times("/b.xml")) == (2, 1)
    assert outcomes(app) == ["ok", "ok", "unchanged"]


def test_parts_without_a_time_of_day_are_asked_each_time(press: Press, desk: Make, clock: FakeClock) -> None:
    """The same index may stand for other entries: its bytes are no reason to ask no further."""
    press.answers |= {"/sitemap.xml": index(press, ("/a.xml", "2026-11-23")), "/a.xml": urlset(press, 1)}
    app = desk(feeds=[sitemap(press)])
    app.poller.run()
    clock.advance(hours=2)
    press.answers["/a.xml"] = urlset(press, 1, 2)
    assert app.poller.run()["new entries"] == 1
    assert press.times("/a.xml") == 2


def test_a_part_that_does_not_come_is_told_and_asked_again(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """It keeps the others from nothing."""
    date = "2026-11-23T08:00:00Z"
    press.answers |= {
        "/sitemap.xml": index(press, ("/a.xml", date), ("/b.xml", date)),
        "/a.xml": urlset(press, 1),
        "/b.xml": Said(status=503),
    }
    app = desk(feeds=[sitemap(press)])
    app.poller.run()
    outcome, message, new = last(app)
    assert (outcome, new) == ("ok", 1)
    assert f"{press.url('/b.xml')} did not come" in message
    press.answers["/b.xml"] = urlset(press, 2)
    clock.advance(hours=2)
    app.poller.run()
    assert last(app) == ("ok", "", 1)


def test_an_index_without_any_part_is_a_failure(press: Press, desk: Make) -> None:
    """A loop of indexes among them: none is followed below the first."""
    date = "2026-11-23T08:00:00Z"
    press.answers |= {
        "/sitemap.xml": index(press, ("/a.xml", date), ("/b.xml", date), ("/sitemap.xml", date)),
        "/a.xml": index(press, ("/sitemap.xml", date)),
        "/b.xml": html("<html><h1>Not here</h1></html>"),
    }
    app = desk(feeds=[sitemap(press)])
    app.poller.run()
    outcome, message, _ = last(app)
    assert outcome == "no-parts"
    assert f"{press.url('/a.xml')} is an index itself, and was not followed" in message
    assert "an HTML page came instead of a sitemap" in message
    assert sorted(press.asked) == ["/a.xml", "/b.xml", "/sitemap.xml"]


def test_an_index_keeps_no_other_feed_waiting(press: Press, desk: Make) -> None:
    """What lists articles itself is recorded before any part is asked for."""
    press.answers |= {
        "/sitemap.xml": index(press, ("/a.xml", "2026-11-23T08:00:00Z")),
        "/a.xml": urlset(press, 1),
    }
    publish(press, dull(2, press))
    app = desk(feeds=[sitemap(press), feed("other", press.url("/feed"))])
    app.poller.run()
    assert rows(app, "SELECT feed_id FROM polls ORDER BY id") == [("other",), ("outlet",)]


def test_parts_are_asked_with_what_the_source_needs(press: Press, desk: Make) -> None:
    """Headers and credentials go with them to the same host."""
    heard = Listener([urlset(press, 1)])
    press.answers |= {"/sitemap.xml": index(press, ("/a.xml", "2026-11-23T08:00:00Z")), "/a.xml": heard}
    app = desk(feeds=[sitemap(press, headers=(("X-Desk", "yes"),))])
    word = "Basic " + base64.b64encode(b"us:word").decode()
    app.poller.authorizations["outlet"] = word  # type: ignore[index]  # a plain dict in tests
    app.poller.run()
    (headers,) = heard.heard
    assert (headers.get("x-desk"), headers.get("authorization")) == ("yes", word)


def test_an_index_page_becomes_articles_and_brings_only_what_is_new(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Its links are read as pages; the next poll lists what was added."""
    heads = ["A choir sang in the park on Sunday", "Another choir sang there on Monday"]
    press.answers |= {
        "/news": listing(heads[:1]),
        "/1": html(page(heads[0], ["The choir sang all day. " * 20])),
    }
    app = desk(feeds=[feed("outlet", press.url("/news"), kind="page")])
    work(app)
    assert [row.article.title for row in app.store.articles()] == heads[:1]
    clock.advance(hours=2)
    press.answers["/news"] = listing(heads)
    assert app.poller.run()["new entries"] == 1
    assert rows(app, "SELECT title, late FROM entries ORDER BY id") == [(heads[0], 1), (heads[1], 0)]


def test_an_index_page_is_asked_as_robots_allow(press: Press, desk: Make) -> None:
    """Pages are made for people; who wants no programs there gets none."""
    press.answers |= {
        "/robots.txt": Said(
            body=b"User-agent: *\nDisallow: /news\n", headers=(("Content-Type", "text/plain"),)
        ),
        "/news": listing(["A choir sang in the park on Sunday"]),
    }
    app = desk(feeds=[feed("outlet", press.url("/news"), kind="page")])
    app.poller.run()
    assert outcomes(app) == ["robots"]
    assert press.times("/news") == 0


def test_a_page_without_a_list_is_a_failure_with_a_hint(press: Press, desk: Make) -> None:
    """A consent wall, or a page that is made anew in the browser: nothing is listed in silence."""
    press.answers["/news"] = html("<html><body><p>Please enable scripts.</p></body></html>")
    app = desk(feeds=[feed("outlet", press.url("/news"), kind="page")])
    app.poller.run()
    assert outcomes(app) == ["no-links"]
    assert "links.only" in (memory(app).last_error or "")


def test_the_rules_of_a_page_reach_its_parser(press: Press, desk: Make) -> None:
    """`within` and `only` are the source's."""
    press.answers["/news"] = html(
        "<body><div id=x><a href='/1'>One</a><a href='/x/2'>Two</a></div><a href=/3>Three</a></body>"
    )
    rules = LinkRules(within="//div[@id='x']", never=("/x/*",))
    app = desk(feeds=[feed("outlet", press.url("/news"), kind="page", links=rules)])
    app.poller.run()
    assert rows(app, "SELECT title FROM entries") == [("One",)]


@pytest.mark.parametrize("kind", ["feed", "sitemap"])
def test_links_that_do_not_count_are_left_out_and_counted(press: Press, desk: Make, kind: str) -> None:
    """An outlet's "in the news" pages are none of its own; the poll says how many were passed over."""
    links = LinkRules(only=("/*",), never=("/2", "/3"))
    press.answers["/source"] = (
        urlset(press, 1, 2, 3)
        if kind == "sitemap"
        else xml(rss([dull(number, press) for number in (1, 2, 3)]))
    )
    app = desk(feeds=[feed("outlet", press.url("/source"), kind=kind, links=links)])
    app.poller.run()
    assert rows(app, "SELECT title FROM entries") == [("Choir 1 sings",)]
    assert last(app) == ("ok", "2 left out by links", 1)


def test_a_json_feed_is_a_feed(press: Press, desk: Make, clock: FakeClock) -> None:
    """Told by its bytes, read by its texts, and only what is new comes again."""
    items = [
        {"id": str(n), "url": press.url(f"/{n}"), "title": f"T{n}", "content_text": "Words."}
        for n in range(3)
    ]

    def said(items: Sequence[object]) -> Said:
        return Said(body=json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode())

    press.answers["/feed"] = said(items[:2])
    app = desk(feeds=[feed("outlet", press.url("/feed"), read="feed")])
    work(app)
    assert {row.article.text for row in app.store.articles()} == {"Words."}
    clock.advance(hours=2)
    press.answers["/feed"] = said(items)
    assert app.poller.run()["new entries"] == 1
    assert len(entries(app)) == 3


def test_what_is_wrong_with_a_document_is_told_with_its_place(press: Press, desk: Make) -> None:
    """The rest of it is taken; a document without a rest has failed."""
    whole = urlset(press, 1).body.decode()
    press.answers |= {
        "/a": xml(whole.replace("</urlset>", "<url><loc>/?a=1&b=2</loc></url></urlset>")),
        "/b": Said(body=b'{"items": [{"id": "1"]}'),
    }
    app = desk(feeds=[feed("a", press.url("/a"), kind="sitemap"), feed("b", press.url("/b"))])
    app.poller.run()
    told = dict(rows(app, "SELECT feed_id, outcome || ' ' || message FROM polls"))
    assert told["a"].startswith("ok line 1, column ")
    assert told["b"].startswith("malformed malformed: line 1, column 22")


def test_a_server_that_always_says_304_is_asked_for_a_whole_body(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Twice a day no validators are sent, so that what it hides comes after half a day at the latest."""

    def lying(headers: object) -> Said:
        asked = "if-none-match" in headers  # type: ignore[operator]  # a mapping
        return Said(status=304) if asked else xml(rss(published), ETag='"always"')

    published = [dull(1, press)]
    press.answers["/feed"] = lying
    app = desk()
    app.poller.run()
    published.append(dull(2, press))
    new = []
    for _ in range(LYING):
        clock.advance(hours=1, minutes=7)
        new.append(app.poller.run()["new entries"])
    assert sum(new) == 1
    assert new.index(1) == 10
    assert set(outcomes(app)) == {"ok", "unchanged"}


def test_a_whole_body_that_is_the_same_is_not_parsed(press: Press, desk: Make, clock: FakeClock) -> None:
    """The forced fetch costs an honest server one body, and us a comparison."""
    listener = Listener(
        [xml(rss([dull(1, press)]), ETag='"1"'), Said(status=304), xml(rss([dull(1, press)]), ETag='"1"')]
    )
    press.answers["/feed"] = listener
    app = desk()
    app.poller.run()
    clock.advance(hours=2)
    app.poller.run()
    now = clock.advance(hours=11)
    app.poller.run()
    assert ["if-none-match" in headers for headers in listener.heard] == [False, True, False]
    assert outcomes(app) == ["ok", "unchanged", "unchanged"]
    assert memory(app).full_at == now
