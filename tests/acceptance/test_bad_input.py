"""What does each kind of bad source come to, from wire to database, and what do its neighbours feel?"""

import gzip
import shutil
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, feed, shipped
from fakes import FakeClock
from press import HOST, Answer, Item, Press, Said, html, page, rss, xml

from monitor.cli import rounds
from monitor.demo.mailbox import Mailbox
from monitor.domain.alerts import Recipient, Subscription, When
from monitor.settings import Settings

PATIENCE = timedelta(seconds=1)
"""How long a request may take here; 30 s outside."""

VALIDATORS = {"ETag": '"7"', "Last_Modified": "Mon, 23 Nov 2026 08:00:00 GMT"}
MARKED = tuple((name.replace("_", "-"), value) for name, value in VALIDATORS.items())
KEPT = ('"7"', "Mon, 23 Nov 2026 08:00:00 GMT")
FORGOTTEN = (None, None)

TITLE = "EU and Kazakhstan sign a roadmap on rare earths"
PARAGRAPHS = [
    "The European Union and Kazakhstan signed a roadmap on rare earths in Astana on Friday.",
    "The minister said that European companies would invest in the mines within three years.",
]

Stored = tuple[str, str | None, str | None]
"""What is stored of an entry: its title, the day it was published (None: unknown), the date as written."""

LINK = "http://127.0.0.1:9/"
"""Where the bad sources' pages are: at a port where nobody answers, so that the feed's words have to do."""

