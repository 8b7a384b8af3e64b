"""What becomes of each trap that real feeds have laid, polled from a real server into a real database?

The rows are those of `feed_traps.json` among the corpora, in its order; the feeds are of our own making.

| row | trap | tests |
|---|---|---|
| 1 | one guid for all items, words cut off, CDATA in escaped text | `test_trap_01_…` |
| 2 | no guid; 400 to whoever does not say who they are | `test_trap_02_…` |
| 3 | entities in titles | `test_trap_03_…` |
| 4 | CDATA in CDATA | `test_trap_04_…` |
| 5 | the feed says English, the text is Georgian | `test_trap_05_…` |
| 6, 7 | 200, and the newest item is years old | `test_trap_06_07_…` |
| 8 | 200, valid, without items | `test_trap_08_…` |
| 9 | a page instead of a feed | `test_trap_09_…` |
| 10 | 403 to programs | `test_trap_10_…` |
| 11 | 403 to some networks only | `test_trap_11_…` |
| 12 | 403 for the feed, while the site's pages work | `test_trap_12_…` |
| 13 | 500 on one path, another works | `test_trap_13_…` |
| 14 | 410 | `test_trap_14_…` |
| 15, 16 | a window of hours: 10 items in 11, 25 in 6 | `test_trap_15_16_…` |
| 17 | pinned old items first, links to other hosts | `test_trap_17_…` |
| 18 | items that are no analysis, told by their path | `test_trap_18_…` |
| 19 | a feed of other outlets' articles | `test_trap_19_…` |
| 20 | a parameter that is ignored without a word | `test_trap_20_…` |
| 21 | a news search: redirecting links, the outlet behind the title | `test_trap_21_…` |
| 22 | a list that is no well-formed XML | `test_trap_22_…` |
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, feed
from fakes import FakeClock
from press import Item, Press, Said, html, page, rss, xml

from monitor.domain.feeds import FeedState, LinkRules
from monitor.domain.finding import OutlineJob, Outlines
from monitor.domain.health import Finding, Health
from monitor.policy.health import judge

TODAY = "Mon, 23 Nov 2026 08:00:00 GMT"
DAY = timedelta(days=1)
ROWS = 22

Start = Callable[..., Desk]


@pytest.fixture
def start(tmp_path: Path, workers: Any, clock: FakeClock, press: Press, sqlite_url: str) -> Iterator[Start]:
    """Start a desk that goes by the test's clock, with one feed, `outlet`, changed as given."""
    assert sqlite_url.endswith("newsmon.db")
    running: list[Desk] = []

    def make(**changes: Any) -> Desk:
        for before in running:
            before.close()
        changes.setdefault("url", press.url("/feed"))
        running[:] = [Desk(tmp_path, workers, feeds=[feed("outlet", **changes)], clock=clock)]
        return running[0]

    yield make
    for one in running:
        one.close()


def rows(app: Desk, query: str) -> list[Any]:
    """Return what the desk's database holds."""
    with closing(sqlite3.connect((app.settings.database.url or "").removeprefix("sqlite:///"))) as database:
        return database.execute(query).fetchall()


def titles(app: Desk, where: str = "") -> list[str]:
    """Return the titles of the entries stored, in the order they were listed."""
    return [title for (title,) in rows(app, f"SELECT title FROM entries {where} ORDER BY id")]


def polls(app: Desk) -> list[tuple[str, int, int]]:
    """Return what came of each poll: outcome, new entries, changed ones."""
    return [tuple(row) for row in rows(app, "SELECT outcome, new, updated FROM polls ORDER BY id")]


def memory(app: Desk) -> FeedState:
    """Return what is remembered of the feed."""
    return app.store.feed_states()[0].state


def health(app: Desk, clock: FakeClock) -> Finding:
    """Return the state that leads, but for the test's clock, which is not the server's."""
    evidence = app.store.health_evidence(["outlet"], clock.now())["outlet"]
    found = judge(app.settings.feeds[0], evidence, clock.now())
    return next(finding for finding in found if finding.state is not Health.CLOCK_SKEW)


def pass_by(app: Desk, clock: FakeClock, span: timedelta, step: timedelta = timedelta(hours=1)) -> None:
    """Let time pass; what is due is polled at each step."""
    end = clock.now() + span
    while clock.now() < end:
        app.poller.run()
        clock.advance(seconds=step.total_seconds())


def document(*items: str, head: str = "") -> Said:
    """Return a feed of items as they are written."""
    inside = head + "".join(f"<item>{item}</item>" for item in items)
    return xml(f'<rss version="2.0"><channel><title>The Orchard Courier</title>{inside}</channel></rss>')


