"""The past of sources is found in archives, numbered pages and sitemaps; a broken search goes on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from desks import Desk, feed, shipped
from fakes import FakeClock
from outlets import Make, flagged, recipient, rows, work
from press import Item, Press, Said, html, rss, xml

from monitor.domain.feeds import LinkRules
from monitor.pipeline import backfill as filling
from monitor.pipeline.backfill import Filled

DAY = timedelta(days=1)


def item(number: int, press: Press, at: datetime | None) -> Item:
    """Return an item of the past."""
    return Item(
        title=f"Choir {number} sings",
        link=press.url(f"/{number}"),
        date=format_datetime(at) if at else None,
        text=f"Choir number {number} sang in the park.",
    )


def fill(app: Desk, clock: FakeClock, days: int = 90, **options: Any) -> list[Filled]:
    """Back-fill all sources of a desk."""
    backfiller = app.backfiller(keep=options.get("keep", True))
    return list(backfiller.run(app.settings.feeds, clock.now() - days * DAY, **options))


def listed(app: Desk) -> list[int]:
    """Return the numbers of the entries stored, in the order they were found."""
    found = rows(app, "SELECT url FROM entries ORDER BY id")
    return [int(url.rpartition("/")[2]) for (url,) in found]


def wordpress(press: Press, clock: FakeClock, pages: int = 4, each: int = 3) -> None:
    """Publish a blog of several pages, one entry every ten days; beyond the last is a 404."""
    for number in range(pages):
        items = [
            item(number * each + n, press, clock.now() - (number * each + n) * 10 * DAY) for n in range(each)
        ]
        press.answers[f"/feed?paged={number + 1}" if number else "/feed"] = xml(rss(items))


def archived(items: Iterable[Item], older: str = "", rel: str = "prev-archive") -> Said:
    """Return a feed that names an older document (RFC 5005)."""
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="{rel}" href="{older}"/>'
    return xml(rss(list(items)).replace("<title>The Orchard", f"{link if older else ''}<title>The Orchard"))


def test_numbered_pages_are_read_back_to_the_date(press: Press, desk: Make, clock: FakeClock) -> None:
    """It stops at the page that lies wholly beyond; what polls list today is left to them."""
    wordpress(press, clock)
    app = desk()
    (done,) = fill(app, clock, days=45)
    assert listed(app) == [1, 2, 3, 4]
    assert (done.new, done.failed, done.progress.note) == (4, False, "the date is reached")
    assert press.asked == ["/feed", "/feed?paged=2", "/feed?paged=3"]
    stored = app.store.backfill("outlet")
    assert stored is not None
    assert (stored.next_url, stored.pages, stored.found) == (None, 3, 4)


def test_numbered_pages_end_with_the_last(press: Press, desk: Make, clock: FakeClock) -> None:
    """A 404 after the last page is the end, not a fault; so is a page that is no feed."""
    wordpress(press, clock, pages=2)
    (done,) = fill(desk(), clock, days=900)
    assert (done.new, done.failed, done.progress.note) == (5, False, "there is no further page")
    press.answers["/feed?paged=3"] = html("<p>Nothing more.</p>")
    (done,) = fill(desk(), clock, days=900)
    assert (done.new, done.failed, done.progress.note) == (0, False, "there is no further page")


def test_an_outlet_without_pages_is_asked_twice(press: Press, desk: Make, clock: FakeClock) -> None:
    """Most servers ignore the number and answer the same: that ends it."""
    press.answers["/feed"] = press.answers["/feed?paged=2"] = xml(
        rss([item(1, press, clock.now() - 2 * DAY)])
    )
    (done,) = fill(desk(), clock)
    assert done.new == 1
    assert done.progress.note == "there is nothing older than what came before"
    assert press.asked == ["/feed", "/feed?paged=2"]


@pytest.mark.parametrize("rel", ["prev-archive", "next"])
def test_archives_and_pages_that_a_feed_names_are_followed(
    press: Press, desk: Make, clock: FakeClock, rel: str
) -> None:
    """RFC 5005, both ways; the last archive names none, and no number is tried on it."""
    for number, older in ((0, "/old/1"), (1, "/old/2"), (2, "")):
        items = [item(number, press, clock.now() - (number * 10 + 2) * DAY)]
        press.answers[f"/old/{number}" if number else "/feed"] = archived(items, older, rel)
    app = desk()
    (done,) = fill(app, clock)
    assert listed(app) == [0, 1, 2]
    assert press.asked == ["/feed", "/old/1", "/old/2"]
    assert done.progress.note == "there is no older document"


def test_documents_that_lead_back_end_the_search(press: Press, desk: Make, clock: FakeClock) -> None:
    """A circle costs each of its documents once."""
    press.answers["/feed"] = archived([item(1, press, clock.now() - 2 * DAY)], "/old")
    press.answers["/old"] = archived([item(2, press, clock.now() - 3 * DAY)], press.url("/feed"))
    (done,) = fill(desk(), clock)
    assert press.asked == ["/feed", "/old"]
    assert done.progress.note == "the documents lead back to one that came before"


def test_a_json_feed_names_its_next_page(press: Press, desk: Make, clock: FakeClock) -> None:
    """`next_url` is followed; without one there is nothing to try."""

    def page(number: int, after: str | None) -> Said:
        at = (clock.now() - (number + 2) * DAY).isoformat()
        one = {"id": str(number), "url": press.url(f"/{number}"), "title": "A", "date_published": at}
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [one]}
        return Said(body=json.dumps(feed | ({"next_url": after} if after else {})).encode())

    press.answers |= {"/feed": page(1, "/more"), "/more": page(2, None)}
    app = desk()
    (done,) = fill(app, clock)
    assert listed(app) == [1, 2]
    assert (press.asked, done.progress.note) == (["/feed", "/more"], "there is no older document")


def sitemap(press: Press, days: Mapping[int, float | None], now: datetime) -> Said:
    """Return a sitemap of entries that changed so many days ago."""
    inside = "".join(
        f"<url><loc>{press.url(f'/{number}')}</loc>"
        + (f"<lastmod>{(now - ago * DAY).isoformat()}</lastmod>" if ago is not None else "")
        + "</url>"
        for number, ago in days.items()
    )
    return xml(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</urlset>')


def index(press: Press, parts: Mapping[str, float | None], now: datetime) -> Said:
    """Return an index of sitemaps that changed so many days ago."""
    inside = "".join(
        f"<sitemap><loc>{press.url(path)}</loc>"
        + (f"<lastmod>{(now - ago * DAY).isoformat()}</lastmod>" if ago is not None else "")
        + "</sitemap>"
        for path, ago in parts.items()
    )
    return xml(f"<sitemapindex>{inside}</sitemapindex>")


def test_a_sitemap_is_read_by_its_dates(press: Press, desk: Make, clock: FakeClock) -> None:
    """What is dated within the time counts; today's is left to polls, and so is what has no date."""
    press.answers["/map"] = sitemap(press, {1: 0.2, 2: 5, 3: 80, 4: 100, 5: None}, clock.now())
    app = desk(feeds=[feed("outlet", press.url("/map"), kind="sitemap")])
    (done,) = fill(app, clock)
    assert (sorted(listed(app)), done.progress.note) == (
        [2, 3],
        "all that is younger than the date was asked",
    )
    press.answers["/map"] = sitemap(press, {7: None}, clock.now())
    (done,) = fill(app, clock)
    assert (done.new, done.progress.note) == (0, "nothing in it has a date")


