"""Do the service's own paths to the network keep away from home, from halves, and from impoliteness?

N1: feeds, articles, parts of sitemaps and the search for feeds, each with every hostile URL. N4: a feed
that is cut off at each of its bytes. N6: thirty days of polls beside what each server asked for.
"""

import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from desks import Desk, feed
from fakes import FakeClock
from hostile_urls import HOSTILE, resolve
from press import Item, Press, Said, html, rss, xml

from monitor.domain.feeds import Feed
from monitor.http import AioHttp, HttpSettings

OUTSIDE = "127.0.0.9"
"""The one address that stands for the open internet."""

HOUR = timedelta(hours=1)

Guarded = tuple[Desk, list[tuple[str, int]]]


@pytest.fixture
def outside() -> Iterator[Press]:
    """A web server that counts as public."""
    with Press(host=OUTSIDE) as opened:
        yield opened


@pytest.fixture
def guarded(
    tmp_path: Path, workers: Any, clock: FakeClock, sqlite_url: str
) -> Iterator[Callable[..., Guarded]]:
    """Start a desk whose way out is guarded as on the open internet, and that notes every dial."""
    assert sqlite_url.endswith("newsmon.db")
    running: list[Desk] = []

    def start(*feeds: Feed) -> Guarded:
        dialled: list[tuple[str, int]] = []

        def dial(info: Any) -> socket.socket:
            host, port = str(info[4][0]), int(info[4][1])
            dialled.append((host, port))
            if host != OUTSIDE:
                raise OSError(f"would have dialled {host}")
            return socket.socket(info[0], info[1], info[2])

        app = Desk(tmp_path, workers, feeds=feeds, clock=clock)
        settings = HttpSettings(allowed=(ip_network(f"{OUTSIDE}/32"),), spacing=timedelta(), per_host=16)
        app.__dict__["http"] = AioHttp(settings, resolve=resolve, opener=dial)
        running.append(app)
        return app, dialled

    yield start
    for app in running:
        app.close()


def rows(app: Desk, query: str) -> list[Any]:
    """Return what the desk's database holds."""
    with closing(sqlite3.connect((app.settings.database.url or "").removeprefix("sqlite:///"))) as database:
        return database.execute(query).fetchall()


@pytest.mark.hazard("N1")
def test_no_feed_leads_home(guarded: Callable[..., Guarded]) -> None:
    """Each hostile URL as a source's own address is a failed poll, and no dial."""
    app, dialled = guarded(*(feed(f"f{n}", url) for n, url in enumerate(_clean())))
    counts = app.poller.run()
    assert counts["new entries"] == counts["ok"] == 0
    assert sum(counts.values()) == len(HOSTILE)
    assert dialled == []


@pytest.mark.hazard("N1")
def test_no_article_leads_home(guarded: Callable[..., Guarded], outside: Press) -> None:
    """Each hostile URL as an item's link is an entry without a page, and no dial but to the feed."""
    links = [
        f"<item><title>Item {n}</title><link>{escape(url)}</link></item>" for n, url in enumerate(_clean())
    ]
    outside.answers["/feed"] = xml(f"<rss version='2.0'><channel>{''.join(links)}</channel></rss>")
    app, dialled = guarded(feed("outlet", outside.url("/feed")))
    assert app.poller.run()["new entries"] == len(links)
    while app.reader.run():
        pass
    assert {host for host, _ in dialled} == {OUTSIDE}
    assert rows(app, "SELECT count(*) FROM articles") == [(0,)]


@pytest.mark.hazard("N1")
def test_no_part_of_a_sitemap_leads_home(guarded: Callable[..., Guarded], outside: Press) -> None:
    """Each hostile URL as a part of an index is passed over, and no dial."""
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    feeds = []
    for at in range(0, len(HOSTILE), 5):
        parts = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in _clean()[at : at + 5])
        outside.answers[f"/{at}"] = xml(f"<sitemapindex xmlns='{space}'>{parts}</sitemapindex>")
        feeds.append(feed(f"f{at}", outside.url(f"/{at}"), kind="sitemap"))
    app, dialled = guarded(*feeds)
    app.poller.run()
    assert {host for host, _ in dialled} == {OUTSIDE}
    assert rows(app, "SELECT count(*) FROM entries") == [(0,)]


@pytest.mark.hazard("N1")
def test_no_search_for_feeds_leads_home(guarded: Callable[..., Guarded], outside: Press) -> None:
    """Each hostile URL as the address given, and as a feed that a site names, is told, and no dial."""
    app, dialled = guarded()
    for url in HOSTILE:
        found = app.finder.find(url)
        assert (found.prospects, bool(found.problem)) == ((), True), url
    assert dialled == []
    tags = [f'<link rel="alternate" type="application/rss+xml" href={quoteattr(url)}>' for url in _clean()]
    for at in range(0, len(tags), 30):
        named = "".join(tags[at : at + 30])
        outside.answers[f"/{at}"] = html(f"<html><head>{named}</head><body><p>Welcome.</p></body></html>")
        assert app.finder.find(outside.url(f"/{at}")).prospects == ()
    assert {host for host, _ in dialled} == {OUTSIDE}


def _clean() -> list[str]:
    """Return the hostile URLs as far as XML and the database can hold them."""
    return ["".join(char for char in url if char not in "\r\n\x00\t") for url in HOSTILE]