def test_every_row_of_the_table_is_a_test(corpora: Path) -> None:
    """The table has as many rows as the tests here, and each number is in a test's name."""
    table = json.loads((corpora / "sources/feed_traps.json").read_text("utf-8"))
    names = "".join(name for name in globals() if name.startswith("test_trap_"))
    assert len(table) == ROWS
    assert [number for number in range(1, ROWS + 1) if f"_{number:02}_" not in names] == []


def test_trap_01_one_guid_for_all_items_collapses_nothing(
    start: Start, press: Press, clock: FakeClock
) -> None:
    """Each item is an entry by its link, cut words and marks of CDATA do no harm, and nothing repeats."""
    items = [
        f"<guid>https://orchard.example/</guid><title>Pear {n} wins</title><link>{press.url(f'/{n}')}</link>"
        "<description>&lt;![CDATA[The jury praised its col]]&gt;</description>"
        for n in range(4)
    ]
    press.answers["/feed"] = document(*items[:3])
    app = start()
    app.poller.run()
    assert titles(app) == ["Pear 0 wins", "Pear 1 wins", "Pear 2 wins"]
    assert rows(app, "SELECT DISTINCT summary FROM entries") == [("The jury praised its col",)]
    clock.advance(hours=2)
    press.answers["/feed"] = document(items[3], *items[:2])
    app.poller.run()
    assert polls(app) == [("ok", 3, 0), ("ok", 1, 0)]


def test_trap_02_without_guids_links_identify_and_we_say_who_we_are(
    start: Start, press: Press, clock: FakeClock
) -> None:
    """A server that answers 400 to the nameless answers us; a new title is a change, not an entry."""

    def strict(headers: Mapping[str, str]) -> Said:
        return said[0] if headers.get("user-agent", "").startswith("Newsmon/") else Said(status=400)

    said = [document(f"<title>Plums ripen</title><link>{press.url('/1')}</link>")]
    press.answers["/feed"] = strict
    app = start()
    app.poller.run()
    clock.advance(hours=2)
    said[0] = document(f"<title>Plums ripen early</title><link>{press.url('/1')}?utm_source=rss</link>")
    app.poller.run()
    assert polls(app) == [("ok", 1, 0), ("ok", 0, 1)]
    assert titles(app) == ["Plums ripen early"]


def test_trap_03_entities_are_decoded_once(start: Start, press: Press) -> None:
    """Entities of HTML are letters, also where they are escaped; what is escaped twice is meant so."""
    press.answers["/feed"] = document(
        "<title>&ldquo;Apples&rdquo;&nbsp;and pears</title><guid>1</guid>",
        "<title>&amp;ldquo;Plums&amp;rdquo;&amp;nbsp;and figs</title><guid>2</guid>",
        "<title>How to write &amp;amp;nbsp; in a title</title><guid>3</guid>",
    )
    app = start()
    app.poller.run()
    assert titles(app) == ["“Apples” and pears", "“Plums” and figs", "How to write &nbsp; in a title"]


def test_trap_04_cdata_in_cdata_leaves_no_marks(start: Start, press: Press) -> None:
    """A title that is wrapped twice is the title."""
    press.answers["/feed"] = document(
        "<title><![CDATA[<![CDATA[The orchard opens]]]]><![CDATA[>]]></title><guid>1</guid>",
        "<title>&lt;![CDATA[The mill closes]]&gt;</title><guid>2</guid>",
    )
    app = start()
    app.poller.run()
    assert titles(app) == ["The orchard opens", "The mill closes"]


def test_trap_05_the_language_is_that_of_the_text(start: Start, press: Press) -> None:
    """A feed that calls itself en-US and writes Georgian has Georgian entries and articles."""
    words = (
        "ბაღის მფლობელებმა კვირას ქალაქის მოედანზე ვაშლის გამოფენა გახსნეს და სტუმრებს ახალი ჯიშები აჩვენეს."
    )
    press.answers["/feed"] = document(
        f"<title>ვაშლის გამოფენა</title><link>{press.url('/1')}</link><description>{words}</description>",
        head="<language>en-US</language>",
    )
    app = start(read="feed", lang="en")
    app.poller.run()
    app.reader.run()
    assert rows(app, "SELECT lang FROM entries") == [("ka",)]
    assert [row.article.lang for row in app.store.articles()] == ["ka"]