def test_of_an_index_only_parts_that_are_young_enough_are_asked(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """One without a date may hold anything. A part that is lost, or an index itself, is told, and passed."""
    now = clock.now()
    press.answers |= {
        "/index": index(
            press, {"/m/1": 200, "/m/2": 60, "/m/3": 30, "/m/4": None, "/m/5": 3, "/m/6": 40}, now
        ),
        "/m/2": sitemap(press, {2: 60}, now),
        "/m/3": html("<p>Gone</p>", 410),
        "/m/4": index(press, {"/m/1": None}, now),
        "/m/5": sitemap(press, {5: 3}, now),
        "/m/6": html("<p>No sitemap</p>"),
    }
    app = desk(feeds=[feed("outlet", press.url("/index"), kind="sitemap")])
    (done,) = fill(app, clock)
    assert sorted(listed(app)) == [2, 5]
    assert press.asked == ["/index", "/m/5", "/m/3", "/m/6", "/m/2", "/m/4"]
    assert done.failed is False
    assert done.progress.note.endswith("/m/4 is an index itself, and was not followed")


def test_an_index_without_young_parts_ends_at_once(press: Press, desk: Make, clock: FakeClock) -> None:
    """Nothing is asked for nothing; that no part is of this site is told."""
    press.answers["/index"] = index(press, {"/m/1": 200}, clock.now())
    app = desk(feeds=[feed("outlet", press.url("/index"), kind="sitemap")])
    (done,) = fill(app, clock)
    assert (press.asked, done.progress.note) == (["/index"], "no part is as young as the date")
    press.answers["/index"] = xml(
        "<sitemapindex><sitemap><loc>https://else.example/m</loc></sitemap></sitemapindex>"
    )
    (done,) = fill(app, clock)
    assert done.progress.note == "the index lists no sitemap of this site"


def test_a_search_that_broke_off_goes_on_where_it_was(press: Press, desk: Make, clock: FakeClock) -> None:
    """A server in trouble ends the run; the next one asks for the page that failed, not for those before."""
    wordpress(press, clock)
    good = press.answers["/feed?paged=3"]
    press.answers["/feed?paged=3"] = html("<p>Later</p>", 503)
    (done,) = fill(desk(), clock, days=900)
    assert (done.new, done.failed) == (5, True)
    assert "503" in done.progress.note
    press.answers["/feed?paged=3"] = good
    press.asked.clear()
    clock.advance(days=1)
    app = desk()
    (done,) = fill(app, clock, days=900)
    assert press.asked == ["/feed?paged=3", "/feed?paged=4", "/feed?paged=5"]
    assert (done.new, done.progress.found, done.failed) == (6, 11, False)
    assert listed(app) == list(range(1, 12))


def test_a_search_that_is_killed_goes_on_where_it_was(press: Press, desk: Make, clock: FakeClock) -> None:
    """Each document is recorded before the next is asked for; nothing is lost or found twice."""
    wordpress(press, clock)
    far: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        far.append((done, total))
        if len(far) == 2:
            raise KeyboardInterrupt

    app = desk()
    with pytest.raises(KeyboardInterrupt):
        fill(app, clock, days=900, progress=stop)
    assert (listed(app), far) == ([1, 2, 3, 4, 5], [(2, 100), (5, 100)])
    app = desk()
    (done,) = fill(app, clock, days=900)
    assert (done.new, done.progress.pages, listed(app)) == (6, 4, list(range(1, 12)))
    assert press.times("/feed") == press.times("/feed?paged=2") == 1


def test_an_index_goes_on_with_the_part_that_is_next(press: Press, desk: Make, clock: FakeClock) -> None:
    """The index is asked again, the parts behind it are not; a break in one is a break of the search."""
    now = clock.now()
    press.answers |= {f"/m/{n}": sitemap(press, {n: n + 2}, now) for n in (1, 2, 3)}
    press.answers["/index"] = index(press, {"/m/1": 1, "/m/2": 2, "/m/3": 3}, now)
    good = press.answers["/m/2"]
    press.answers["/m/2"] = html("<p>Slow down</p>", 429)
    app = desk(feeds=[feed("outlet", press.url("/index"), kind="sitemap")])
    (done,) = fill(app, clock)
    assert (done.failed, listed(app)) == (True, [1])
    press.answers["/m/2"] = good
    press.asked.clear()
    (done,) = fill(app, clock)
    assert (done.failed, listed(app), press.asked) == (False, [1, 2, 3], ["/index", "/m/2", "/m/3"])


def test_a_run_ends_at_its_cap_and_the_next_goes_on(
    press: Press, desk: Make, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outlet with pages without end costs no more than that many documents a run."""
    wordpress(press, clock)
    monkeypatch.setattr(filling, "MOST_DOCUMENTS", 2)
    app = desk()
    (done,) = fill(app, clock, days=900)
    assert done.progress.note == "stopped after 2 documents; the same command goes on"
    assert not done.failed
    (done,) = fill(app, clock, days=900)
    assert listed(app) == list(range(1, 12))


def test_the_past_is_never_a_storm_of_alerts(press: Press, desk: Make, clock: FakeClock) -> None:
    """It goes into the digest, however long its feed is known; what polls missed of today's news does not."""
    clock.advance(days=-200)
    press.answers["/feed"] = xml(rss([flagged(1, press, at=clock.now() - timedelta(hours=1))]))
    app = desk(recipients=[recipient()])
    work(app)
    clock.advance(days=200)
    young, old = clock.now() - timedelta(hours=2), clock.now() - timedelta(hours=25)
    press.answers["/feed?paged=2"] = xml(
        rss([flagged(2, press, at=young), flagged(3, press, at=old), flagged(4, press)])
    )
    assert fill(app, clock, days=300)[0].new == 3
    clock.advance(minutes=1)
    work(app)
    told = rows(
        app,
        "SELECT a.url, alerts.route, alerts.reason FROM alerts"
        " JOIN articles a ON a.story_id = alerts.story_id ORDER BY a.url",
    )
    assert [(url.rpartition("/")[2], route, reason) for url, route, reason in told] == [
        ("1", "at-once", ""),
        ("2", "at-once", ""),
        ("3", "digest", "late find: published 25 hours before we first looked"),
        ("4", "digest", "late find: undated, from the feed's back-catalogue"),
    ]


def test_known_entries_are_not_new(press: Press, desk: Make, clock: FakeClock) -> None:
    """What polls found stays theirs, and pages that hold nothing else do not end the search."""
    wordpress(press, clock, pages=3)
    press.answers["/feed"], first = press.answers["/feed?paged=2"], press.answers["/feed"]
    app = desk()
    app.poller.run()
    press.answers["/feed"] = first
    (done,) = fill(app, clock, days=900)
    assert done.new == 5
    (done,) = fill(app, clock, days=900)
    assert (done.new, press.times("/feed?paged=3")) == (0, 2)


def test_a_dry_run_counts_and_keeps_nothing(press: Press, desk: Make, clock: FakeClock) -> None:
    """Nor does it make the next run go on from where it ended."""
    wordpress(press, clock)
    app = desk()
    (done,) = fill(app, clock, days=900, keep=False)
    assert done.new == 11
    assert listed(app) == []
    assert app.store.backfill("outlet") is None


def test_only_links_that_count_are_found(press: Press, desk: Make, clock: FakeClock) -> None:
    """The source's rules hold for its past, too."""
    wordpress(press, clock)
    app = desk(feeds=[feed("outlet", press.url("/feed"), links=LinkRules(never=("/1*",)))])
    fill(app, clock, days=900)
    assert listed(app) == list(range(2, 10))


def test_sources_are_searched_side_by_side(press: Press, desk: Make, clock: FakeClock) -> None:
    """Each ends for itself; one that fails, and one that has no past, hold up nobody."""
    wordpress(press, clock)
    press.answers["/broken"] = html("<p>No feed</p>")
    app = desk(
        feeds=[
            feed("outlet", press.url("/feed")),
            feed("broken", press.url("/broken")),
            feed("lost", press.url("/lost")),
            feed("page", press.url("/page"), kind="page"),
        ]
    )
    done = {one.feed.id: one for one in fill(app, clock, days=900)}
    assert {name: (one.new, one.failed) for name, one in done.items()} == {
        "page": (0, False),
        "broken": (0, True),
        "lost": (0, True),
        "outlet": (11, False),
    }
    assert done["page"].progress.note == "an index page shows no past"
    assert done["broken"].progress.note.startswith("not-a-feed")
    assert "404" in done["lost"].progress.note


def test_secrets_stay_with_the_host_that_was_declared(press: Press, desk: Make, clock: FakeClock) -> None:
    """Pages of the same host get headers and credentials; an archive elsewhere gets none."""
    heard: dict[str, Mapping[str, str]] = {}

    def says(path: str, answer: Said) -> None:
        def said(headers: Mapping[str, str]) -> Said:
            heard[path] = headers
            return answer

        press.answers[path] = said

    elsewhere = press.url("/else").replace("127.0.0.1", "localhost")
    says("/feed", archived([item(1, press, clock.now() - 2 * DAY)], "/here"))
    says("/here", archived([item(2, press, clock.now() - 3 * DAY)], elsewhere))
    says("/else", archived([item(3, press, clock.now() - 4 * DAY)]))
    app = desk(
        feeds=[feed("outlet", press.url("/feed"), headers=(("X-Desk", "one"),))],
        settings=replace(shipped(), authorizations={"outlet": "Basic ZGVzaw=="}),
    )
    fill(app, clock)
    assert {
        path: (headers.get("authorization"), headers.get("x-desk")) for path, headers in heard.items()
    } == {
        "/feed": ("Basic ZGVzaw==", "one"),
        "/here": ("Basic ZGVzaw==", "one"),
        "/else": (None, None),
    }
