"""Sitemaps, indexes of them, JSON Feeds and index pages are polled as feeds are, hostile ones included."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from desks import Desk, feed, shipped
from fakes import FakeClock
from outlets import Listener, Make, memory, outcomes, publish, rows, work
from press import Press, Said, html, page, xml

LASTMOD = "2026-11-23T08:00:00Z"


def sitemap(press: Press, *numbers: int, lastmod: str = LASTMOD) -> Said:
    """Return a sitemap of these articles."""
    inside = "".join(
        f"<url><loc>{press.url(f'/{n}')}</loc><lastmod>{lastmod}</lastmod></url>" for n in numbers
    )
    return xml(f"<urlset>{inside}</urlset>")


def index(press: Press, *parts: str, lastmod: str = LASTMOD) -> Said:
    """Return an index of these sitemaps."""
    inside = "".join(
        f"<sitemap><loc>{press.url(path)}</loc><lastmod>{lastmod}</lastmod></sitemap>" for path in parts
    )
    return xml(f"<sitemapindex>{inside}</sitemapindex>")


def listing(*numbers: int) -> Said:
    """Return an index page."""
    cards = "".join(
        f'<div class=c><h3><a href="/{n}">Choir number {n} sings in the park</a></h3></div>' for n in numbers
    )
    return html(f"<html><body><nav><a href=/about>About us and the town</a></nav>{cards}</body></html>")


def numbers(app: Desk) -> list[int]:
    """Return the numbers of the entries stored."""
    return sorted(int(row[0].rpartition("/")[2]) for row in rows(app, "SELECT url FROM entries"))


def messages(app: Desk) -> list[str]:
    """Return what was noted of the polls, in order."""
    return [row[0] for row in rows(app, "SELECT message FROM polls ORDER BY id")]


def again(app: Desk, clock: FakeClock) -> None:
    """Poll a day later: nothing is too early then."""
    clock.advance(days=1)
    app.poller.run()


def of_kind(desk: Make, press: Press, kind: str, path: str = "/feed") -> Desk:
    """Return a desk with one source of a kind."""
    return desk(feeds=[feed("outlet", press.url(path), kind=kind)])


def test_a_sitemap_is_polled_like_a_feed(press: Press, desk: Make, clock: FakeClock) -> None:
    """New addresses are entries, titled by their pages; the same body is not read twice."""
    press.answers["/feed"] = sitemap(press, 1, 2)
    press.answers["/1"] = html(page("Choir 1 sings", ["The choir sang in the park for the whole town."]))
    app = of_kind(desk, press, "sitemap")
    work(app)
    assert numbers(app) == [1, 2]
    assert [row.article.title for row in app.store.articles()] == ["Choir 1 sings"]
    again(app, clock)
    press.answers["/feed"] = Said(body=gzip.compress(sitemap(press, 1, 2, 3).body))
    again(app, clock)
    assert (outcomes(app), numbers(app)) == (["ok", "unchanged", "ok"], [1, 2, 3])


def test_an_index_is_polled_with_its_parts(press: Press, desk: Make, clock: FakeClock) -> None:
    """A part whose date says that it did not change is not asked again."""
    press.answers |= {"/p1": sitemap(press, 1), "/p2": sitemap(press, 2)}
    press.answers["/feed"] = index(press, "/p1", "/p2")
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    assert (numbers(app), outcomes(app), messages(app)) == ([1, 2], ["ok"], [""])
    again(app, clock)
    assert (outcomes(app)[-1], press.times("/p1")) == ("unchanged", 1)
    press.answers["/p2"] = sitemap(press, 2, 3)
    changed = index(press, "/p2", lastmod="2026-11-24T09:00:00Z").body.removesuffix(b"</sitemapindex>")
    press.answers["/feed"] = xml(changed + index(press, "/p1").body.removeprefix(b"<sitemapindex>"))
    again(app, clock)
    assert (numbers(app), press.times("/p1"), press.times("/p2")) == ([1, 2, 3], 1, 2)


def test_a_lost_part_is_told_and_asked_again(press: Press, desk: Make, clock: FakeClock) -> None:
    """It does not keep the others from being read; nor does one that is no sitemap, or an index itself."""
    press.answers |= {
        "/feed": index(press, "/p1", "/p2", "/p3", "/p4"),
        "/p1": sitemap(press, 1),
        "/p2": html("<p>Sorry</p>"),
        "/p3": index(press, "/p1"),
    }
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    assert (numbers(app), outcomes(app)) == ([1], ["ok"])
    assert "/p2 could not be read" in messages(app)[0]
    assert "/p3 is an index itself, and was not followed" in messages(app)[0]
    assert "/p4 did not come" in messages(app)[0]
    press.answers |= {f"/p{n}": sitemap(press, n) for n in (2, 3, 4)}
    again(app, clock)
    assert numbers(app) == [1, 2, 3, 4]


def test_a_part_that_was_cut_short_is_asked_again(press: Press, desk: Make, clock: FakeClock) -> None:
    """What it listed whole is kept; where it broke is told."""
    press.answers |= {"/feed": index(press, "/p1"), "/p1": xml(sitemap(press, 1, 2).body[:-40])}
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    assert numbers(app) == [1]
    assert "/p1: line 1, column " in messages(app)[0]
    press.answers["/p1"] = sitemap(press, 1, 2)
    again(app, clock)
    assert numbers(app) == [1, 2]


def test_an_index_of_which_nothing_can_be_read_is_a_failure(press: Press, desk: Make) -> None:
    """It is no outlet that published nothing."""
    press.answers["/feed"] = index(press, "/p1", "/p2")
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    assert outcomes(app) == ["no-parts"]
    assert "/p1 did not come" in messages(app)[0]


def test_an_index_that_names_itself_costs_one_request(press: Press, desk: Make) -> None:
    """And is told."""
    press.answers["/feed"] = index(press, "/feed", "/feed#again")
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    assert (press.asked, outcomes(app)) == (["/feed"], ["ok"])
    assert messages(app) == ["the index lists no sitemap of this site"]


def test_two_indexes_that_name_each_other_cost_two_requests(press: Press, desk: Make) -> None:
    """No part of a part is asked."""
    press.answers |= {"/feed": index(press, "/other"), "/other": index(press, "/feed")}
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    assert (press.asked, outcomes(app)) == (["/feed", "/other"], ["no-parts"])


def test_parts_are_asked_with_what_their_source_needs(press: Press, desk: Make) -> None:
    """Headers and credentials go with each request to the source's own site, when it is tried, too."""
    heard: list[tuple[str | None, str | None, str | None]] = []

    def says(answer: Said) -> object:
        def said(headers: Mapping[str, str]) -> Said:
            heard.append((headers.get("authorization"), headers.get("x-desk"), headers.get("if-none-match")))
            return answer

        return said

    press.answers |= {"/feed": says(index(press, "/p1")), "/p1": says(sitemap(press, 1))}  # type: ignore[dict-item]  # answers
    source = feed("outlet", press.url("/feed"), kind="sitemap", headers=(("X-Desk", "one"),))
    app = desk(feeds=[source], settings=replace(shipped(), authorizations={"outlet": "Basic ZGVzaw=="}))
    app.poller.run()
    (tried,) = app.tester.test([source])
    assert tried.gave
    assert heard == [("Basic ZGVzaw==", "one", None)] * 4


