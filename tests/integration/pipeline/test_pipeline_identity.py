"""Which entry is which over many polls, whatever feeds do to guids, links, dates, titles and neighbours?"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from desks import feed
from fakes import FakeClock
from outlets import Make, dull, entries, flagged, publish, recipient, rows, work
from press import Item, Press

from monitor.app import App
from monitor.demo.mailbox import Mailbox

DATES = ("Mon, 23 Nov 2026 08:00:00 GMT", "Mon, 23 Nov 2026 08:59:00 GMT")


def poll(app: App, press: Press, clock: FakeClock, items: Sequence[Item]) -> tuple[int, int]:
    """Let the feed list these items; poll it two hours later, and return how many are new and changed."""
    publish(press, *items)
    clock.advance(hours=2)
    app.poller.run()
    return tuple(rows(app, "SELECT new, updated FROM polls ORDER BY id DESC LIMIT 1")[0])


@pytest.mark.hazard("P3")
def test_guids_that_change_over_a_hundred_polls_repeat_nothing(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Beside a link that stays, a hundred new guids are no news and no change, in whatever order."""
    app = desk()
    for number in range(100):
        window = range(number // 10, number // 10 + 8)
        items = [dull(n, press, guid=f"{number}-{n}") for n in window]
        Random(number).shuffle(items)
        poll(app, press, clock, items)
    assert rows(app, "SELECT count(*), sum(new), sum(updated) FROM polls") == [(100, 17, 0)]


@pytest.mark.hazard("P3")
def test_addresses_as_guids_that_change_tell_nothing_twice(
    press: Press, desk: Make, clock: FakeClock, mailbox: Mailbox
) -> None:
    """Where a guid that looks lasting is made anew, its entries are duplicates of the pages read before."""
    app = desk(
        feeds=[feed("outlet", press.url("/feed"), read="feed")],
        recipients=[recipient()],
        smtp_port=mailbox.port,
    )
    begun = clock.now()
    for number in range(10):
        guids = (f"https://outlet.example/?p={n}&t={number}" for n in range(5))
        items = [replace(flagged(n, press, at=begun), guid=guid) for n, guid in enumerate(guids)]
        poll(app, press, clock, items)
        work(app)
        app.notifier.run()
    assert (len(app.store.articles()), mailbox.count()) == (5, 5)
    assert {state for state, _ in entries(app)[5:]} == {"duplicate"}


@pytest.mark.parametrize(
    "changed",
    [
        {"date": DATES[1]},
        {"title": "Choir 1 sings after all"},
        {"title": "Choir 1 sings after all", "date": DATES[1], "text": "It sang for two hours."},
        {"date": None},
    ],
    ids=["re-dated", "re-titled", "rewritten", "undated"],
)
@pytest.mark.parametrize(
    "guid", ["https://outlet.example/?p=1", "5f1c", None], ids=["lasting", "opaque", "none"]
)
def test_what_is_changed_is_no_news(
    guid: str | None,
    changed: dict[str, str | None],
    press: Press,
    desk: Make,
    clock: FakeClock,
    mailbox: Mailbox,
) -> None:
    """An entry with another date, title or text is the same entry: changed at most, told once."""
    app = desk(
        feeds=[feed("outlet", press.url("/feed"), read="feed")],
        recipients=[recipient()],
        smtp_port=mailbox.port,
    )
    first = replace(flagged(1, press), guid=guid, date=DATES[0])
    publish(press, first)
    work(app)
    app.notifier.run()
    assert mailbox.count() == 1
    new, updated = poll(app, press, clock, [replace(first, **changed)])  # type: ignore[arg-type]
    assert (new, updated <= 1) == (0, True)
    work(app)
    app.notifier.run()
    assert (len(entries(app)), len(app.store.articles()), mailbox.count()) == (1, 1, 1)


def test_what_is_listed_again_is_no_news(press: Press, desk: Make, clock: FakeClock) -> None:
    """An item that left the feed and comes back, re-dated and on top, is the entry that it was."""
    app = desk()
    items = [dull(n, press, date=DATES[0]) for n in range(6)]
    assert poll(app, press, clock, items[:3]) == (3, 0)
    assert poll(app, press, clock, items[3:]) == (3, 0)
    again = replace(items[0], date="Mon, 23 Nov 2026 12:30:00 GMT", title="Choir 0 sings once more")
    assert poll(app, press, clock, [again, *items[4:]])[0] == 0
    assert len(entries(app)) == 6


@pytest.mark.parametrize("shared", ["guid", "link", "both"])
def test_neighbours_that_leave_and_come_change_no_identity(
    shared: str, press: Press, desk: Make, clock: FakeClock
) -> None:
    """An item that shares its guid or link now and then with others is one entry all along."""
    front = press.url("/live")
    constant = {"guid": "same"} if shared == "guid" else {"link": front}
    if shared == "both":
        constant = {"guid": "same", "link": front}
    app = desk()
    items = [dull(n, press, **({"guid": f"g-{n}"} | constant), date=DATES[0]) for n in range(3)]
    assert poll(app, press, clock, items[:2]) == (2, 0)
    for shown in (items[:1], items[:2], items[1:2], items[:2]):
        assert poll(app, press, clock, shown)[0] == 0
    assert poll(app, press, clock, items) == (1, 0)
    assert sorted(title for (title,) in rows(app, "SELECT title FROM entries")) == [
        f"Choir {n} sings" for n in range(3)
    ]


def test_an_item_alone_that_gets_company_is_the_same(press: Press, desk: Make, clock: FakeClock) -> None:
    """First alone under its guid, then beside others that bear it: one entry each, and the first stays."""
    app = desk()
    items = [dull(n, press, guid="https://outlet.example/", date=DATES[0]) for n in range(3)]
    assert poll(app, press, clock, items[:1]) == (1, 0)
    assert poll(app, press, clock, items[:2]) == (1, 0)
    assert poll(app, press, clock, items) == (1, 0)
    assert poll(app, press, clock, items[2:])[0] == 0
    assert len(entries(app)) == 3


def test_items_that_lead_to_a_front_page_are_articles_of_their_own(press: Press, desk: Make) -> None:
    """Where the feed has the words, they are the article, and the front page is not fetched."""
    items = [dull(n, press, link=press.url("/"), guid=f"g-{n}") for n in range(3)]
    publish(press, *items)
    app = desk()
    work(app)
    assert press.times("/") == 0
    found = app.store.articles()
    assert sorted(row.article.title for row in found) == [f"Choir {n} sings" for n in range(3)]
    assert len({row.article.url for row in found}) == 3


def test_a_front_page_is_read_where_the_feed_says_nothing(press: Press, desk: Make) -> None:
    """Without words of the feed there is nothing else to read."""
    publish(press, dull(1, press, link=press.url("/"), text=None))
    app = desk()
    work(app)
    assert press.times("/") == 1