@pytest.mark.parametrize(("number", "year"), [(25, 2012), (10, 2016)], ids=["row 6", "row 7"])
def test_trap_06_07_a_feed_that_answers_and_is_years_old_is_stale(
    start: Start, press: Press, clock: FakeClock, number: int, year: int
) -> None:
    """It answers 200 and lists items; its state says how old the newest is, and what to do."""
    press.answers["/feed"] = xml(
        rss(
            [
                Item(title=f"Old {n}", link=press.url(f"/{n}"), date=f"{n % 28 + 1:02} Mar {year} 08:00 GMT")
                for n in range(number)
            ]
        )
    )
    app = start()
    pass_by(app, clock, timedelta(hours=5))
    state = health(app, clock)
    assert polls(app)[0] == ("ok", number, 0)
    assert (state.state, state.since.year) == (Health.STALE, year)
    assert "its newest item is" in state.evidence
    assert rows(app, "SELECT count(*) FROM entries WHERE NOT late") == [(0,)]


def test_trap_08_a_feed_without_items_is_empty(start: Start, press: Press, clock: FakeClock) -> None:
    """A valid document that lists nothing is no news, and after some hours a state that says so."""
    press.answers["/feed"] = document()
    app = start()
    pass_by(app, clock, timedelta(hours=9))
    assert set(polls(app)) <= {("ok", 0, 0), ("unchanged", 0, 0)}
    assert health(app, clock).state is Health.EMPTY


def test_trap_09_a_page_instead_of_a_feed_is_told_and_leads_to_the_feed(
    start: Start, press: Press, clock: FakeClock
) -> None:
    """The poll says that it is no feed, the state what to do, and the search from there finds the feed."""
    link = f'<link rel="alternate" type="application/rss+xml" href="{press.url("/news.rss")}">'
    press.answers["/feed"] = html(page("Welcome", ["The orchard is open."], head=link))
    press.answers["/news.rss"] = xml(rss([Item(title="Harvest", link=press.url("/1"), date=TODAY)]))
    app = start()
    pass_by(app, clock, timedelta(hours=6))
    state = health(app, clock)
    assert {outcome for outcome, _, _ in polls(app)} == {"not-a-feed"}
    assert state.state is Health.FAILING
    assert "newsmon sources add" in state.advice
    found = app.finder.find(press.url("/feed"))
    assert [one.url for one in found.prospects] == [press.url("/news.rss")]


def test_trap_10_a_refusal_backs_off(start: Start, press: Press, clock: FakeClock) -> None:
    """Polls grow rare, at least as fast as the waits promise, and after a month there is one a day."""
    press.answers["/feed"] = Said(status=403)
    app = start()
    pass_by(app, clock, 3 * DAY)
    assert press.times("/feed") <= 16
    state = health(app, clock)
    assert (state.state, state.evidence) == (
        Health.BLOCKED,
        "status 403: the server answered with status 403",
    )
    assert "another network" in state.advice
    pass_by(app, clock, 30 * DAY)
    before = press.times("/feed")
    pass_by(app, clock, 5 * DAY)
    assert before <= 16 + 2 * 30
    assert 4 <= press.times("/feed") - before <= 5


def test_trap_11_what_works_here_and_not_there_is_no_lost_source(
    start: Start, press: Press, clock: FakeClock
) -> None:
    """A network that is refused keeps what it had, says what to do, and goes on once it is let in."""
    press.answers["/feed"] = xml(rss([Item(title="Here", link=press.url("/1"), date=TODAY)]))
    app = start()
    app.poller.run()
    press.answers["/feed"] = Said(status=403)
    clock.advance(hours=2)
    pass_by(app, clock, DAY)
    assert health(app, clock).state is Health.BLOCKED
    assert titles(app) == ["Here"]
    press.answers["/feed"] = xml(rss([Item(title="Here again", link=press.url("/2"))]))
    clock.advance(days=1)
    app.poller.run()
    assert polls(app)[-1] == ("ok", 1, 0)
    assert rows(app, "SELECT message FROM polls ORDER BY id DESC LIMIT 1")[0][0].startswith("came back after")


def test_trap_12_where_the_feed_is_refused_the_front_page_serves(start: Start, press: Press) -> None:
    """A source of kind `page` lists what the site links to; a feed elsewhere is found before that."""
    links = "".join(
        f'<li><a href="/2026/11/{n}">Orchard story number {n} of the week</a></li>' for n in range(6)
    )
    press.answers["/feed"] = Said(status=403)
    press.answers["/"] = html(f"<html><body><main><ul>{links}</ul></main></body></html>")
    app = start()
    app.poller.run()
    assert [outcome for outcome, _, _ in polls(app)] == ["status"]
    app = start(id="site", url=press.url("/"), kind="page", links=LinkRules(only=("/2026/*",)))
    app.poller.run()
    assert len(titles(app)) == 6
    press.answers["/rss.xml"] = xml(rss([Item(title="Harvest", link=press.url("/1"), date=TODAY)]))
    assert press.url("/rss.xml") in [one.url for one in app.finder.find(press.url("/")).prospects]