def test_an_index_page_is_polled_like_a_feed(press: Press, desk: Make, clock: FakeClock) -> None:
    """New links are entries; robots.txt is asked first, and heeded."""
    press.answers["/feed"] = listing(1, 2, 3, 4)
    app = of_kind(desk, press, "page")
    app.poller.run()
    assert press.asked[0] == "/robots.txt"
    assert numbers(app) == [1, 2, 3, 4]
    press.answers["/feed"] = listing(5, 1, 2, 3)
    again(app, clock)
    assert numbers(app) == [1, 2, 3, 4, 5]


def test_an_index_page_that_robots_may_not_read_is_not_read(press: Press, desk: Make) -> None:
    """It fails as what it is."""
    press.answers |= {"/feed": listing(1, 2, 3), "/robots.txt": Said(body=b"User-agent: *\nDisallow: /\n")}
    app = of_kind(desk, press, "page")
    app.poller.run()
    assert (outcomes(app), press.times("/feed")) == (["robots"], 0)


def test_a_json_feed_needs_no_kind_of_its_own(press: Press, desk: Make, clock: FakeClock) -> None:
    """It is told by its bytes, on the same address as an RSS feed the day before."""
    publish(press)
    app = desk()
    app.poller.run()
    items = [{"id": str(n), "url": press.url(f"/{n}"), "title": f"Choir {n}"} for n in (1, 2)]
    press.answers["/feed"] = Said(body=json.dumps({"version": "1.1", "items": items}).encode())
    again(app, clock)
    assert numbers(app) == [1, 2]


