"""Do the parts work together as `app` joins them, round after round and start after start?"""

from dataclasses import replace
from pathlib import Path

from desks import LOOPBACK, feed, shipped
from fakes import FakeClock
from outlets import Make, dull, entries, flagged, outcomes, publish, recipient, rows, work
from press import Press

from monitor.app import App
from monitor.cli import rounds
from monitor.demo.mailbox import Mailbox
from monitor.domain.alerts import When
from monitor.domain.feeds import Feed
from monitor.extract import ParserProcesses


def newsmon(folder: Path, *feeds: Feed) -> App:
    """Return Newsmon as `app` alone makes it, on a database that is not there yet."""
    known = shipped()
    url = f"sqlite:///{folder / 'new' / 'newsmon.db'}"
    settings = replace(
        known,
        feeds=feeds,
        database=known.database.model_copy(update={"url": url}),
        http=known.http.model_copy(update={"allowed": LOOPBACK}),
    )
    return App(settings, clock=FakeClock())


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    """A command that looks at nothing opens no database and starts no workers."""
    with newsmon(tmp_path) as app:
        assert app.settings.feeds == ()
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_not_there_is_made(tmp_path: Path) -> None:
    """The first part that needs it gets one at the newest revision, in a folder of its own."""
    with newsmon(tmp_path) as app:
        assert app.store.articles() == []
    assert (tmp_path / "new" / "newsmon.db").exists()


def test_closing_ends_what_was_made(tmp_path: Path, press: Press) -> None:
    """No parser outlives the service, and nothing is kept that is closed."""
    publish(press, dull(1, press))
    app = newsmon(tmp_path, feed("outlet", press.url("/feed")))
    assert app.poller.run()["ok"] == 1
    pool = app.workers
    assert isinstance(pool, ParserProcesses)
    assert pool.worker_pids()
    app.close()
    assert pool.worker_pids() == []
    assert not {"http", "workers", "channels", "store"} & app.__dict__.keys()


def test_without_a_mail_server_there_is_the_console(desk: Make) -> None:
    """Mail is a channel only where a server is configured."""
    assert list(desk().channels) == ["console"]


def test_a_round_brings_news_from_the_feed_to_the_reader(
    desk: Make, press: Press, mailbox: Mailbox, clock: FakeClock
) -> None:
    """Polled, read, matched and mailed in one round; the next round repeats nothing of it."""
    publish(press, flagged(1, press, at=clock.now()), dull(2, press))
    app = desk(recipients=[recipient()], smtp_port=mailbox.port)
    first = rounds.poll_and_read(app) + rounds.tell(app)
    second = rounds.poll_and_read(app) + rounds.tell(app)
    assert (first["new entries"], first["articles"], first["flagged"], first["sent"]) == (2, 2, 1, 1)
    assert second.total() == 0
    assert mailbox.count() == 1


def test_a_start_goes_on_where_the_last_one_ended(
    desk: Make, press: Press, mailbox: Mailbox, clock: FakeClock
) -> None:
    """Whatever stage the service ends after, the next start brings the news through, once."""
    publish(press, flagged(1, press, at=clock.now()))
    options = {"recipients": [recipient()], "smtp_port": mailbox.port}
    desk(**options).poller.run()
    desk(**options).reader.run()
    desk(**options).matching.run()
    desk(**options).notifier.run()
    app = desk(**options)
    work(app)
    app.notifier.run()
    assert mailbox.count() == 1
    assert (outcomes(app), entries(app)[0][0]) == (["ok"], "matched")


def test_a_story_on_two_outlets_is_told_once(
    desk: Make, press: Press, mailbox: Mailbox, clock: FakeClock
) -> None:
    """The same words elsewhere join the story, whenever they come."""
    text = (
        "The European Union and Kazakhstan signed a roadmap on rare earths in Astana, and promised "
        "one another joint surveys, a plant and a fund before the end of the decade."
    )
    publish(press, flagged(1, press, at=clock.now(), text=text), path="/a")
    publish(press, flagged(2, press, at=clock.now(), text=text), path="/b")
    feeds = [feed(name, press.url(f"/{name}"), read="feed") for name in ("a", "b")]
    for known in (feeds[:1], feeds):
        app = desk(feeds=known, recipients=[recipient()], smtp_port=mailbox.port)
        work(app)
        app.notifier.run()
    assert rows(app, "SELECT count(*), count(DISTINCT story_id) FROM articles") == [(2, 1)]
    assert mailbox.count() == 1


def test_somebody_new_is_not_flooded_with_old_news(
    desk: Make, press: Press, mailbox: Mailbox, clock: FakeClock
) -> None:
    """What was published days before they were named goes into their digest; later news comes at once."""
    start = clock.now()
    publish(press)
    options = {"smtp_port": mailbox.port, "feeds": [feed("outlet", press.url("/feed"), read="feed")]}
    work(desk(**options))
    clock.advance(days=10)
    app = desk(recipients=[recipient()], **options)
    publish(press, flagged(1, press, at=start), flagged(2, press))
    work(app)
    told = rows(app, "SELECT route, reason FROM alerts ORDER BY route")
    assert told == [("at-once", ""), ("digest", "late find: published 10 days before we first looked")]


def test_who_is_known_is_remembered_over_starts(
    desk: Make, press: Press, mailbox: Mailbox, clock: FakeClock
) -> None:
    """A restart makes nobody new: what was published since they were named comes at once."""
    start = clock.now()
    publish(press)
    options = {
        "recipients": [recipient(), recipient("daily", when=When.DAILY)],
        "smtp_port": mailbox.port,
        "feeds": [feed("outlet", press.url("/feed"), read="feed")],
    }
    work(desk(**options))
    clock.advance(days=5)
    publish(press, flagged(1, press, at=start))
    app = desk(**options)
    work(app)
    assert rows(app, "SELECT recipient_id, route FROM alerts ORDER BY recipient_id") == [
        ("daily", "digest"),
        ("desk", "at-once"),
    ]
