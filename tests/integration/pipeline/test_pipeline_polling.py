"""Which feeds are asked, how, and what is remembered of their answers?"""

from datetime import timedelta

import pytest
from desks import feed
from fakes import FakeClock
from outlets import DAY, HOUR, Listener, Make, dull, entries, memory, outcomes, publish, rows, work
from press import Press, Said, rss, xml

from monitor.domain.feeds import Rhythm

ETAG = 'W/"a, b  c"'
MODIFIED = "Mon, 23 nov 2026 8:00:00 +0000"


def test_only_feeds_that_are_due_are_asked(press: Press, desk: Make, clock: FakeClock) -> None:
    """Each feed is asked at its own interval, and not before."""
    publish(press, path="/often")
    publish(press, path="/seldom")
    app = desk(
        feeds=[
            feed("often", press.url("/often"), poll_every=HOUR),
            feed("seldom", press.url("/seldom"), poll_every=5 * HOUR),
        ]
    )
    for _ in range(5):
        app.poller.run()
        app.poller.run()
        clock.advance(minutes=67)
    assert (press.times("/often"), press.times("/seldom")) == (5, 1)


def test_a_feed_without_an_interval_goes_by_its_rhythm(press: Press, desk: Make, clock: FakeClock) -> None:
    """Declared or learned, half an expected entry brings the next poll; a person's interval stays."""
    publish(press, dull(1, press))
    outlets = {
        "busy": {"adapts": True, "rhythm": 96.0},
        "quiet": {"adapts": True, "rhythm": 1.0},
        "unknown": {"adapts": True},
        "fixed": {"rhythm": 96.0, "poll_every": timedelta(minutes=2)},
        "seldom": {"poll_every": timedelta(days=7)},
    }
    app = desk(feeds=[feed(name, press.url("/feed"), **how) for name, how in outlets.items()])
    poller = app.poller
    app.store.learn_rhythms({"unknown": Rhythm(hourly=(0.25,) * 168, weeks=4.0)})
    now = clock.now()
    poller.run()
    waits = {row.state.feed_id: row.state.next_due - now for row in app.store.feed_states()}
    for name, wait in (
        ("busy", HOUR / 8),
        ("quiet", HOUR * 12),
        ("unknown", 2 * HOUR),
        ("fixed", HOUR / 30),
        ("seldom", 7 * DAY),
    ):
        assert wait <= waits[name] <= 1.1 * wait


@pytest.mark.parametrize(("overload", "paused"), [("host", 3), ("feed", 1)])
def test_an_overload_pauses_what_the_source_says(
    press: Press, desk: Make, clock: FakeClock, overload: str, paused: int
) -> None:
    """A 503 that asks for a day delays one feed, or all that are on its host."""
    publish(press, dull(1, press))
    press.answers["/busy"] = Said(status=503, headers=(("Retry-After", "86400"),))
    names = {"busy": "/busy", "one": "/feed", "two": "/feed"}
    app = desk(feeds=[feed(name, press.url(path), overload=overload) for name, path in names.items()])
    app.poller.run()
    tomorrow = clock.now() + DAY
    assert sum(row.state.next_due >= tomorrow for row in app.store.feed_states()) == paused


def test_who_comes_back_is_said_to(press: Press, desk: Make, clock: FakeClock) -> None:
    """The first poll that goes well after failures tells how long it took, once."""
    press.answers["/feed"] = Listener([Said(status=500), xml(rss([dull(1, press)]))])
    app = desk()
    for _ in range(3):
        app.poller.run()
        clock.advance(hours=3)
    assert rows(app, "SELECT message FROM polls ORDER BY id")[1:] == [("came back after 3 h",), ("",)]