def test_trap_13_a_server_error_is_told_and_the_other_path_is_found(
    start: Start, press: Press, clock: FakeClock
) -> None:
    """The poll names the status, the state whose fault it is; the site's own link leads to what works."""
    link = f'<link rel="alternate" type="application/rss+xml" href="{press.url("/news.rss")}">'
    press.answers["/rss/"] = Said(status=500)
    press.answers["/"] = html(page("The Orchard", ["Welcome."], head=link))
    press.answers["/news.rss"] = xml(rss([Item(title="Harvest", link=press.url("/1"), date=TODAY)]))
    app = start(url=press.url("/rss/"))
    pass_by(app, clock, timedelta(hours=6))
    assert rows(app, "SELECT DISTINCT message FROM polls") == [
        ("status 500: the server answered with status 500",)
    ]
    state = health(app, clock)
    assert (state.state, "a fault of its own" in state.advice) == (Health.FAILING, True)
    assert [one.url for one in app.finder.find(press.url("/")).prospects] == [press.url("/news.rss")]


def test_trap_14_a_feed_that_is_gone_is_left_alone(start: Start, press: Press, clock: FakeClock) -> None:
    """410 ends the polls but for one a month, and its state says so at once."""
    press.answers["/feed"] = Said(status=410)
    app = start()
    pass_by(app, clock, timedelta(hours=1))
    assert (health(app, clock).state, health(app, clock).evidence) == (Health.GONE, "status 410")
    pass_by(app, clock, 29 * DAY, step=timedelta(hours=6))
    assert press.times("/feed") == 1
    pass_by(app, clock, 5 * DAY, step=timedelta(hours=6))
    assert press.times("/feed") == 2


@pytest.mark.parametrize(
    ("shown", "hours", "rhythm"),
    [(10, 11, None), (10, 11, 22.0), (25, 6, None), (25, 6, 100.0)],
    ids=["row 15", "row 15, declared", "row 16", "row 16, declared"],
)
def test_trap_15_16_a_short_window_is_polled_in_time(
    start: Start, press: Press, clock: FakeClock, shown: int, hours: int, rhythm: float | None
) -> None:
    """Over three days each item that was ever listed is an entry, with and without a rhythm declared."""
    began = clock.now()
    every = timedelta(hours=hours) / shown
    app = start(adapts=True, rhythm=rhythm)
    while clock.now() - began < 3 * DAY:
        last = (clock.now() - began) // every + shown
        press.answers["/feed"] = xml(
            rss(
                [
                    Item(title=f"Item {n}", link=press.url(f"/{n}"), date=_at(began + (n - shown) * every))
                    for n in range(last, last - shown, -1)
                ]
            )
        )
        app.poller.run()
        app.watcher.run()
        clock.advance(minutes=10)
    numbers = {int(title.removeprefix("Item ")) for title in titles(app)}
    assert numbers == set(range(1, max(numbers) + 1))
    assert max(numbers) >= 3 * 24 * shown / hours
    assert memory(app).gap_at is None


def _at(instant: datetime) -> str:
    return format_datetime(instant)


def test_trap_17_pinned_old_items_are_no_news(start: Start, press: Press, clock: FakeClock) -> None:
    """The order of a feed decides nothing: what is new behind pinned items is news, and only that."""
    pinned = [
        Item(title=f"Pinned {n}", link=f"https://elsewhere{n}.example/a", date="02 Mar 2019 08:00 GMT")
        for n in range(3)
    ]
    first = Item(title="First", link=press.url("/1"), date=TODAY)
    press.answers["/feed"] = xml(rss([*pinned, first]))
    app = start()
    app.poller.run()
    assert titles(app, "WHERE NOT late") == ["First"]
    newest = memory(app).newest
    assert newest is not None
    assert format_datetime(newest, usegmt=True) == TODAY
    clock.advance(hours=2)
    second = Item(title="Second", link=press.url("/2"), date="Mon, 23 Nov 2026 10:30:00 GMT")
    press.answers["/feed"] = xml(rss([*reversed(pinned), second, first]))
    app.poller.run()
    assert polls(app) == [("ok", 4, 0), ("ok", 1, 0)]
    assert titles(app, "WHERE NOT late") == ["First", "Second"]


