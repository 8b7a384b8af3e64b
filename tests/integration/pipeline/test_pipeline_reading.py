"""What becomes of the entries that were listed?"""

from collections.abc import Mapping

import pytest
from desks import feed
from fakes import FakeClock
from outlets import Listener, Make, article, dull, entries, flagged, publish, rows, work
from press import Press, Said, html, page

ROBOTS = Said(body=b"User-agent: *\nDisallow: /\n", headers=(("Content-Type", "text/plain"),))


def test_a_page_that_is_down_is_tried_after_1_6_and_24_hours(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """The waits count from the failed try before; after the fourth the page is left alone."""
    press.answers["/1"] = html("<p>Busy.</p>", 503)
    publish(press, dull(1, press))
    app = desk()
    app.poller.run()
    tried = []
    for hour in range(100):
        app.reader.run()
        if press.times("/1") > len(tried):
            tried.append(hour)
        clock.advance(hours=1)
    assert tried == [0, 1, 7, 31]


def test_the_feeds_words_are_matched_at_once_while_the_page_is_down(press: Press, desk: Make) -> None:
    """Nobody waits a day for a server; the article says that it is not whole."""
    press.answers["/1"] = html("<p>Busy.</p>", 503)
    publish(press, flagged(1, press))
    app = desk()
    work(app)
    (row,) = app.store.articles(flagged=True)
    assert row.article.incomplete == "from the feed only (page down: 503)"


def test_what_the_page_says_later_is_a_version_matched_anew(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """Words that the feed did not have are found then, and both texts are kept."""
    words = "The European Union and Kazakhstan signed a roadmap on rare earths in Astana on Friday."
    press.answers["/1"] = Listener([html("<p>Busy.</p>", 503), html(article(1, words))])
    publish(press, dull(1, press))
    app = desk()
    work(app)
    assert entries(app) == [("nothing", "no topic")]
    clock.advance(hours=1, seconds=1)
    work(app)
    (row,) = app.store.articles(flagged=True)
    assert (row.article.incomplete, row.article.version) == ("", 2)
    assert words in row.article.text
    assert rows(app, "SELECT version FROM article_versions ORDER BY version") == [(1,), (2,)]
    assert rows(app, "SELECT page_due FROM entries") == [(None,)]


def test_a_page_that_says_nothing_new_is_no_version(press: Press, desk: Make, clock: FakeClock) -> None:
    """The same words are not matched again; the article is whole now."""
    text = "Choir number 1 sang in the park on Sunday, and the people of the town listened for an hour."
    press.answers["/1"] = Listener([html("<p>Busy.</p>", 503), html(page("Choir 1 sings", [text]))])
    publish(press, dull(1, press, text=f"<p>{text}</p>"))
    app = desk()
    work(app)
    clock.advance(hours=1, seconds=1)
    app.reader.run()
    (row,) = app.store.articles()
    assert (row.article.incomplete, row.article.version) == ("", 1)
    assert app.matching.run()["articles"] == 0
    assert entries(app) == [("nothing", "no topic")]


def test_an_article_outlives_its_page(press: Press, desk: Make, clock: FakeClock) -> None:
    """When a page that was read is gone at a second look, what it said stays as it is."""
    press.answers["/1"] = Listener([html(article(1)), html("<p>Gone.</p>", 410)])
    publish(press, dull(1, press))
    app = desk()
    work(app)
    clock.advance(hours=2)
    publish(press, dull(1, press, title="Choir 1 sings again", text=None))
    work(app)
    (row,) = app.store.articles()
    assert (row.article.title, row.article.version) == ("Choir 1 sings", 1)
    assert press.times("/1") == 2
    assert entries(app)[0][0] == "nothing"


def test_retry_after_of_a_page_is_respected(press: Press, desk: Make, clock: FakeClock) -> None:
    """A server that asks for five hours is not asked after one."""
    busy = Said(raw=b"HTTP/1.1 503 Busy\r\nRetry-After: 18000\r\nContent-Length: 0\r\n\r\n")
    press.answers["/1"] = Listener([busy, html(article(1))])
    publish(press, dull(1, press))
    app = desk()
    work(app)
    clock.advance(hours=4)
    work(app)
    assert press.times("/1") == 1
    clock.advance(hours=1, seconds=1)
    work(app)
    assert press.times("/1") == 2


def test_a_page_of_two_feeds_is_one_article(press: Press, desk: Make) -> None:
    """The entry that comes second is a duplicate, and says of what."""
    press.answers["/1"] = html(article(1))
    publish(press, dull(1, press), path="/a")
    publish(press, dull(1, press), path="/b")
    app = desk(feeds=[feed("a", press.url("/a")), feed("b", press.url("/b"))])
    app.poller.run()
    app.reader.run(limit=1)
    app.reader.run()
    assert [state for state, _ in entries(app)] == ["extracted", "duplicate"]
    assert entries(app)[1][1] == "same page as article 1"
    assert press.times("/1") == 1


def test_a_page_that_calls_itself_another_is_a_duplicate(press: Press, desk: Make) -> None:
    """Two addresses with one canonical address are one article, though both were fetched."""
    canonical = f'<link rel="canonical" href="{press.url("/1")}">'
    words = ["Choir number 1 sang in the park on Sunday, and the people of the town listened for an hour."]
    press.answers["/1"] = press.answers["/2"] = html(page("Choir 1 sings", words, head=canonical))
    publish(press, dull(1, press), dull(2, press))
    app = desk()
    work(app)
    assert sorted(state for state, _ in entries(app)) == ["duplicate", "nothing"]
    assert [reason for state, reason in entries(app) if state == "duplicate"] == [
        "same page as article 1 (outlet)"
    ]


def test_what_robots_txt_forbids_is_not_fetched(press: Press, desk: Make) -> None:
    """The entry is blocked, for good; the feed's words serve where there are any."""
    press.answers["/robots.txt"] = ROBOTS
    publish(press, dull(1, press, text=None), dull(2, press))
    app = desk()
    work(app)
    assert entries(app) == [("blocked", "page refused: robots"), ("nothing", "no topic")]
    (row,) = app.store.articles()
    assert row.article.incomplete == "from the feed only (page refused: robots)"
    assert rows(app, "SELECT page_due FROM entries") == [(None,), (None,)]
    assert press.asked == ["/feed", "/robots.txt"]


def test_entries_of_a_source_that_is_no_longer_configured_end(press: Press, desk: Make) -> None:
    """Their pages are not fetched any more, and they say why."""
    publish(press, dull(1, press))
    desk().poller.run()
    app = desk(feeds=[])
    assert app.reader.run() == {"failed": 1}
    assert entries(app) == [("failed", "its source is no longer configured")]
    assert press.times("/1") == 0


def test_a_feed_that_carries_the_whole_text_is_enough(press: Press, desk: Make) -> None:
    """With `read: feed` no page is fetched, and the article counts as whole."""
    publish(press, flagged(1, press))
    app = desk(feeds=[feed("outlet", press.url("/feed"), read="feed")])
    work(app)
    (row,) = app.store.articles(flagged=True)
    assert (row.article.incomplete, row.article.url) == ("", press.url("/1"))
    assert press.asked == ["/feed"]


def test_an_item_without_a_link_is_read_from_its_feed(press: Press, desk: Make) -> None:
    """It has an address of its own, and says that the feed is all there is; without words it fails."""
    publish(press, dull(1, press, link=None), dull(2, press, link=None, text=None))
    app = desk()
    work(app)
    (row,) = app.store.articles()
    assert row.article.url.startswith("urn:newsmon:")
    assert row.article.incomplete == "from the feed only (no link)"
    assert entries(app)[1] == ("failed", "no link and no text in the feed")


def test_news_is_read_before_back_catalogue(press: Press, desk: Make) -> None:
    """What was old when a feed was first seen waits for what is of today."""
    publish(
        press,
        dull(1, press, date="Sat, 21 Nov 2026 08:00:00 GMT"),
        dull(2, press, date="Mon, 23 Nov 2026 08:00:00 GMT"),
    )
    app = desk()
    app.poller.run()
    app.reader.run(limit=1)
    assert (press.times("/1"), press.times("/2")) == (0, 1)


def test_more_pages_than_a_batch_are_all_recorded(press: Press, desk: Make) -> None:
    """A round of 45 pages stores 45 articles."""
    press.answers |= {f"/{number}": html(article(number)) for number in range(45)}
    publish(press, *(dull(number, press) for number in range(45)))
    app = desk()
    app.poller.run()
    assert app.reader.run() == {"extracted": 45}


def test_a_round_ends_after_a_minute_and_loses_nothing(press: Press, desk: Make, clock: FakeClock) -> None:
    """What it did not come to is read when its lease is over, so that others' news does not wait."""

    def slow(_headers: Mapping[str, str]) -> Said:
        clock.advance(seconds=61)
        return html(article(0))

    press.answers |= {f"/{number}": slow for number in range(3)}
    publish(press, *(dull(number, press) for number in range(3)))
    app = desk()
    app.poller.run()
    assert app.reader.run().total() == 1
    press.answers |= {f"/{number}": html(article(number)) for number in range(3)}
    assert not app.reader.run()
    clock.advance(minutes=10)
    app.reader.run()
    assert {state for state, _ in entries(app)} == {"extracted"}


class StoppedError(Exception):
    """Somebody asked the round to end."""


def test_a_round_that_is_stopped_records_nothing_of_what_it_was_at(
    press: Press, desk: Make, clock: FakeClock
) -> None:
    """The entry is read when its lease is over."""
    press.answers["/1"] = html(article(1))
    publish(press, dull(1, press))
    app = desk()
    app.poller.run()

    def stop(_done: int, _total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        app.reader.run(progress=stop)
    assert entries(app) == [("listed", "")]
    clock.advance(hours=1)
    assert app.reader.run() == {"extracted": 1}


def test_an_entry_whose_page_is_down_waits_for_it(press: Press, desk: Make, clock: FakeClock) -> None:
    """Without words of the feed it stays listed, with the reason, and fails when the tries are used up."""
    press.answers["/1"] = html("<p>Busy.</p>", 503)
    publish(press, dull(1, press, text=None))
    app = desk()
    app.poller.run()
    for wait in (1, 6, 24):
        app.reader.run()
        assert entries(app) == [("listed", "page down: 503")]
        clock.advance(hours=wait)
    app.reader.run()
    assert entries(app) == [("failed", "page down: 503")]
    clock.advance(hours=100)
    assert not app.reader.run()


@pytest.mark.parametrize(
    ("status", "end"), [(404, "gone"), (410, "gone"), (403, "blocked"), (451, "blocked")]
)
def test_a_page_that_is_gone_or_forbidden_is_not_asked_again(
    status: int, end: str, press: Press, desk: Make, clock: FakeClock
) -> None:
    """The end of its entry says which."""
    press.answers["/1"] = html("<p>No.</p>", status)
    publish(press, dull(1, press, text=None))
    app = desk()
    app.poller.run()
    app.reader.run()
    assert entries(app)[0][0] == end
    clock.advance(hours=30)
    assert not app.reader.run()


def test_a_page_that_answers_304_is_down(press: Press, desk: Make, clock: FakeClock) -> None:
    """Pages are asked without validators: there is nothing that could be unchanged, and it is tried again."""
    press.answers["/1"] = Listener([Said(status=304), html(article(1))])
    publish(press, dull(1, press))
    app = desk()
    work(app)
    assert app.store.articles()[0].article.incomplete == "from the feed only (page down: 304)"
    clock.advance(hours=1)
    work(app)
    assert app.store.articles()[0].article.incomplete == ""
