"""What do documents that are made to hurt cost, and what do the entries of a feed that lies come to?

P1: sixty hostile documents, as feeds and as pages, in real workers; and a thousand good ones among them. P3:
guids that are made anew at each poll. P4: a first poll full of what would be told.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, feed
from fakes import FakeClock
from press import Item, Press, rss, xml

from monitor.demo.mailbox import Mailbox
from monitor.domain.alerts import Recipient, Subscription, When
from monitor.domain.articles import Extracted, ExtractFailed, FeedJob, PageJob, WorkerLimits
from monitor.domain.feeds import ParsedFeed, ParseFailed
from monitor.extract import ParserProcesses

URL = "https://e.org/feed"
DEADLINE = 3.0
"""How long a worker has for a document here; 10 s outside."""

ITEM = b"<item><title>A</title><link>https://e.org/a</link></item>"
END = b"</channel></rss>"
HEAD = b'<rss version="2.0"><channel><title>F</title>'
WORDS = "The ministers met in the capital on Monday and spoke about a railway to the northern sea. "
GOOD_FEED = HEAD + ITEM + END
GOOD_PAGE = (
    f"<html><head><title>T</title></head><body><article><p>{WORDS * 4}</p></article></body></html>".encode()
)


def _laughs(depth: int) -> bytes:
    entities = b"".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'.encode() for n in range(1, depth))
    body = f"<title>&l{depth - 1};</title>".encode()
    return b'<!DOCTYPE rss [<!ENTITY l0 "ha">' + entities + b"]>" + HEAD + b"<item>" + body + b"</item>" + END


def _script(inside: bytes) -> bytes:
    return b'<script type="application/ld+json">' + inside + b"</script>" + GOOD_PAGE


HOSTILE_FEEDS = {
    "encoding sought for a minute": b"<?xml " + b"encoding='' " * 3_500 + GOOD_FEED,
    "a billion laughs": _laughs(10),
    "laughs of one level": b'<!DOCTYPE r [<!ENTITY a "' + b"a" * 100_000 + b'">]>' + HEAD + b"&a;" * 5_000,
    "a file of ours": b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    + HEAD
    + b"<item><title>&f;</title>",
    "an address of ours": b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">' + GOOD_FEED,
    "a parameter entity": b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>' + GOOD_FEED,
    "a doctype without end": b"<!DOCTYPE r [" + b"<!ENTITY a 'b'>" * 100_000,
    "nested elements": HEAD + b"<a>" * 200_000,
    "nested items": HEAD + b"<item>" * 100_000,
    "nested elements in a text": HEAD
    + b"<item><description>"
    + b"&lt;div&gt;" * 100_000
    + b"</description></item>"
    + END,
    "a tag of a megabyte": HEAD + b"<item " + b"a='b' " * 150_000 + b"/>" + END,
    "different attributes": HEAD + b"<item " + b" ".join(b"a%d=''" % n for n in range(60_000)) + b"/>" + END,
    "name spaces": HEAD
    + b"<item "
    + b" ".join(b"xmlns:a%d='u%d'" % (n, n) for n in range(40_000))
    + b"/>"
    + END,
    "a title of three megabytes": HEAD + b"<item><title>" + b"x" * 3_000_000 + b"</title></item>" + END,
    "a title that never ends": HEAD + b"<item><title>" + b"<" * 200_000,
    "ampersands": HEAD + b"<item><title>" + b"&" * 500_000 + b"</title></item>" + END,
    "open comments": HEAD + b"<!--" * 200_000 + END,
    "open CDATA": HEAD + b"<![CDATA[" * 200_000 + END,
    "processing instructions": HEAD + b"<?x " * 200_000 + END,
    "zeros": b"\0" * 1_000_000,
    "zeros in a feed": HEAD + b"\0" * 1_000_000 + ITEM + END,
    "UTF-16 that is none": b"\xff\xfe" + GOOD_FEED * 100,
    "UTF-32": b"\xff\xfe\0\0" + GOOD_FEED * 100,
    "UTF-7": b"<?xml version='1.0' encoding='utf-7'?>" + HEAD + b"+ADw-item+AD4-" * 10_000 + END,
    "an encoding of bytes": b"<?xml version='1.0' encoding='hex'?>" + GOOD_FEED,
    "surrogates": HEAD + b"<item><title>" + b"\xed\xa0\x80" * 100_000 + b"</title></item>" + END,
    "dates of a megabyte": HEAD + b"<item><pubDate>" + b"1 " * 500_000 + b"</pubDate></item>" + END,
    "a hundred thousand links": HEAD
    + b"<item>"
    + b"<link>https://e.org/</link>" * 100_000
    + b"</item>"
    + END,
    "JSON without end": b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 200_000,
    "a number without end": b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":'
    + b"9" * 1_000_000
    + b"}]}",
}
HOSTILE_PAGES = {
    "nested blocks": b"<div>" * 100_000 + GOOD_PAGE,
    "nested quotes": b"<blockquote>" * 50_000 + GOOD_PAGE,
    "nested tables": b"<table><tr><td>" * 20_000 + GOOD_PAGE,
    "nested letters": b"<b>" * 100_000 + WORDS.encode() * 100,
    "nested lists": b"<ul><li>" * 50_000 + GOOD_PAGE,
    "nested fonts": b"<p><font>" * 50_000 + GOOD_PAGE,
    "misnested": b"<b><i><p></b></i>" * 20_000 + GOOD_PAGE,
    "breaks": b"<br>" * 300_000 + GOOD_PAGE,
    "paragraphs": b"<article>" + b"<p>a" * 300_000,
    "links": b'<a href="/x">y</a>' * 100_000 + GOOD_PAGE,
    "pictures": b'<img src="x" alt="y">' * 100_000 + GOOD_PAGE,
    "attributes": b"<p " + b"a=b " * 200_000 + b">" + GOOD_PAGE,
    "different attributes": b"<p " + b" ".join(b"a%d=b" % n for n in range(40_000)) + b">" + GOOD_PAGE,
    "a style of two megabytes": b'<p style="' + b"a:b;" * 500_000 + b'">' + GOOD_PAGE,
    "claims in braces": _script(b"{" * 100_000),
    "claims in brackets": _script(b"[" * 300_000),
    "claims of strings": _script(b'{"a":"' + b'\\"' * 300_000),
    "claims of names": _script(b'{"@type":"Article","author":{"name":"' * 20_000),
    "claims of dates": _script(b'{"datePublished":"' + b"2026-" * 200_000 + b'"}'),
    "metas": b'<meta name="author" content="a, b; c and d">' * 50_000 + GOOD_PAGE,
    "dates": b"".join(b"<time>%d January 2026</time>" % (n % 28) for n in range(50_000)) + GOOD_PAGE,
    "a canonical address of a megabyte": b'<link rel=canonical href="http://'
    + b"a." * 500_000
    + b'">'
    + GOOD_PAGE,
    "a title of three megabytes": b"<title>" + b"x " * 1_500_000 + b"</title>" + GOOD_PAGE,
    "one word": b"<article><p>" + b"x" * 3_000_000 + b"</p></article>",
    "blanks": b"<article><p>" + b" " * 3_000_000 + WORDS.encode() + b"</p></article>",
    "zeros": b"<article>" + b"\0" * 2_000_000 + GOOD_PAGE,
    "comments": b"<!--" * 300_000 + GOOD_PAGE,
    "entities": b"<article><p>" + b"&#x10FFFF;&nbsp" * 200_000 + b"</p></article>",
    "frames and forms": b"<form><input><iframe><select><option>" * 20_000 + GOOD_PAGE,
    "an address in the base": b'<base href="http://[' + b":" * 100_000 + b'">' + GOOD_PAGE,
}

Outcome = ParsedFeed | ParseFailed | Extracted | ExtractFailed


@pytest.fixture
def pool() -> Iterator[ParserProcesses]:
    """Two workers with little time."""
    opened = ParserProcesses(WorkerLimits(deadline=timedelta(seconds=DEADLINE), workers=2))
    yield opened
    opened.close()


def _hostile_jobs(pool: ParserProcesses) -> dict[str, Callable[[], "Future[Any]"]]:
    def parse(body: bytes) -> Callable[[], "Future[Any]"]:
        return lambda: pool.parse_feed(FeedJob(body=body, url=URL))

    def extract(body: bytes) -> Callable[[], "Future[Any]"]:
        return lambda: pool.extract_page(PageJob(body=body, url="https://e.org/a"))

    return {f"feed: {name}": parse(body) for name, body in HOSTILE_FEEDS.items()} | {
        f"page: {name}": extract(body) for name, body in HOSTILE_PAGES.items()
    }


@pytest.mark.slow
@pytest.mark.hazard("P1")
def test_every_hostile_document_ends_in_time(pool: ParserProcesses) -> None:
    """Sixty documents each come to a value within the limit and three seconds, whatever it is."""
    pool.parse_feed(FeedJob(body=GOOD_FEED, url=URL)).result(timeout=60)
    jobs = _hostile_jobs(pool)
    assert len(jobs) >= 60
    late, strange = {}, {}
    for name, submit in jobs.items():
        begun = time.monotonic()
        outcome = submit().result(timeout=60)
        took = time.monotonic() - begun
        if took > DEADLINE + 3:
            late[name] = took
        if not isinstance(outcome, Outcome):
            strange[name] = outcome
    assert (late, strange) == ({}, {})
    after = pool.parse_feed(FeedJob(body=GOOD_FEED, url=URL)).result(timeout=60)
    assert isinstance(after, ParsedFeed)


@pytest.mark.slow
@pytest.mark.hazard("P1")
def test_good_documents_among_hostile_ones_are_all_read(pool: ParserProcesses) -> None:
    """Of a thousand good feeds and pages, sent together with sixty hostile ones, none is lost."""
    hostile = list(_hostile_jobs(pool).values())
    good: list[Future[Any]] = []
    for number in range(1000):
        if number % 16 == 0 and hostile:
            hostile.pop()()
        if number % 2:
            page = GOOD_PAGE.replace(b"<title>T", b"<title>T%d" % number)
            good.append(pool.extract_page(PageJob(body=page, url=f"https://e.org/{number}")))
        else:
            body = GOOD_FEED.replace(b"<title>A", b"<title>A%d" % number)
            good.append(pool.parse_feed(FeedJob(body=body, url=URL)))
    outcomes = [future.result(timeout=250) for future in good]
    assert all(isinstance(outcome, Extracted | ParsedFeed) for outcome in outcomes)
    assert [outcome.entries[0].title for outcome in outcomes[::2]] == [f"A{n}" for n in range(0, 1000, 2)]


@pytest.fixture
def told(
    tmp_path: Path, workers: Any, clock: FakeClock, press: Press, sqlite_url: str
) -> Iterator[Callable[..., tuple[Desk, Mailbox]]]:
    """Start a desk with one feed and a recipient who is told everything at once, by mail."""
    assert sqlite_url.endswith("newsmon.db")
    reader = Recipient(
        id="desk",
        name="The desk",
        addresses=(("email", "desk@desk.example"),),
        subscriptions=(Subscription(when=When.AT_ONCE),),
    )
    with Mailbox(tmp_path / "mails") as box:
        running: list[Desk] = []

        def start(**changes: Any) -> tuple[Desk, Mailbox]:
            source = feed("outlet", press.url("/feed"), read="feed", **changes)
            running.append(
                Desk(tmp_path, workers, feeds=[source], recipients=[reader], clock=clock, smtp_port=box.port)
            )
            return running[-1], box

        yield start
        for app in running:
            app.close()


def work(app: Desk) -> None:
    """Poll, read, match and tell."""
    app.poller.run()
    while app.reader.run():
        pass
    while app.matching.run()["articles"]:
        pass
    app.notifier.run()


def count(app: Desk, table: str) -> int:
    """Return how many rows a table has."""
    with closing(sqlite3.connect((app.settings.database.url or "").removeprefix("sqlite:///"))) as database:
        (number,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(number)


def flagged(number: int, **changes: Any) -> Item:
    """Return an item that a shipped topic flags."""
    fields = {
        "title": f"EU and Kazakhstan sign roadmap {number} on rare earths",
        "link": f"https://outlet.example/{number}",
        "text": f"The European Union and Kazakhstan signed roadmap {number} on rare earths in Astana.",
    }
    return Item(**(fields | changes))


@pytest.mark.hazard("P3")
def test_guids_made_anew_at_each_poll_repeat_nothing(
    told: Callable[..., tuple[Desk, Mailbox]], press: Press, clock: FakeClock
) -> None:
    """Over a hundred polls with new guids and one new item each, each item is one entry and one alert."""
    app, box = told(first_poll="alert", poll_every=timedelta(minutes=10))
    for poll in range(100):
        window = range(poll, poll + 5)
        press.answers["/feed"] = xml(rss([flagged(n, guid=f"{poll}-{n}-made-anew") for n in window]))
        app.poller.run()
        if poll % 10 == 9:
            work(app)
        clock.advance(minutes=20)
    assert count(app, "polls") == 100
    assert count(app, "entries") == count(app, "articles") == count(app, "alerts") == 104
    assert box.count() == 104


@pytest.mark.hazard("P4")
@pytest.mark.parametrize("date", ["Sat, 21 Nov 2026 08:00:00 GMT", None], ids=["old", "undated"])
def test_a_first_poll_of_500_matches_alerts_nobody(
    date: str | None, told: Callable[..., tuple[Desk, Mailbox]], press: Press, clock: FakeClock
) -> None:
    """The back-catalogue is matched and waits for the digest; what comes after it is told at once."""
    app, box = told()
    press.answers["/feed"] = xml(rss([flagged(n, date=date) for n in range(500)]))
    work(app)
    told_of = "articles WHERE id IN (SELECT article_id FROM matches WHERE flagged)"
    assert (count(app, "entries"), count(app, told_of), box.count()) == (500, 500, 0)
    clock.advance(hours=2)
    press.answers["/feed"] = xml(rss([flagged(500, date=date and "Mon, 23 Nov 2026 10:30:00 GMT")]))
    work(app)
    assert box.count() == 1
