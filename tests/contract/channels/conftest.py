"""Real mail servers on the loopback, one that keeps to the rules and one that is told how to break them."""

import asyncio
import io
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread
from typing import Any, BinaryIO, ClassVar

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from monitor.channels import CHANNELS
from monitor.channels.email import EmailChannel, Security, SmtpSettings
from monitor.domain.alerts import Delivery, Kind, Message
from monitor.domain.ports import Channel

TLS = Path(__file__).parent / "tls"
PASSWORD = "correct horse battery staple"


@dataclass
class Mailboxes:
    """What a well-behaved server took in, as it came over the wire."""

    envelopes: list[Envelope] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep the mail, also parsed by today's rules."""
        self.envelopes.append(envelope)
        self.mails.append(message_from_bytes(bytes(envelope.content), policy=policy.default))
        return "250 taken"


@contextmanager
def mail_server(security: Security = Security.NONE, **options: Any) -> Iterator[tuple[Mailboxes, int]]:
    """Run aiosmtpd on a free port of the loopback; yields what it took in, and the port."""
    boxes = Mailboxes()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(TLS / "server.pem")
    if security is Security.STARTTLS:
        options |= {"tls_context": tls, "require_starttls": True}
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    factory = lambda: SMTP(boxes, hostname="mail.test", loop=loop, enable_SMTPUTF8=True, **options)  # noqa: E731
    implicit = tls if security is Security.TLS else None
    starting = loop.create_server(factory, "127.0.0.1", 0, ssl=implicit)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    try:
        yield boxes, server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class Script:
    """A mail server that says what it is told to: {"RCPT": "451 later", "DOT": "CLOSE", ...}.

    Steps are GREETING, the verbs, DATA and DOT (the end of a mail). CLOSE drops the connection, HANG never
    answers. A tuple answers in turn, the last again and again. `taken` holds the mails that came whole.
    """

    OK: ClassVar[dict[str, str]] = {
        "GREETING": "220 hello",
        "EHLO": "250 script",
        "DATA": "354 go on",
        "QUIT": "221 bye",
    }

    def __init__(self, **replies: str | tuple[str, ...]) -> None:
        every: dict[str, str | tuple[str, ...]] = {**self.OK, **replies}
        self.replies = {step: (said,) if isinstance(said, str) else said for step, said in every.items()}
        self.steps: list[str] = []
        self.taken: list[bytes] = []
        self._last = ""
        self._over = Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._threads = [Thread(target=self._listen)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening and let every hanging connection go."""
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            going = self._say(connection, "GREETING")
            while going and (line := lines.readline()):
                step = line.split()[0].decode().upper() if line.split() else ""
                going = self._say(connection, step)
                if step == "DATA" and self._last.startswith("354") and (mail := _whole_mail(lines)):
                    self.taken.append(mail)
                    going = self._say(connection, "DOT")

    def _say(self, connection: socket.socket, step: str) -> bool:
        """Answer a step; tell whether the connection goes on."""
        said = self.steps.count(step)
        self.steps.append(step)
        replies = self.replies.get(step, ("250 ok",))
        self._last = replies[min(said, len(replies) - 1)]
        if self._last == "HANG":
            self._over.wait(10)
            return False
        if self._last == "CLOSE":
            return False
        connection.sendall(self._last.encode() + b"\r\n")
        return not self._last.startswith("421")


def _whole_mail(lines: BinaryIO) -> bytes:
    """Return what follows 354, up to the dot; b"" when the connection ends before it."""
    mail = b""
    while (line := lines.readline()) and line != b".\r\n":
        mail += line
    return mail if line else b""


@pytest.fixture
def script() -> Iterator[Callable[..., Script]]:
    """Start servers that follow a script; they end with the test."""
    servers: list[Script] = []

    def start(**replies: str | tuple[str, ...]) -> Script:
        servers.append(Script(**replies))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def settings_for(port: int, **changes: Any) -> SmtpSettings:
    """Return settings for a server on the loopback, without TLS and impatient."""
    usual: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": Security.NONE,
        "sender": "Newsmon <newsmon@desk.example>",
        "contact": "operator@desk.example",
        "timeout": timedelta(seconds=1),
        "answer_timeout": timedelta(seconds=1),
    }
    return SmtpSettings(**usual | changes)


@pytest.fixture
def delivery() -> Callable[..., Delivery]:
    """A delivery of an alert, with whatever a test changes; words of the message by their names."""

    def make(**changes: Any) -> Delivery:
        words: dict[str, Any] = {
            "subject": "EU and Kazakhstan agree on a roadmap",
            "text": "Brussels and Astana signed.\n.\nКазахстан и ЕС · 哈萨克斯坦\n",
            "html": "<!doctype html><p>Brussels and Astana signed. Казахстан</p>\n",
            "list_id": "ca-minerals",
            "list_name": "Critical minerals",
        }
        words |= {name: changes.pop(name) for name in [*words, "pictures"] if name in changes}
        usual: dict[str, Any] = {
            "recipient_id": "desk",
            "address": "desk@desk.example",
            "channel": "email",
            "kind": Kind.ALERT,
            "occasion": "story:7",
            "message_id": "<newsmon.0123456789abcdef@desk.example>",
            "created_at": datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
            "next_due": datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
        }
        return Delivery(message=Message(**words), **usual | changes)

    return make


@dataclass
class Stage:
    """A channel and the place where its messages arrive. `headers` are None where there are none."""

    name: str
    channel: Channel
    arrived: Callable[[], list[str]]
    headers: Callable[[], list[tuple[str, str]]] | None = None


def _shown(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@contextmanager
def _email_stage(security: Security, **options: Any) -> Iterator[Stage]:
    sign_in = {"user": "desk", "password": PASSWORD} if options else {}
    with mail_server(security, **options) as (boxes, port):
        settings = settings_for(port, security=security, ca_file=TLS / "ca.pem", **sign_in)
        channel = CHANNELS["email"](settings)
        yield Stage(
            name="email",
            channel=channel,
            arrived=lambda: [_shown(mail) for mail in list(boxes.mails)],
            headers=lambda: list(boxes.mails[-1].items()),
        )
        channel.close()


@contextmanager
def _console_stage() -> Iterator[Stage]:
    stream = io.StringIO()
    channel = CHANNELS["console"](stream)
    yield Stage(
        name="console",
        channel=channel,
        arrived=lambda: [page for page in stream.getvalue().split("─" * 76) if page],
    )
    channel.close()


def _signs_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode())


STAGES: dict[str, Callable[[], AbstractContextManager[Stage]]] = {
    "email plain": lambda: _email_stage(Security.NONE),
    "email tls": lambda: _email_stage(Security.TLS),
    "email starttls and sign-in": lambda: _email_stage(
        Security.STARTTLS, authenticator=_signs_in, auth_required=True
    ),
    "console": _console_stage,
}


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Every channel there is, on a stage of its own."""
    with STAGES[request.param]() as built:
        yield built


@pytest.fixture
def tls() -> Path:
    """Where the test authority's certificates lie."""
    return TLS


@pytest.fixture
def mail() -> Iterator[Callable[..., tuple[Mailboxes, int]]]:
    """Start servers that keep to the rules; `signing_in` demands the password. They end with the test."""
    with ExitStack() as running:

        def start(security: Security = Security.NONE, *, signing_in: bool = False) -> tuple[Mailboxes, int]:
            options = {"authenticator": _signs_in, "auth_required": True} if signing_in else {}
            return running.enter_context(mail_server(security, **options))

        yield start


@pytest.fixture
def smtp() -> Iterator[Callable[..., EmailChannel]]:
    """Make channels to a port of the loopback; they are closed with the test."""
    channels: list[EmailChannel] = []

    def make(port: int, **changes: Any) -> EmailChannel:
        channels.append(EmailChannel(settings_for(port, **changes)))
        return channels[-1]

    yield make
    for channel in channels:
        channel.close()
