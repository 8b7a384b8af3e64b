"""How are sitemaps, index pages and JSON feeds polled, through the whole path?"""

from collections.abc import Sequence

import pytest
from desks import feed
from fakes import FakeClock
from outlets import Listener, Make, dull, memory, outcomes, publish, rows, work
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


def test_parts_without_a_time_of_day_are_asked_each_time(press: Press, desk: Make, clock: FakeClock) -> None:
    """The same index may stand for other entries: its bytes are no reason to ask no further."""
    press.answers |= {"/sitemap.xml": index(press, ("/a.xml", "2026-11-23")), "/a.xml": urlset(press, 1)}
    app = desk(feeds=[sitemap(press)])
    app.poller.run()
    clock.advance(hours=2)
    press.answers["/a.xml"] = urlset(press, 1, 2)
    assert app.poller.run()["new entries"] == 1
    assert press.times("/a.xml") == 2


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
