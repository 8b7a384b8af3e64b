"""How far does each message get, whatever the mail server does?"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from desks import Desk, shipped
from fakes import FakeClock
from outlets import DAY, HOUR, Make, rows

from monitor.demo.mailbox import HOST, Mailbox
from monitor.domain.alerts import Accepted, Delivery, DeliveryState, Kind, Message, SendResult
from monitor.policy.mail import message_id
from monitor.settings import Settings

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)


class Forgetful(Mailbox):
    """A mail server that keeps every mail, and hangs up on the first one instead of saying so."""

    silent = True

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        """Keep the mail; answer unless it is the first."""
        reply = await super().handle_DATA(server, session, envelope)
        if self.silent:
            self.silent = False
            server.transport.close()
        return reply


class Rude:
    """A server that hangs up on whoever dials it, and counts them."""

    def __init__(self) -> None:
        self.dialled = 0
        self._socket = socket.create_server((HOST, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = Thread(target=self._hang_up)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _hang_up(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.dialled += 1
                connection.close()


class Broken:
    """A channel with a bug: the first message raises, before or after it is handed over."""

    def __init__(self, *, handed_over: bool) -> None:
        self._handed_over = handed_over
        self.sent: list[str] = []

    def send(self, delivery: Delivery, in_doubt: Callable[[], None]) -> SendResult:
        """Raise for the first message ever, take the others."""
        if self._handed_over or self.sent:
            in_doubt()
        self.sent.append(delivery.occasion)
        if len(self.sent) == 1:
            raise KeyError(delivery.occasion)
        return Accepted(detail="taken")

    def close(self) -> None:
        """Nothing is open."""


def add(app: Desk, *numbers: int, channel: str = "email") -> None:
    """Put a message for each number into the outbox."""
    now = app.clock.now()
    for number in numbers:
        occasion = f"story:{number}"
        delivery = Delivery(
            recipient_id="desk",
            address="desk@desk.example",
            channel=channel,
            kind=Kind.ALERT,
            occasion=occasion,
            message_id=message_id("desk", channel, Kind.ALERT, occasion, "desk.example"),
            message=Message(subject=f"News {number}", text="Words.\n", html="<p>Words.</p>"),
            created_at=now,
            next_due=now,
        )
        assert app.store.record_digest(delivery, [])


def states(app: Desk) -> list[str]:
    """Return the states of all messages, in the order they were written."""
    return [state for (state,) in rows(app, "SELECT state FROM deliveries ORDER BY id")]


def waits(app: Desk) -> list[timedelta]:
    """Return how long each message has to wait for its next try."""
    due = rows(app, "SELECT next_due FROM deliveries ORDER BY id")
    return [datetime.fromisoformat(at) - app.clock.now() for (at,) in due]


def mails(mailbox: Mailbox) -> list[EmailMessage]:
    """Return the mails that were kept, in the order they came."""
    return [message_from_bytes(path.read_bytes(), policy=default) for path in mailbox.mails()]


def with_alerts(**changes: object) -> Settings:
    """Return the shipped settings with other rules for messages that do not get through."""
    return replace(shipped(), alerts=shipped().alerts.model_copy(update=changes))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., Mailbox]]:
    """Start mail servers that answer the first messages as told; they end with the test."""
    with ExitStack() as running:
        yield lambda *answers: running.enter_context(Mailbox(tmp_path / "mails", answers))


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Forgetful]:
    """A mail server whose first answer is never seen."""
    with Forgetful(tmp_path / "mails") as opened:
        yield opened


@pytest.fixture
def rude() -> Iterator[Rude]:
    """A server that hangs up."""
    with closing(Rude()) as opened:
        yield opened


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port at which nobody listens, and nobody else can begin to."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield bound.getsockname()[1]


def test_what_a_server_takes_is_sent(desk: Make, mailbox: Mailbox, clock: FakeClock) -> None:
    """It arrives once, under the Message-ID that the outbox holds, and is not sent again."""
    app = desk(smtp_port=mailbox.port)
    add(app, 1, 2)
    assert app.notifier.run() == {"sent": 2}
    clock.advance(hours=1)
    assert app.notifier.run() == {}
    kept = rows(app, "SELECT message_id, state, attempts, resent, last_error FROM deliveries ORDER BY id")
    assert [row[0] for row in kept] == [mail["Message-ID"] for mail in mails(mailbox)]
    assert [row[1:] for row in kept] == [("sent", 0, 0, None)] * 2


@pytest.mark.hazard("D7")
def test_what_is_refused_for_now_waits_longer_each_time(
    desk: Make, server: Callable[..., Mailbox], clock: FakeClock
) -> None:
    """From one minute, doubling, up to six hours, and at most a quarter more; then it is taken."""
    box = server(*["451 4.3.0 Busy"] * 12)
    app = desk(smtp_port=box.port)
    add(app, 1)
    for attempt in range(12):
        assert app.notifier.run() == {"todo": 1}
        (waited,) = waits(app)
        least = min(MINUTE * 2**attempt, 6 * HOUR)
        assert least <= waited <= least * 1.25
        clock.advance(seconds=waited.total_seconds() - 1)
        assert not app.notifier.run()
        clock.advance(seconds=2)
    assert rows(app, "SELECT attempts, last_error FROM deliveries") == [(12, "451 4.3.0 Busy")]
    assert app.notifier.run() == {"sent": 1}
    assert box.count() == 1


def test_what_is_refused_for_good_is_dead_and_stops_no_other(
    desk: Make, server: Callable[..., Mailbox], clock: FakeClock
) -> None:
    """The message keeps the server's words; the ones after it go out in the same round."""
    box = server("550 5.7.1 Not here")
    app = desk(smtp_port=box.port)
    add(app, 1, 2, 3)
    assert app.notifier.run() == {"dead": 1, "sent": 2}
    clock.advance(days=1)
    assert not app.notifier.run()
    assert rows(app, "SELECT last_error FROM deliveries WHERE state = 'dead'") == [("550 5.7.1 Not here",)]