@pytest.mark.hazard("N4")
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_no_cut_of_a_feed_makes_or_loses_an_entry(
    step: int, press: Press, desk: Callable[..., Desk], clock: FakeClock, sqlite_url: str
) -> None:
    """Cut at any byte, a feed of ten items gives whole items only, and its next poll gives the others."""
    assert sqlite_url.endswith("newsmon.db")
    whole = rss(
        [
            Item(
                title=f"Orchard no {n} is open",
                link=f"https://orchard.example/2026/{n}",
                guid=f"orchard-{n}",
                date=f"Mon, 23 Nov 2026 0{n}:00:00 GMT",
                text=f"The {n} gates are open.",
            )
            for n in range(10)
        ]
    ).encode()
    cuts = range(0, len(whole), step)
    feeds = [feed(f"cut-{at}", press.url(f"/{at}")) for at in cuts]
    press.answers = {f"/{at}": xml(whole[:at], ETag='"7"') for at in cuts}
    app = desk(feeds=[*feeds, feed("whole", press.url("/whole"))], clock=clock)
    press.answers["/whole"] = xml(whole)
    _poll_all(app)
    expected = set(_listed(app, "whole"))
    assert len(expected) == 10
    phantoms = [found for found in _entries(app) if found[1:] not in expected]
    assert phantoms == []
    validators = rows(app, "SELECT id FROM feeds WHERE etag IS NOT NULL")
    for (feed_id,) in validators:
        assert set(_listed(app, feed_id)) == expected, "a cut body's validators hide the rest"
    clock.advance(hours=26)
    press.answers = dict.fromkeys((f"/{at}" for at in [*cuts, "whole"]), xml(whole))
    _poll_all(app)
    assert len(_entries(app)) == 10 * (len(feeds) + 1)
    assert {found[1:] for found in _entries(app)} == expected


def _poll_all(app: Desk) -> None:
    while app.poller.run():
        pass


def _entries(app: Desk) -> list[tuple[str, ...]]:
    return [tuple(row) for row in rows(app, "SELECT feed_id, guid, url, title, summary FROM entries")]


def _listed(app: Desk, feed_id: str) -> list[tuple[str, ...]]:
    return [row[1:] for row in _entries(app) if row[0] == feed_id]


@dataclass(slots=True)
class Server:
    """A server that notes when it is asked, and that says from when on it may be asked again.

    `answers` are given in turn, each with the wait that it asks for.
    """

    clock: FakeClock
    answers: Sequence[tuple[Said, timedelta]]
    asked: list[datetime] = field(default_factory=list)
    early: list[tuple[datetime, datetime]] = field(default_factory=list)
    welcome: datetime | None = None

    def __call__(self, _headers: Mapping[str, str]) -> Said:
        """Answer, and note whoever comes too early."""
        now = self.clock.now()
        if self.welcome is not None and now < self.welcome:
            self.early.append((now, self.welcome))
        said, wait = self.answers[len(self.asked) % len(self.answers)]
        self.asked.append(now)
        self.welcome = now + wait
        return said


def _news(head: str = "", **headers: str) -> Said:
    items = rss([Item(title="Harvest", link="https://orchard.example/1", guid="1")])
    return xml(items.replace("</title><item>", f"</title>{head}<item>"), **headers)


def _busy(status: int, retry_after: str) -> Said:
    # Without a Date of the server's, whose clock is not the test's: the instant is then taken by ours.
    lines = f"HTTP/1.1 {status} Busy\r\nRetry-After: {retry_after}\r\nContent-Length: 0\r\n\r\n"
    return Said(raw=lines.encode())


@pytest.mark.hazard("N6")
def test_in_thirty_days_nobody_is_asked_before_they_said(
    press: Press, desk: Callable[..., Desk], clock: FakeClock, sqlite_url: str
) -> None:
    """No poll comes before what body, cache, or overload asked for, and none is more than the pace allows."""
    assert sqlite_url.endswith("newsmon.db")
    servers = {
        "plain": ([(_news(), HOUR)], 720),
        "ttl": ([(_news("<ttl>180</ttl>"), 3 * HOUR)], 240),
        "cache": ([(_news(Cache_Control="max-age=14400"), 4 * HOUR)], 180),
        "busy": ([(_news(), HOUR), (_busy(503, "18000"), 5 * HOUR)], 240),
        "limited": ([(_busy(429, "86400"), 24 * HOUR)], 30),
        "refused": ([(Said(status=403), HOUR)], 60),
        "broken": ([(Said(status=500), HOUR)], 60),
        "gone": ([(Said(status=410), 30 * 24 * HOUR)], 1),
        "lost": ([(Said(status=404), HOUR)], 80),
    }
    listening = {name: Server(clock, answers) for name, (answers, _) in servers.items()}
    press.answers = {f"/{name}": server for name, server in listening.items()}
    app = desk(feeds=[feed(name, press.url(f"/{name}")) for name in servers], clock=clock)
    begun = clock.now()
    while clock.now() - begun < timedelta(days=30):
        app.poller.run()
        clock.advance(minutes=30)
    assert {name: server.early for name, server in listening.items() if server.early} == {}
    asked = {name: len(server.asked) for name, server in listening.items()}
    assert {name: times for name, times in asked.items() if times > servers[name][1]} == {}
    assert min(asked.values()) >= 1
