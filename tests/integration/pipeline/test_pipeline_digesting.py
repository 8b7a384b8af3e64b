"""Who gets a digest, when, and what stands in it?"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from desks import Desk, feed
from fakes import FakeClock
from outlets import DAY, Make, flagged, publish, recipient, rows, work
from press import Press, Said

from monitor.demo.mailbox import Mailbox
from monitor.domain.alerts import Recipient, Subscription, When
from monitor.policy.digests import DigestDue

DAILY = recipient(when=When.DAILY)
AT_ONCE = recipient(when=When.AT_ONCE)


def start(desk: Make, press: Press, *recipients: Recipient, **options: object) -> Desk:
    """Start a desk that reads its one outlet from the feed alone, and knows these people from now on."""
    feeds = [feed("outlet", press.url("/feed"), read="feed")]
    app = desk(feeds=feeds, recipients=recipients or (DAILY,), **options)
    app.digester.run()
    return app


def dates(app: Desk, name: str = "desk") -> list[str]:
    """Return the local dates of somebody's digests, in the order they were made."""
    query = "SELECT occasion FROM deliveries WHERE kind = 'digest' AND recipient_id = ? ORDER BY id"
    return [occasion for (occasion,) in rows(app, query, name)]


def texts(mailbox: Mailbox) -> list[str]:
    """Return the plain texts of the mails that arrived, each on one line."""
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in mailbox.mails()]
    bodies = [mail.get_body(("plain",)) for mail in mails]
    return [" ".join(body.get_content().split()) for body in bodies if body is not None]


def roadmaps(text: str) -> list[int]:
    """Return the numbers of the flagged articles that a digest shows, in order."""
    return sorted({number for number in range(50) if f"roadmap {number} on" in text})


def test_there_is_one_digest_for_each_local_date(desk: Make, press: Press, clock: FakeClock) -> None:
    """It is made at the recipient's hour in the recipient's zone, and not again that day."""
    zone = ZoneInfo("Asia/Almaty")
    app = start(desk, press, recipient(when=When.DAILY, timezone="Asia/Almaty", digest_at=time(8, 30)))
    made: list[datetime] = []
    for _ in range(24 * 2 * 3):
        clock.advance(minutes=30)
        made += [clock.now().astimezone(zone)] * app.digester.run()["digests"]
    assert [at.time() for at in made] == [time(8, 30)] * 3
    assert dates(app) == ["2026-11-24", "2026-11-25", "2026-11-26"]


@pytest.mark.parametrize("changed", [date(2026, 10, 25), date(2027, 3, 28)], ids=["twice", "never"])
def test_there_is_one_digest_on_the_days_that_clocks_are_changed(
    changed: date, desk: Make, press: Press
) -> None:
    """Where 02:30 comes twice, or never, there is no digest more or less."""
    clock = FakeClock(datetime.combine(changed - 2 * DAY, time(12), UTC))
    person = recipient(when=When.DAILY, timezone="Europe/Berlin", digest_at=time(2, 30))
    app = start(desk, press, person, clock=clock)
    for _ in range(24 * 4 * 3):
        clock.advance(minutes=15)
        app.digester.run()
    assert dates(app) == [(changed + DAY * days).isoformat() for days in (-1, 0, 1)]


def test_a_start_that_is_late_makes_the_latest_digest_only(
    desk: Make, press: Press, clock: FakeClock
) -> None:
    """After hours down the day's digest is made; after days down not one for each."""
    app = start(desk, press)
    clock.advance(hours=23 + 14)
    app.digester.run()
    clock.advance(days=4)
    app.digester.run()
    assert dates(app) == ["2026-11-24", "2026-11-28"]


def test_a_clock_set_back_makes_no_second_digest(desk: Make, press: Press, clock: FakeClock) -> None:
    """The date is the key, not the instant."""
    app = start(desk, press)
    clock.advance(hours=23, minutes=30)
    app.digester.run()
    clock.advance(hours=-1)
    app.digester.run()
    clock.advance(hours=1)
    app.digester.run()
    assert dates(app) == ["2026-11-24"]


def test_only_daily_subscribers_get_a_digest_without_stories(
    desk: Make, press: Press, clock: FakeClock
) -> None:
    """Silence must not look like a failure to them; whoever is told at once is not bothered."""
    app = start(desk, press, recipient("daily", when=When.DAILY), recipient("at-once", when=When.AT_ONCE))
    clock.advance(days=1)
    assert app.digester.run() == {"digests": 1, "stories": 0}
    assert (dates(app, "daily"), dates(app, "at-once")) == (["2026-11-24"], [])