@pytest.mark.hazard("D7")
def test_a_message_that_grew_too_old_is_dead(
    desk: Make, server: Callable[..., Mailbox], clock: FakeClock
) -> None:
    """After `alerts.retry_for` of refusals nobody is troubled with old news."""
    box = server(*["451 4.3.0 Busy"] * 99)
    app = desk(smtp_port=box.port, settings=with_alerts(retry_for=DAY))
    add(app, 1)
    alive = 0
    while states(app) == ["todo"] and alive < 100:
        app.notifier.run()
        clock.advance(hours=1)
        alive += 1
    assert states(app) == ["dead"]
    assert 18 <= alive <= 24
    assert box.count() == 0


@pytest.mark.hazard("D7")
def test_a_channel_that_is_down_blames_no_message(desk: Make, dead_port: int, clock: FakeClock) -> None:
    """All wait for a minute without an attempt being counted, also after days; then they go out."""
    app = desk(smtp_port=dead_port, settings=with_alerts(retry_for=DAY))
    add(app, 1, 2, 3)
    for _ in range(3):
        assert app.notifier.run() == {"todo": 3}
        assert waits(app) == [MINUTE] * 3
        clock.advance(days=1)
    assert rows(app, "SELECT DISTINCT attempts, resent FROM deliveries") == [(0, 0)]


def test_a_channel_that_is_down_is_tried_once_a_round(desk: Make, rude: Rude) -> None:
    """The messages behind the first do not each wait for a server that is not there."""
    app = desk(smtp_port=rude.port)
    add(app, *range(20))
    assert app.notifier.run() == {"todo": 20}
    assert rude.dialled == 1


@pytest.mark.hazard("D7")
def test_one_channel_down_does_not_hold_up_another(desk: Make, dead_port: int) -> None:
    """What goes to the console is printed while the mail server is away."""
    app = desk(smtp_port=dead_port)
    add(app, 1)
    add(app, 2, channel="console")
    add(app, 3)
    assert app.notifier.run() == {"todo": 2, "sent": 1}
    assert states(app) == ["todo", "sent", "todo"]


def test_a_channel_that_is_not_configured_keeps_its_messages(
    desk: Make, mailbox: Mailbox, clock: FakeClock
) -> None:
    """They say which is missing, and go out when it is there."""
    app = desk()
    add(app, 1)
    assert app.notifier.run() == {"todo": 1}
    assert rows(app, "SELECT last_error, attempts FROM deliveries") == [("no channel named email", 0)]
    clock.advance(minutes=1)
    assert desk(smtp_port=mailbox.port).notifier.run() == {"sent": 1}


