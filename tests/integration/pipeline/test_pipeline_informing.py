"""Who is told of sources that do not deliver, how often, and by which mails?"""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from pathlib import Path

import pytest
from desks import Desk, feed, shipped
from fakes import FakeClock
from outlets import DAY, HOUR, Make, dull, publish
from press import Press, Said

from monitor.demo.mailbox import Mailbox
from monitor.settings import Settings


@pytest.fixture
def told() -> Settings:
    """Settings with an operator who wants all mails on sources."""
    known = shipped()
    return replace(known, health=known.health.model_copy(update={"to": "ops@desk.example"}))


def hours(app: Desk, clock: FakeClock, number: int) -> None:
    """Let hours pass, with all that looks after sources at work."""
    for _ in range(number):
        app.poller.run()
        app.watcher.run()
        app.informer.run()
        app.notifier.run()
        clock.advance(hours=1)


def mails(mailbox: Mailbox) -> list[tuple[str, str]]:
    """Return subject and plain text of the mails that arrived, in order."""
    found = [message_from_bytes(Path(path).read_bytes(), policy=default) for path in mailbox.mails()]
    told = []
    for mail in found:
        body = mail.get_body(("plain",))
        assert body is not None
        assert mail["To"] == "ops@desk.example"
        told.append((mail["Subject"], " ".join(body.get_content().split())))
    return told


def outlets(press: Press, *names: str) -> list[object]:
    """Return sources that answer, each with one item; undated ones of our own clock."""
    for number, name in enumerate(names):
        publish(press, dull(number, press), path=f"/{name}")
    return [feed(name, press.url(f"/{name}"), country="KZ") for name in names]


def test_a_fault_that_lasts_is_told_once_and_its_end_once(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox, told: Settings
) -> None:
    """Nothing in the first day; one mail for two sources; nothing more; one mail when they are back."""
    app = desk(feeds=outlets(press, "a", "b", "c"), settings=told, smtp_port=mailbox.port)
    hours(app, clock, 2)
    good = dict(press.answers)
    press.answers["/a"] = press.answers["/b"] = Said(status=503)
    hours(app, clock, 22)
    assert mails(mailbox) == []
    hours(app, clock, 60)
    ((subject, text),) = [mail for mail in mails(mailbox) if "Newsmon sources" not in mail[0]]
    assert subject == "Newsmon: A and 1 other: not as they should be"
    assert "2 sources have a fault that lasts." in text
    assert "not reachable" in text
    assert "Its server has a fault of its own" in text
    press.answers.update(good)
    hours(app, clock, 60)
    _, *later = [mail for mail in mails(mailbox) if "Newsmon sources" not in mail[0]]
    assert all(subject.endswith(" back") for subject, _ in later), later
    texts = " ".join(text for _, text in later)
    assert [texts.count(f"{name} was not reachable") for name in "AB"] == [1, 1]


def test_a_bad_night_is_not_told(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox, told: Settings
) -> None:
    """Twelve hours without an answer are an episode, and no mail; nor is their end."""
    app = desk(feeds=outlets(press, "a"), settings=told, smtp_port=mailbox.port)
    hours(app, clock, 2)
    good = dict(press.answers)
    press.answers["/a"] = Said(status=503)
    hours(app, clock, 12)
    press.answers.update(good)
    hours(app, clock, 40)
    assert [e.state for e in app.store.episodes(clock.now() - 9 * DAY) if e.until] == ["failing"]
    assert mails(mailbox) == []


def test_faults_that_come_up_soon_after_a_notice_wait_for_the_next(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox, told: Settings
) -> None:
    """Two notices are at least six hours apart."""
    app = desk(feeds=outlets(press, "a", "b", "c"), settings=told, smtp_port=mailbox.port)
    hours(app, clock, 2)
    for name in "abc":
        press.answers[f"/{name}"] = Said(status=503)
        hours(app, clock, 3)
    sent = []
    for _ in range(40):
        before = len(mails(mailbox))
        hours(app, clock, 1)
        sent += [clock.now()] * (len(mails(mailbox)) - before)
    assert 2 <= len(sent) <= 3
    assert all(second - first >= 6 * HOUR for first, second in pairwise(sent))


def test_the_week_is_told_on_its_day(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox, told: Settings
) -> None:
    """On Monday at eight, once; with a row a source, and nobody covering a country named."""
    app = desk(feeds=outlets(press, "a", "b"), settings=told, smtp_port=mailbox.port)
    hours(app, clock, 1)
    press.answers["/a"] = press.answers["/b"] = Said(status=410)
    hours(app, clock, 15 * 24)
    weekly = [mail for mail in mails(mailbox) if mail[0].startswith("Newsmon sources, ")]
    assert [subject.split(":")[0] for subject, _ in weekly] == [
        "Newsmon sources, 30 Nov",
        "Newsmon sources, 7 Dec",
    ]
    assert "2 of 2 do not deliver" in weekly[0][0]
    assert "country KZ: none of 2 delivers" in weekly[0][1]


def test_who_wants_no_mails_gets_none(
    desk: Make, press: Press, clock: FakeClock, mailbox: Mailbox, told: Settings
) -> None:
    """Without an address, nothing; without notices and without a weekday, neither."""
    silent = told.health.model_copy(update={"notices": False, "weekly": "never"})
    for settings in (shipped(), replace(told, health=silent)):
        app = desk(feeds=outlets(press, "a"), settings=settings, smtp_port=mailbox.port)
        press.answers["/a"] = Said(status=410)
        hours(app, clock, 8 * 24)
    assert mails(mailbox) == []
    assert timedelta(hours=24) == told.health.persistent_after