def test_trap_18_what_is_left_out_by_its_path_is_no_entry(start: Start, press: Press) -> None:
    """`links: never` leaves items out by the path of their link, and the poll says how many."""
    items = [
        Item(title=f"{kind} {n}", link=press.url(f"/{kind}/{n}"))
        for kind, many in (("analysis", 25), ("in-the-news", 8))
        for n in range(many)
    ]
    press.answers["/feed"] = xml(rss(items))
    app = start(links=LinkRules(never=("/in-the-news/*",)))
    app.poller.run()
    assert (len(titles(app)), polls(app)) == (25, [("ok", 25, 0)])
    assert rows(app, "SELECT listed, message FROM polls") == [(33, "8 left out by links")]


def test_trap_19_an_article_is_its_publishers(start: Start, press: Press) -> None:
    """A feed that lists other outlets' articles is credited with its own only."""
    press.answers["/feed"] = xml(
        rss(
            [
                Item(title="Our study", link="https://www.outlet.example/1", text="What the orchards need."),
                Item(title="Our view there", link="https://www.other.example/2", text="What we told them."),
            ]
        )
    )
    app = start(read="feed", country="DE", outlet_kind="think-tank")
    app.poller.run()
    app.reader.run()
    found = {
        row.article.title: (row.article.outlet, row.article.domain, row.article.country)
        for row in app.store.articles()
    }
    assert found == {
        "Our study": ("Outlet", "outlet.example", "DE"),
        "Our view there": ("other.example", "other.example", None),
    }


def test_trap_20_a_test_shows_what_a_feed_really_holds(start: Start, press: Press) -> None:
    """Where a parameter is ignored without a word, the titles and the feed's own name tell it."""
    default = xml(rss([Item(title=f"Event {n}", link=press.url(f"/{n}"), date=TODAY) for n in range(5)]))
    press.answers["/feed/"] = press.answers["/feed/?post_type=opinion"] = default
    app = start(url=press.url("/feed/?post_type=opinion"))
    (tried,) = app.tester.test(app.settings.feeds)
    assert tried.gave
    assert (tried.title, tried.total) == ("The Orchard Courier", 5)
    assert tried.samples == ("Event 0", "Event 1", "Event 2")
    assert tried.newest is not None
    assert format_datetime(tried.newest, usegmt=True) == TODAY
    assert rows(app, "SELECT count(*) FROM entries") == [(0,)]


def test_trap_21_a_news_search_is_credited_and_named_as_its_sources_are(
    start: Start, press: Press, clock: FakeClock
) -> None:
    """The item's source is the outlet, its name goes from the title, and a new token is no new entry."""

    def listed(token: str) -> Said:
        return document(
            "<title>Orchards and mills sign a pact - The Hill - The Valley Post</title>"
            f"<link>{press.url('/rss/articles/')}{token}?oc=5</link><guid isPermaLink='false'>pact-1</guid>"
            f"<pubDate>{TODAY}</pubDate><description>The pact, in a line.</description>"
            "<source url='https://www.valley-post.example'>The Valley Post</source>",
            "<title>The mill - a history</title><guid isPermaLink='false'>mill-2</guid>"
            "<description>Of the mill.</description>"
            "<source url='https://hill.example'>The Hill</source>",
        )

    press.answers["/feed"] = listed("CBMiAAA")
    app = start(read="feed")
    app.poller.run()
    app.reader.run()
    assert titles(app) == ["Orchards and mills sign a pact - The Hill", "The mill - a history"]
    assert sorted((row.article.outlet, row.article.domain) for row in app.store.articles()) == [
        ("The Hill", "hill.example"),
        ("The Valley Post", "valley-post.example"),
    ]
    clock.advance(hours=2)
    app.poller.run()
    assert len(titles(app)) == 2


def test_trap_22_a_malformed_list_is_read_as_far_as_it_goes(start: Start) -> None:
    """What can be read of an OPML file is taken over; each line that is lost is named."""
    body = (
        b'<?xml version="1.0"?>\n<opml version="2.0"><body><outline text="Orchards">\n'
        b'<outline type="rss" text="One" xmlUrl="https://one.example/rss"/>\n'
        b'<outline type="rss" text="The "Two" Post" xmlUrl="https://two.example/rss"/>\n'
        b'<outline type="rss" text="Three" xmlUrl="https://three.example/rss"/>\n'
        b"</outline></body></opml>\n"
    )
    read = start().workers.read_outlines(OutlineJob(body=body)).result(timeout=60)
    assert isinstance(read, Outlines)
    assert {outline.url for outline in read.outlines} >= {
        "https://one.example/rss",
        "https://three.example/rss",
    }
    assert [fault for fault in read.faults if "4" in str(fault)]