@pytest.mark.parametrize(
    ("channel", "resent"),
    [(Broken(handed_over=False), 0), (Broken(handed_over=True), 1)],
    ids=["before it is handed over", "after"],
)
def test_a_bug_in_a_channel_costs_one_message_its_turn(
    channel: Broken, resent: int, desk: Make, clock: FakeClock
) -> None:
    """The others go out; it is tried again, marked when a copy may have been handed over."""
    app = desk()
    app.channels["email"] = channel
    add(app, 1, 2)
    assert app.notifier.run() == {"todo": 1, "sent": 1}
    assert rows(app, "SELECT attempts, resent, last_error FROM deliveries WHERE state = 'todo'") == [
        (1, resent, "KeyError('story:1')")
    ]
    clock.advance(minutes=2)
    assert app.notifier.run() == {"sent": 1}


def test_a_mail_whose_answer_was_never_seen_is_sent_again_and_says_so(
    desk: Make, forgetful: Forgetful, clock: FakeClock
) -> None:
    """The second copy has the same Message-ID, so that it can be recognised, and a mark."""
    app = desk(smtp_port=forgetful.port)
    add(app, 1)
    assert app.notifier.run() == {"todo": 1}
    clock.advance(minutes=2)
    assert app.notifier.run() == {"sent": 1}
    first, second = mails(forgetful)
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["X-Newsmon-Resent"], second["X-Newsmon-Resent"]) == (None, "yes")


def test_a_mail_whose_answer_was_never_seen_may_be_held_instead(
    desk: Make, forgetful: Forgetful, clock: FakeClock
) -> None:
    """With `alerts.in_doubt: hold` there is never a second copy: a person decides."""
    app = desk(smtp_port=forgetful.port, settings=with_alerts(in_doubt="hold"))
    add(app, 1, 2)
    assert app.notifier.run() == {"held": 1, "sent": 1}
    clock.advance(days=1)
    assert not app.notifier.run()
    assert [mail["Subject"] for mail in mails(forgetful)] == ["News 1", "News 2"]


def test_what_a_dead_process_had_claimed_is_sent_after_its_lease(
    desk: Make, mailbox: Mailbox, clock: FakeClock
) -> None:
    """Nothing had been handed over, so the mail carries no mark."""
    app = desk(smtp_port=mailbox.port)
    add(app, 1)
    app.store.claim_deliveries(clock.now(), LEASE, 10)
    assert not app.notifier.run()
    clock.advance(minutes=5)
    assert app.notifier.run() == {"sent": 1}
    (mail,) = mails(mailbox)
    assert mail["X-Newsmon-Resent"] is None


@pytest.mark.parametrize(("in_doubt", "state", "copies"), [("resend", "sent", 1), ("hold", "held", 0)])
def test_what_a_process_had_handed_over_when_it_died_is_resent_or_held(
    in_doubt: str, state: str, copies: int, desk: Make, mailbox: Mailbox, clock: FakeClock
) -> None:
    """What it does not know it does not hide: the mail is marked, or left to a person."""
    app = desk(smtp_port=mailbox.port, settings=with_alerts(in_doubt=in_doubt))
    add(app, 1)
    (claimed,) = app.store.claim_deliveries(clock.now(), LEASE, 10)
    app.store.record_delivery(claimed.id, DeliveryState.IN_DOUBT, clock.now())
    clock.advance(minutes=5)
    app.notifier.run()
    assert states(app) == [state]
    assert [mail["X-Newsmon-Resent"] for mail in mails(mailbox)] == ["yes"] * copies


def test_a_limit_leaves_the_rest_to_the_next_round(desk: Make, mailbox: Mailbox) -> None:
    """The oldest go first."""
    app = desk(smtp_port=mailbox.port)
    add(app, *range(5))
    assert [app.notifier.run(limit=3)["sent"] for _ in range(3)] == [3, 2, 0]
    assert [mail["Subject"] for mail in mails(mailbox)] == [f"News {number}" for number in range(5)]