@pytest.mark.parametrize(
    ("kind", "body", "outcome"),
    [
        ("feed", b"[" * 100_000, "malformed"),
        ("feed", b'{"items": ' + b"[" * 100_000, "malformed"),
        ("sitemap", b"\x1f\x8b\x08broken", "malformed"),
        ("sitemap", b"<urlset>" + b"<a>" * 100_000, "malformed"),
        ("sitemap", b"<html><body>Sorry</body></html>", "not-a-sitemap"),
        ("page", b"<html>" + b"<div>" * 50_000 + b"<a href=/1>One</a>", "no-links"),
        ("page", b"%PDF-1.7", "not-a-page"),
    ],
    ids=("nest", "items", "gz", "depth", "html", "divs", "pdf"),
)
def test_hostile_bytes_cost_one_poll_and_are_told(
    press: Press, desk: Make, clock: FakeClock, kind: str, body: bytes, outcome: str
) -> None:
    """The next poll, of a good document, is as if nothing had been."""
    press.answers["/feed"] = Said(body=body)
    app = of_kind(desk, press, kind)
    app.poller.run()
    assert outcomes(app) == [outcome]
    assert messages(app)[0]
    good = {"feed": Said(body=b'{"items": [{"id": "1", "url": "/1"}]}'), "sitemap": sitemap(press, 1)}
    press.answers["/feed"] = good.get(kind, listing(1))
    again(app, clock)
    assert (outcomes(app)[-1], numbers(app)) == ("ok", [1])


def test_a_server_that_always_says_304_is_asked_for_all_twice_a_day(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Validators are left out then, and what it kept back is found."""
    publish(press, ETag='"1"')
    first = press.answers["/feed"]
    assert isinstance(first, Said)
    new = replace(first, body=sitemap(press, 1).body)
    asked = Listener([first])

    def lying(headers: Mapping[str, str]) -> Said:
        asked(headers)
        if "if-none-match" in headers:
            return Said(status=304)
        return first if len(asked.heard) == 1 else new

    press.answers["/feed"] = lying
    first = replace(sitemap(press), headers=first.headers)
    app = of_kind(desk, press, "sitemap")
    app.poller.run()
    start = clock.now()
    while clock.now() - start < timedelta(hours=11):
        clock.advance(hours=1)
        app.store.hasten_feeds(["outlet"], clock.now())
        app.poller.run()
    assert (set(outcomes(app)[1:]), numbers(app)) == ({"unchanged"}, [])
    clock.advance(hours=1)
    app.store.hasten_feeds(["outlet"], clock.now())
    app.poller.run()
    assert (outcomes(app)[-1], numbers(app)) == ("ok", [1])
    assert "if-none-match" not in asked.heard[-1]
    assert memory(app).full_at == clock.now()