ONE = Item(title="One", link=LINK + "1", date="Mon, 23 Nov 2026 07:00:00 GMT", text="The first.")
TWO = Item(title="Two", link=LINK + "2", date="Mon, 23 Nov 2026 06:00:00 GMT", text="The second.")
STORED = (
    ("One", "2026-11-23", "Mon, 23 Nov 2026 07:00:00 GMT"),
    ("Two", "2026-11-23", "Mon, 23 Nov 2026 06:00:00 GMT"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A bad source, and what a poll of it is to leave behind.

    `answer` is None where nobody listens. `outcome`, `status`, `message` and `listed` are the poll's,
    `entries` what is stored of it, `validators` the ETag and Last-Modified kept.
    """

    name: str
    answer: Answer | None
    outcome: str
    status: int | None = None
    message: str = ""
    listed: int = 0
    entries: tuple[Stored, ...] = ()
    validators: tuple[str | None, str | None] = FORGOTTEN


def cut(body: bytes, **more: str) -> Said:
    """Return an answer whose connection is closed before the body is as long as was promised."""
    head = {
        "Content-Type": "application/rss+xml",
        "Content-Length": str(2 * len(body)),
        **dict(MARKED),
        **more,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return Said(raw=f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body)


def russian(declared: str, encoding: str) -> Said:
    """Return a feed whose words are Cyrillic, in one encoding, declared to be in another."""
    prolog = f'<?xml version="1.0" encoding="{declared}"?>'
    item = Item(title="Казахстан и ЕС подписали соглашение", link=LINK + "ru", text="О металлах.")
    return xml((prolog + rss([item], title="Вести")).encode(encoding), **VALIDATORS)


def flooding(items: int) -> str:
    """Return a feed of that many items."""
    return rss([Item(title=f"No {n}", link=f"{LINK}{n}") for n in range(items)])


WHOLE = rss([ONE, TWO]).encode()
FLOOD, CAP = 20_000, 500

TABLE = (
    Bad(
        name="unreachable",
        answer=None,
        outcome="connect",
        message="connect: no connection to 127.0.0.1: connection refused",
    ),
    Bad(
        name="a web page",
        answer=html(page("Our feed has moved", ["See our new site."])),
        outcome="not-a-feed",
        status=200,
        message="not-a-feed: an HTML page came instead of a feed",
    ),
    Bad(
        name="empty",
        answer=xml(b"", **VALIDATORS),
        outcome="empty",
        status=200,
        message="empty: the body is empty",
    ),
    Bad(
        name="a cut gzip",
        answer=xml(gzip.compress(WHOLE)[:-40], Content_Encoding="gzip", **VALIDATORS),
        outcome="truncated",
        message="truncated: the compressed body ends too early",
    ),
    Bad(
        name="a connection that ends mid-body",
        answer=cut(WHOLE[:-30]),
        outcome="truncated",
        message="truncated: the connection ended before the body did",
    ),
    Bad(
        name="a document that ends mid-item",
        answer=xml(WHOLE[: WHOLE.index(b"<title>Two")], **VALIDATORS),
        outcome="ok",
        status=200,
        message="the body ended early",
        listed=2,
        entries=STORED[:1],
    ),
    Bad(
        name="UTF-8 declared as windows-1251",
        answer=russian("windows-1251", "utf-8"),
        outcome="ok",
        status=200,
        listed=1,
        entries=(("Казахстан и ЕС подписали соглашение", None, None),),
        validators=KEPT,
    ),
    Bad(
        name="windows-1251 declared as UTF-8",
        answer=russian("utf-8", "windows-1251"),
        outcome="ok",
        status=200,
        listed=1,
        entries=(("Казахстан и ЕС подписали соглашение", None, None),),
        validators=KEPT,
    ),
    Bad(
        name="30 MB",
        answer=xml(b" " * 30_000_000, **VALIDATORS),
        outcome="too-large",
        message="too-large: the body is larger than 5,000,000 bytes",
    ),
    Bad(
        name="30 MB in 30 kB",
        answer=xml(gzip.compress(b" " * 30_000_000), Content_Encoding="gzip", **VALIDATORS),
        outcome="too-large",
        message="too-large: the body is larger than 5,000,000 bytes",
    ),
    Bad(
        name="20,000 items",
        answer=xml(flooding(FLOOD), **VALIDATORS),
        outcome="ok",
        status=200,
        message="more to come",
        listed=FLOOD,
        entries=tuple((f"No {n}", None, None) for n in range(CAP)),
    ),
    Bad(
        name="dates of 1970 and 2090",
        answer=xml(
            rss(
                [
                    replace(ONE, date="Thu, 01 Jan 1970 00:00:00 GMT"),
                    replace(TWO, date="Wed, 01 Mar 2090 12:00:00 GMT"),
                ]
            ),
            **VALIDATORS,
        ),
        outcome="ok",
        status=200,
        listed=2,
        entries=(
            ("One", None, "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("Two", None, "Wed, 01 Mar 2090 12:00:00 GMT"),
        ),
        validators=KEPT,
    ),
    Bad(
        name="no guid",
        answer=xml(WHOLE, **VALIDATORS),
        outcome="ok",
        status=200,
        listed=2,
        entries=STORED,
        validators=KEPT,
    ),
    Bad(
        name="no guid and no link",
        answer=xml(rss([replace(ONE, link=None), replace(TWO, link=None)]), **VALIDATORS),
        outcome="ok",
        status=200,
        listed=2,
        entries=STORED,
        validators=KEPT,
    ),
    Bad(
        name="one guid for all",
        answer=xml(rss([replace(ONE, guid="1"), replace(TWO, guid="1")]), **VALIDATORS),
        outcome="ok",
        status=200,
        listed=2,
        entries=STORED,
        validators=KEPT,
    ),
    Bad(
        name="one lasting guid for all, and no link",
        answer=xml(rss([replace(item, guid=LINK, link=None) for item in (ONE, TWO)]), **VALIDATORS),
        outcome="ok",
        status=200,
        listed=2,
        entries=STORED,
        validators=KEPT,
    ),
    Bad(
        name="a body that drips",
        answer=Said(body=WHOLE, headers=(("Content-Type", "application/rss+xml"), *MARKED), drip=0.1),
        outcome="timeout",
        message="timeout: no complete answer within the time allowed",
    ),
    Bad(
        name="a redirect in a circle",
        answer=Said(status=302, headers=(("Location", "bad"), *MARKED)),
        outcome="redirects",
        message="redirects: the redirects go in a circle",
    ),
    Bad(
        name="500",
        answer=Said(status=500, body=WHOLE, headers=MARKED),
        outcome="status",
        status=500,
        message="status 500: the server answered with status 500",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll as the database holds it."""

    outcome: str
    status: int | None
    message: str
    listed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """All that the database holds of a source: its polls, what it lists, and its validators."""

    polls: tuple[Poll, ...]
    entries: tuple[Stored, ...]
    validators: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """What one round left of a bad source and of its healthy neighbour, and which titles it flagged."""

    bad: Feed
    healthy: Feed
    flagged: tuple[str, ...]


def stored(file: Path, feed_id: str) -> Feed:
    """Return what the database holds of a source."""
    with closing(sqlite3.connect(file)) as database:
        polls = database.execute(
            "SELECT outcome, status, message, listed FROM polls WHERE feed_id = ? ORDER BY id", (feed_id,)
        )
        entries = database.execute(
            "SELECT title, date(published), published_raw FROM entries WHERE feed_id = ? ORDER BY id",
            (feed_id,),
        )
        ((etag, modified),) = database.execute(
            "SELECT etag, last_modified FROM feeds WHERE id = ?", (feed_id,)
        )
        return Feed(
            polls=tuple(Poll(outcome=o, status=s, message=m, listed=n) for o, s, m, n in polls),
            entries=tuple(entries),
            validators=(etag, modified),
        )


@pytest.fixture(scope="module")
def nobody() -> Iterator[str]:
    """An address of this machine at which nobody listens, and nobody else can begin to."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield f"http://{HOST}:{bound.getsockname()[1]}/feed"


@pytest.fixture(scope="module")
def after(
    workers: Any, nobody: str, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Bad], After]:
    """What a round leaves behind in which a bad source is polled beside a healthy one; run once for each."""

    @cache
    def run(name: str) -> After:
        bad = next(row for row in TABLE if row.name == name)
        folder = tmp_path_factory.mktemp("bad")
        shutil.copyfile(_sqlite_template, folder / "newsmon.db")
        with Press() as press:
            serve_the_healthy_one(press)
            if bad.answer is not None:
                press.answers["/bad"] = bad.answer
            feeds = [
                feed("bad", nobody if bad.answer is None else press.url("/bad")),
                feed("healthy", press.url("/healthy")),
            ]
            with Desk(folder, workers, feeds=feeds, clock=FakeClock(), settings=impatient()) as app:
                app.poller.run()
                app.reader.run()
                app.matching.run()
                flagged = tuple(row.article.title for row in app.store.articles(flagged=True))
        file = folder / "newsmon.db"
        return After(bad=stored(file, "bad"), healthy=stored(file, "healthy"), flagged=flagged)

    return lambda bad: run(bad.name)


def impatient() -> Settings:
    """Return the shipped settings, with little patience for slow servers."""
    known = shipped()
    return replace(known, http=known.http.model_copy(update={"timeout": PATIENCE}))


def serve_the_healthy_one(press: Press) -> None:
    """Serve a feed with one article that is flagged."""
    item = Item(title=TITLE, link=press.url("/article"), text="A talk.", date="Mon, 23 Nov 2026 07:00:00 GMT")
    press.answers |= {"/healthy": xml(rss([item])), "/article": html(page(TITLE, PARAGRAPHS))}


HEALTHY = Poll(outcome="ok", status=200, message="", listed=1)
every = pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)


@every
def test_a_poll_of_a_bad_source_is_recorded_with_its_reason(bad: Bad, after: Callable[[Bad], After]) -> None:
    """The history of polls holds one poll, with what became of it, why, and how many items it listed."""
    assert after(bad).bad.polls == (
        Poll(outcome=bad.outcome, status=bad.status, message=bad.message, listed=bad.listed),
    )


@every
def test_what_is_good_in_a_bad_source_is_stored(bad: Bad, after: Callable[[Bad], After]) -> None:
    """Whole items are kept, each as an entry of its own; impossible dates are unknown; nothing is made up."""
    assert after(bad).bad.entries == bad.entries


@pytest.mark.hazard("N4")
@every
def test_validators_are_kept_of_whole_bodies_only(bad: Bad, after: Callable[[Bad], After]) -> None:
    """ETag and Last-Modified of a body that was not wholly dealt with would hide the rest of it."""
    assert after(bad).bad.validators == bad.validators


@every
def test_a_bad_source_does_its_neighbour_no_harm(bad: Bad, after: Callable[[Bad], After]) -> None:
    """In the same round the article of the healthy source is stored, read and flagged."""
    assert after(bad).healthy.polls == (HEALTHY,)
    assert TITLE in after(bad).flagged


def test_an_article_is_flagged_whatever_encoding_its_feed_declares(after: Callable[[Bad], After]) -> None:
    """Cyrillic words are read by their bytes, and found by the rules."""
    for bad in (row for row in TABLE if "declared as" in row.name):
        assert "Казахстан и ЕС подписали соглашение" in after(bad).flagged


def test_all_bad_sources_together_stop_nothing(
    press: Press, desk: Callable[..., Desk], nobody: str, clock: FakeClock, tmp_path: Path
) -> None:
    """One round polls the whole table and the healthy source; its article is mailed in the same round."""
    serve_the_healthy_one(press)
    press.answers |= {f"/{at}/bad": bad.answer for at, bad in enumerate(TABLE) if bad.answer}
    feeds = [
        feed(str(at), press.url(f"/{at}/bad") if bad.answer else nobody) for at, bad in enumerate(TABLE)
    ] + [feed("healthy", press.url("/healthy"))]
    reader = Recipient(
        id="desk",
        name="The desk",
        addresses=(("email", "desk@desk.example"),),
        subscriptions=(Subscription(when=When.AT_ONCE),),
    )
    with Mailbox(tmp_path / "mails") as box:
        app = desk(feeds=feeds, clock=clock, smtp_port=box.port, recipients=[reader], settings=impatient())
        counts = app.poller.run()
        rounds.poll_and_read(app)
        rounds.tell(app)
        assert counts == Counter(bad.outcome for bad in TABLE) + Counter(
            {"ok": 1, "new entries": 1 + sum(len(bad.entries) for bad in TABLE)}
        )
        assert stored(tmp_path / "newsmon.db", "healthy").polls == (HEALTHY,)
        assert [TITLE in mail.read_text("utf-8") for mail in box.mails()].count(True) == 1


@pytest.mark.hazard("P3")
@pytest.mark.parametrize("items", [3_000, pytest.param(FLOOD, marks=pytest.mark.slow)])
def test_a_flood_is_drained_500_entries_a_poll(
    items: int, press: Press, desk: Callable[..., Desk], clock: FakeClock, tmp_path: Path
) -> None:
    """Each poll stores 500 more until every item is there, once; only then are validators kept."""
    press.answers["/flood"] = xml(flooding(items), **VALIDATORS)
    app = desk(feeds=[feed("flood", press.url("/flood"))], clock=clock)
    gained = []
    while (counts := app.poller.run())["ok"]:
        gained.append(counts["new entries"])
        clock.advance(minutes=6)
        if len(gained) < items // CAP:
            assert app.store.feed_states()[0].state.etag is None
    flood = stored(tmp_path / "newsmon.db", "flood")
    assert gained == [CAP] * (items // CAP)
    assert sorted(title for title, _, _ in flood.entries) == sorted(f"No {n}" for n in range(items))
    assert flood.validators == KEPT
    assert [poll.message for poll in flood.polls] == ["more to come"] * (len(gained) - 1) + [""]


def test_a_document_that_ended_early_is_completed_by_the_next_poll(
    press: Press, desk: Callable[..., Desk], clock: FakeClock, tmp_path: Path
) -> None:
    """The item that was cut off comes whole, the other one is not stored again."""
    app = desk(feeds=[feed("bad", press.url("/bad"))], clock=clock)
    press.answers["/bad"] = xml(WHOLE[: WHOLE.index(b"<title>Two")], **VALIDATORS)
    app.poller.run()
    clock.advance(hours=2)
    press.answers["/bad"] = xml(WHOLE, **VALIDATORS)
    app.poller.run()
    bad = stored(tmp_path / "newsmon.db", "bad")
    assert (bad.entries, bad.validators) == (STORED, KEPT)


@pytest.mark.hazard("P3")
@pytest.mark.parametrize("link", [LINK, None], ids=["with links", "without"])
@pytest.mark.parametrize("guid", ["1", LINK], ids=["an opaque guid", "a lasting guid"])
def test_one_guid_for_all_hides_no_later_item(
    guid: str, link: str | None, press: Press, desk: Callable[..., Desk], clock: FakeClock, tmp_path: Path
) -> None:
    """What comes on top of such a feed is an entry of its own, and the others stay what they were."""
    items = [
        replace(item, guid=guid, link=link and item.link)
        for item in (Item(title="Three", link=LINK + "3", date=ONE.date, text="The third."), ONE, TWO)
    ]
    app = desk(feeds=[feed("bad", press.url("/bad"))], clock=clock)
    for listed in (items[1:], items):
        press.answers["/bad"] = xml(rss(listed))
        app.poller.run()
        clock.advance(hours=2)
    titles = [title for title, _, _ in stored(tmp_path / "newsmon.db", "bad").entries]
    assert titles == ["One", "Two", "Three"]
    assert app.store.feed_states()[0].entries == len(titles)
