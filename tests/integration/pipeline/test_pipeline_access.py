"""What a source needs to be read: headers, credentials and rules of its own, kept to its own site."""

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest
from desks import feed, shipped
from fakes import FakeClock
from outlets import Listener, Make, dull, entries, memory, publish
from press import Press, Said, html, rss, xml

from monitor.domain.feeds import PageRules

PASSWORD = "Basic " + base64.b64encode(b"desk:secret").decode()


@pytest.fixture
def guarded(press: Press) -> list[tuple[str, Mapping[str, str]]]:
    """An outlet that asks who we are and wants a browser; what it heard is noted."""
    heard: list[tuple[str, Mapping[str, str]]] = []
    page = "<h2>A choir sings in the hills</h2><div id=t><p>The choir sang in the hills.</p></div>"
    guard(press, heard, "/feed", xml(rss([dull(1, press)])))
    guard(press, heard, "/1", html(f"<html><body><p>Menu</p>{page}</body></html>"))
    return heard


def guard(press: Press, heard: list[tuple[str, Mapping[str, str]]], path: str, answer: Said) -> None:
    """Give the answer only to who knows the password, and note what was asked."""

    def said(headers: Mapping[str, str]) -> Said:
        heard.append((path, headers))
        return answer if headers.get("authorization") == PASSWORD else html("<p>Who are you?</p>", 401)

    press.answers[path] = said


def test_a_source_is_read_with_what_it_needs(
    press: Press, desk: Make, guarded: list[tuple[str, Mapping[str, str]]]
) -> None:
    """Its feed and its pages are asked for with its headers and credentials, and read by its rules."""
    source = feed(
        "outlet",
        press.url("/feed"),
        headers=(("User-Agent", "A browser"), ("Accept-Language", "ky")),
        reading=PageRules(title="//h2", body="//div[@id='t']", date="//time"),
    )
    settings = replace(shipped(), authorizations={"outlet": PASSWORD})
    app = desk(feeds=[source], settings=settings)
    app.poller.run()
    app.reader.run()
    assert [path for path, _ in guarded] == ["/feed", "/1"]
    assert {(headers["user-agent"], headers["accept-language"]) for _, headers in guarded} == {
        ("A browser", "ky")
    }
    (article,) = (row.article for row in app.store.articles())
    assert (article.title, article.text) == ("A choir sings in the hills", "The choir sang in the hills.")
    journey = app.store.journey(press.url("/1"))
    assert journey is not None
    assert journey.reason.endswith("nothing found by the source's rule for date")


def test_what_a_source_needs_is_not_for_others(
    press: Press, desk: Make, guarded: list[tuple[str, Mapping[str, str]]]
) -> None:
    """A page on another host is asked for without the source's headers and credentials."""
    elsewhere = press.url("/1").replace("127.0.0.1", "127.0.0.2")
    publish(press, dull(1, press, link=elsewhere))
    source = feed("outlet", press.url("/feed"), headers=(("Accept-Language", "ky"),))
    app = desk(feeds=[source], settings=replace(shipped(), authorizations={"outlet": PASSWORD}))
    app.poller.run()
    app.reader.run()
    assert len(entries(app)) == 1
    for _, headers in guarded:
        assert not {"authorization", "accept-language"} & headers.keys()


def test_the_parts_of_an_index_are_asked_as_the_index_is(
    press: Press, desk: Make, guarded: list[tuple[str, Mapping[str, str]]]
) -> None:
    """A sitemap behind a password names others behind it."""
    listed = f"<url><loc>{press.url('/1')}</loc><lastmod>2026-11-23T08:00:00Z</lastmod></url>"
    guard(press, guarded, "/news.xml", xml(f"<urlset>{listed}</urlset>"))
    parts = f"<sitemap><loc>{press.url('/news.xml')}</loc></sitemap>"
    guard(press, guarded, "/index.xml", xml(f"<sitemapindex>{parts}</sitemapindex>"))
    source = feed("outlet", press.url("/index.xml"), kind="sitemap")
    app = desk(feeds=[source], settings=replace(shipped(), authorizations={"outlet": PASSWORD}))
    app.poller.run()
    assert len(entries(app)) == 1
    (tried,) = app.tester.test([source])
    assert tried.gave


def test_a_feed_that_moved_to_another_host_takes_no_secrets_along(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Wherever a site sends us for good, headers and credentials are for the declared one."""
    there = press.url("/elsewhere").replace("127.0.0.1", "localhost")
    press.answers["/feed"] = Said(status=301, headers=(("Location", there),))
    source = feed("outlet", press.url("/feed"), headers=(("X-Key", "secret"),))
    app = desk(feeds=[source], settings=replace(shipped(), authorizations={"outlet": PASSWORD}))
    press.answers["/elsewhere"] = elsewhere = Listener(says=[xml(rss([dull(1, press)]))])
    for _ in range(4):
        app.poller.run()
        clock.advance(days=1)
    assert memory(app).url == there
    assert len(elsewhere.heard) == 4
    for headers in elsewhere.heard:
        assert not {"authorization", "x-key"} & headers.keys()
