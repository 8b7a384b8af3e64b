"""How is somebody at the terminal told? By the plain text, with nothing in it that commands a terminal."""

from collections.abc import Callable
from typing import TextIO

from monitor.domain.alerts import Accepted, Delivery, SendResult, Unanswered, Unavailable
from monitor.policy.mail import clean_line, clean_text

_RULE = "─" * 76


class ConsoleChannel:
    """Prints messages to a text stream, which stays the caller's to close."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, delivery: Delivery, in_doubt: Callable[[], None]) -> SendResult:
        """Print the message's text below a line with the recipient.

        A closed stream is `Unavailable`; one that breaks while printing leaves the message
        `Unanswered`. Letters the stream's encoding lacks are printed as "?".
        """
        if self._stream.closed:
            return Unavailable(detail="the output stream is closed")
        resent = " · sent again, the first copy may have arrived" if delivery.resent else ""
        head = f"{_RULE}\nTo {clean_line(delivery.address)}{resent}\n\n"
        page = head + clean_text(delivery.message.text).rstrip("\n") + "\n\n"
        encoding = self._stream.encoding or "utf-8"
        printable = page.encode(encoding, errors="replace").decode(encoding)
        in_doubt()
        try:
            self._stream.write(printable)
            self._stream.flush()
        except OSError as error:
            return Unanswered(detail=f"printing broke off: {error}")
        return Accepted(detail="printed")

    def close(self) -> None:
        """Do nothing: the stream is the caller's."""