def test_whoever_cannot_be_reached_gets_none(desk: Make, press: Press, clock: FakeClock) -> None:
    """A subscription by a channel without an address makes no message that could never be sent."""
    app = start(desk, press, recipient(when=When.DAILY, addresses=()))
    clock.advance(days=1)
    assert app.digester.run() == {"digests": 0, "stories": 0}


def test_no_story_is_lost_or_told_twice_between_digests(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox
) -> None:
    """Whatever hour an article comes at, it stands in exactly one digest, the next."""
    app = start(desk, press, smtp_port=mailbox.port)
    waiting: list[int] = []
    expected = []
    for number in range(30):
        publish(press, *(flagged(n, press, at=clock.now()) for n in range(max(0, number - 9), number + 1)))
        work(app)
        waiting.append(number)
        if app.digester.run()["digests"]:
            expected.append(waiting)
            waiting = []
        clock.advance(hours=2, minutes=10)
    clock.advance(days=1)
    app.digester.run()
    app.notifier.run()
    assert [roadmaps(text) for text in texts(mailbox)] == [*expected, waiting]
    assert len(expected) == 2


def test_a_digest_that_was_made_already_is_not_made_again(desk: Make, press: Press, clock: FakeClock) -> None:
    """Two that ask at once, as `newsmon digest` beside the service may, make one."""
    app = start(desk, press)
    publish(press, flagged(1, press, at=clock.now()))
    work(app)
    now = clock.advance(days=1)
    due = DigestDue(date="2026-11-24", since=now - DAY, until=now)
    assert [app.digester.make(DAILY, due) for _ in range(2)] == [1, None]
    assert dates(app) == ["2026-11-24"]


def test_a_late_find_is_told_in_the_digest_to_whoever_is_told_at_once(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox
) -> None:
    """What was published days before we first looked makes no alert; the digest says why it is there."""
    app = start(desk, press, AT_ONCE, smtp_port=mailbox.port)
    old, new = flagged(1, press, at=clock.now() - 3 * DAY), flagged(2, press, at=clock.now())
    publish(press, old, new)
    work(app)
    assert app.notifier.run() == {"sent": 1}
    clock.advance(days=1)
    app.digester.run()
    assert app.notifier.run() == {"sent": 1}
    alert, digest = texts(mailbox)
    assert (roadmaps(alert), roadmaps(digest)) == ([2], [1])
    assert "published 3 days before we first looked" in digest


def test_a_digest_says_what_it_rests_on(desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox) -> None:
    """Feeds asked and articles read, who was named with whom, and which outlets were silent."""
    feeds = [feed("outlet", press.url("/feed"), read="feed"), feed("silent", press.url("/silent"))]
    app = desk(feeds=feeds, recipients=[DAILY], smtp_port=mailbox.port)
    app.digester.run()
    publish(press, flagged(1, press, at=clock.now()))
    press.answers["/silent"] = Said(status=410)
    work(app)
    app.watcher.run()
    now = clock.advance(days=1)
    data = app.digester.gather(DAILY, DigestDue(date="2026-11-24", since=now - DAY, until=now))
    app.digester.run()
    app.notifier.run()
    assert (data.feeds_polled, data.articles_read) == (2, 1)
    assert data.heat == (("Kazakhstan", "European Union", 1),)
    assert [(note.feed_id, note.outlet) for note in data.coverage] == [("silent", "Silent")]
    assert dict(data.per_day)["2026-11-23"] == 1
    (text,) = texts(mailbox)
    assert "Silent" in text


def test_topics_are_named_as_the_pack_names_them_today(desk: Make, press: Press, clock: FakeClock) -> None:
    """A story that waits carries no old name into the digest."""
    app = start(desk, press)
    publish(press, flagged(1, press, at=clock.now()))
    work(app)
    now = clock.now()
    names = dict.fromkeys(app.topic_names, "A new name")
    digester = replace(app.digester, topic_names=names)
    data = digester.gather(DAILY, DigestDue(date="2026-11-24", since=now - DAY, until=now))
    assert {name for story in data.stories for _, name in story.topics} == {"A new name"}


def test_a_digest_goes_by_the_first_channel_that_reaches(desk: Make, press: Press, clock: FakeClock) -> None:
    """Where the first subscription has no address, another one's is taken."""
    subscriptions = (Subscription(channel="email"), Subscription(channel="console"))
    person = recipient(addresses=(("console", "me"),), subscriptions=subscriptions)
    app = start(desk, press, person)
    clock.advance(days=1)
    app.digester.run()
    assert rows(app, "SELECT channel, address FROM deliveries") == [("console", "me")]