def test_a_feed_that_is_no_longer_configured_is_left_alone(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Its memory stays, and nobody asks it."""
    publish(press, dull(1, press))
    desk().poller.run()
    clock.advance(days=1)
    app = desk(feeds=[])
    assert not app.poller.run()
    assert press.times("/feed") == 1
    assert len(entries(app)) == 1


def test_a_limit_leaves_the_rest_to_the_next_round(press: Press, desk: Make) -> None:
    """What a round does not claim is due still, and more than a batch is recorded whole."""
    names = [f"outlet-{number}" for number in range(45)]
    publish(press, dull(1, press))
    app = desk(feeds=[feed(name, press.url("/feed")) for name in names])
    assert [app.poller.run(limit=30)["ok"] for _ in range(3)] == [30, 15, 0]


@pytest.mark.hazard("N6")
def test_validators_are_sent_back_word_for_word(press: Press, desk: Make, clock: FakeClock) -> None:
    """Servers compare them as strings, whatever is wrong with them as dates and tags."""
    listener = Listener([xml(rss([dull(1, press)]), ETag=ETAG, Last_Modified=MODIFIED)])
    press.answers["/feed"] = listener
    app = desk()
    app.poller.run()
    clock.advance(hours=2)
    app.poller.run()
    first, second = listener.heard
    assert "if-none-match" not in first
    assert "if-modified-since" not in first
    assert (second["if-none-match"], second["if-modified-since"]) == (ETAG, MODIFIED)


def test_a_304_changes_nothing_but_the_next_poll(press: Press, desk: Make, clock: FakeClock) -> None:
    """Entries and validators stay; the feed counts as delivering and is due an interval later."""
    press.answers["/feed"] = Listener([xml(rss([dull(1, press)]), ETag=ETAG), Said(status=304)])
    app = desk()
    app.poller.run()
    now = clock.advance(hours=2)
    app.poller.run()
    state = memory(app)
    assert outcomes(app) == ["ok", "unchanged"]
    assert rows(app, "SELECT status, size, new FROM polls ORDER BY id")[1] == (304, 0, 0)
    assert (len(entries(app)), state.etag, state.last_success) == (1, ETAG, now)
    assert now + HOUR <= state.next_due <= now + HOUR * 1.1


def test_the_same_body_again_is_not_parsed_and_brings_its_validators(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """A server without conditional requests costs a comparison; a new ETag is kept."""
    body = rss([dull(1, press)])
    press.answers["/feed"] = Listener([xml(body, ETag='"1"'), xml(body, ETag='"2"')])
    app = desk()
    app.poller.run()
    clock.advance(hours=2)
    app.poller.run()
    assert outcomes(app) == ["ok", "unchanged"]
    assert memory(app).etag == '"2"'


def test_only_what_is_new_is_listed(press: Press, desk: Make, clock: FakeClock) -> None:
    """Items known before are no entries again, whatever else of the document changed."""
    publish(press, dull(1, press), dull(2, press))
    app = desk()
    assert app.poller.run()["new entries"] == 2
    clock.advance(hours=2)
    publish(press, dull(3, press), dull(2, press), dull(1, press))
    assert app.poller.run()["new entries"] == 1
    clock.advance(hours=2)
    press.answers["/feed"] = xml(rss([dull(2, press), dull(3, press)], title="Another name"))
    assert app.poller.run()["new entries"] == 0
    assert rows(app, "SELECT listed, new FROM polls ORDER BY id") == [(2, 2), (3, 1), (2, 0)]


def test_an_item_whose_words_change_is_read_again(press: Press, desk: Make, clock: FakeClock) -> None:
    """It stays one entry and one article, of which both versions are kept."""
    app = desk(feeds=[feed("outlet", press.url("/feed"), read="feed")])
    publish(press, dull(1, press))
    work(app)
    clock.advance(hours=2)
    publish(press, dull(1, press, text="The choir did not sing after all."))
    work(app)
    assert rows(app, "SELECT new, updated FROM polls ORDER BY id") == [(1, 0), (0, 1)]
    (row,) = app.store.articles()
    assert (row.article.text, row.article.version) == ("The choir did not sing after all.", 2)


@pytest.mark.hazard("P4")
@pytest.mark.parametrize(
    ("first_poll", "late"), [("digest", {"old", "undated"}), ("alert", set())], ids=["digest", "alert"]
)
def test_what_a_first_poll_finds_old_or_undated_is_back_catalogue(
    first_poll: str, late: set[str], press: Press, desk: Make, clock: FakeClock
) -> None:
    """What it finds of today is news; a feed may ask that all of it counts as news."""
    publish(
        press,
        dull(1, press, title="old", date="Sat, 21 Nov 2026 08:00:00 GMT"),
        dull(2, press, title="of today", date="Mon, 23 Nov 2026 08:00:00 GMT"),
        dull(3, press, title="undated"),
    )
    app = desk(feeds=[feed("outlet", press.url("/feed"), first_poll=first_poll)])
    app.poller.run()
    clock.advance(hours=2)
    publish(press, dull(4, press, title="undated, and of the second poll"))
    app.poller.run()
    assert {title for (title,) in rows(app, "SELECT title FROM entries WHERE late")} == late


def test_what_a_first_flood_leaves_is_back_catalogue_too(press: Press, desk: Make, clock: FakeClock) -> None:
    """The polls that drain it find nothing new; what comes after them is news."""
    publish(press, *(dull(number, press) for number in range(600)))
    app = desk()
    app.poller.run()
    clock.advance(minutes=6)
    app.poller.run()
    clock.advance(hours=2)
    publish(press, dull(1000, press))
    app.poller.run()
    assert rows(app, "SELECT new FROM polls ORDER BY id") == [(500,), (100,), (1,)]
    assert rows(app, "SELECT title FROM entries WHERE NOT late") == [("Choir 1000 sings",)]


def test_the_same_move_three_times_is_followed_for_good(press: Press, desk: Make, clock: FakeClock) -> None:
    """The third 301 in a row to one place makes it the feed's address."""
    publish(press, dull(1, press), path="/new")
    press.answers["/feed"] = Said(status=301, headers=(("Location", press.url("/new")),))
    app = desk()
    for _ in range(5):
        app.poller.run()
        clock.advance(hours=2)
    assert (press.times("/feed"), press.times("/new")) == (3, 5)
    assert memory(app).url == press.url("/new")


def test_moves_that_are_not_the_same_are_not_followed_for_good(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """A temporary redirect in between, or another place, begins the count anew."""
    publish(press, path="/new")
    publish(press, path="/other")
    moves = [(301, "/new"), (301, "/new"), (302, "/new"), (301, "/new"), (308, "/other"), (301, "/new")]
    press.answers["/feed"] = Listener(
        [Said(status=status, headers=(("Location", press.url(path)),)) for status, path in moves]
    )
    app = desk()
    for _ in moves:
        app.poller.run()
        clock.advance(hours=2)
    assert (press.times("/feed"), memory(app).url) == (6, press.url("/feed"))


def test_a_410_stops_a_feed_but_for_a_probe_each_30_days(press: Press, desk: Make, clock: FakeClock) -> None:
    """It is told as gone for good, and comes back when a probe finds it alive."""
    press.answers["/feed"] = Said(status=410)
    app = desk()
    for _ in range(50):
        app.poller.run()
        app.watcher.run()
        clock.advance(days=1)
    assert press.times("/feed") == 2
    (note,) = app.store.coverage()
    assert "gone for good since 23 Nov 2026" in note.text
    publish(press, dull(1, press))
    clock.advance(days=30)
    app.poller.run()
    app.watcher.run()
    assert (outcomes(app)[-1], memory(app).gone_since, app.store.coverage()) == ("ok", None, [])


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("18000", 5 * HOUR),
        ("Mon, 23 Nov 2026 14:00:00 GMT", 5 * HOUR),
        ("8640000", 7 * DAY),
        ("1", 1.5 * HOUR),
    ],
    ids=["seconds", "date", "at most seven days", "at least the usual"],
)
def test_retry_after_is_respected(
    asked: str, wait: timedelta, press: Press, desk: Make, clock: FakeClock
) -> None:
    """A server that asks for time gets it, up to seven days, in either form."""
    press.answers["/feed"] = Said(
        raw=b"HTTP/1.1 503 Busy\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\nContent-Length: 0\r\n"
        + f"Retry-After: {asked}\r\n\r\n".encode()
    )
    app = desk()
    now = clock.now()
    app.poller.run()
    assert now + wait <= memory(app).next_due <= now + wait * 1.1


