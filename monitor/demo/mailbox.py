"""Where do the demo's mails arrive? A real SMTP server that keeps each one as a file."""

import asyncio
import re
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Iterable
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
SLUG = 48


def slug(subject: str) -> str:
    """Return a subject as part of a file name: letters and digits of any script, at most SLUG."""
    return re.sub(r"\W+", "-", subject.casefold())[:SLUG].strip("-") or "no-subject"


class Mailbox:
    """An SMTP server on a free loopback port that keeps what it accepts in `folder`, in order.

    Files are named 0001-slug-of-the-subject.eml (up to 9999) and hold the bytes as they came;
    counting goes on from what is there already. `answers` are the replies to the next messages
    ("451 4.3.0 Busy"): one that does not begin with 2 is given and the message is not kept; when
    they are used up, everything is accepted.
    """

    def __init__(self, folder: Path, answers: Iterable[str] = ()) -> None:
        self.folder = folder
        self._answers = deque(answers)
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._last = max((int(path.name[:4]) for path in self.mails()), default=0)
        self._controller = _Controller(self)
        self.port: int = self._controller.port
        self._controller.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def mails(self) -> tuple[Path, ...]:
        """Return the kept mails in the order they came."""
        return tuple(sorted(self.folder.glob("[0-9][0-9][0-9][0-9]-*.eml")))

    def count(self) -> int:
        """Return how many mails the folder holds."""
        return len(self.mails())

    def close(self) -> None:
        """Stop the server; the mails stay."""
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802  # aiosmtpd's hook
        """Return the reply to one message, kept when the reply accepts it."""
        reply = self._answers.popleft() if self._answers else ""
        if reply and not reply.startswith("2"):
            return reply
        content = envelope.content
        await asyncio.to_thread(self._keep, content if isinstance(content, bytes) else b"")
        return reply or "250 2.0.0 Kept"

    def _keep(self, content: bytes) -> None:
        subject = str(message_from_bytes(content, policy=default)["Subject"] or "")
        with self._lock:
            self._last += 1
            path = self.folder / f"{self._last:04}-{slug(subject)}.eml"
            # Whole or not at all: whoever counts mails must not meet half of one.
            part = path.with_suffix(".part")
            part.write_bytes(content)
            part.rename(path)


class _Controller(Controller):
    """aiosmtpd's controller on a socket that is bound beforehand, so that its port is known."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        super().__init__(mailbox, hostname=HOST, port=self._socket.getsockname()[1])

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)