def test_failures_make_the_polls_slower_and_a_success_makes_them_usual(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """The waits grow by half an interval for each 500, and are forgotten with the first body."""
    press.answers["/feed"] = Said(status=500)
    app = desk()
    for failures in range(1, 4):
        app.poller.run()
        state, wait = memory(app), HOUR * (1 + failures / 2)
        assert clock.now() + wait <= state.next_due <= clock.now() + wait * 1.1
        clock.advance(hours=3)
    assert (state.failure_points, state.last_error) == (
        1.5,
        "status 500: the server answered with status 500",
    )
    publish(press, dull(1, press))
    app.poller.run()
    state = memory(app)
    assert (state.failure_points, state.failing_since, state.last_error) == (0, None, None)
    assert state.next_due <= clock.now() + HOUR * 1.1


class StoppedError(Exception):
    """Somebody asked the round to end."""


def test_a_round_that_is_stopped_records_nothing_of_what_it_was_at(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """The feed is leased for ten minutes, and polled again after them with the same result."""
    publish(press, dull(1, press))
    app = desk()

    def stop(_done: int, _total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        app.poller.run(progress=stop)
    assert outcomes(app) == []
    assert not app.poller.run()
    clock.advance(minutes=11)
    assert app.poller.run()["new entries"] == 1
