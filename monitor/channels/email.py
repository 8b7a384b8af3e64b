"""How is somebody told by e-mail? Over SMTP in two phases, so that a crash leaves one doubtful instant."""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock

from monitor.channels.envelope import Mailbox, compose, dot_stuffed, mailbox
from monitor.domain.alerts import Accepted, Delivery, Refused, SendResult, Unanswered, Unavailable
from monitor.policy.mail import clean_line

_DONE = frozenset({250, 251, 252})
_GO_AHEAD = 354
_NO_MESSAGE_TO_BLAME = frozenset({421, 530, 534, 535, 538})
"""Replies before the message that speak of the service or the sign-in (RFC 5321, RFC 4954)."""


class Security(StrEnum):
    """How the connection is protected: TLS after STARTTLS, TLS from the first byte, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where mail is handed over, and in whose name.

    `sender` is the From address ("Newsmon <newsmon@desk.example>"), `contact` the operator's address or
    web page, where people unsubscribe ("" means the sender). `timeout` bounds each step, `answer_timeout` the
    wait for the verdict on a message: servers that scan mail take long, and giving up early makes second
    copies (RFC 5321, 4.5.3.2.6). `ca_file` names certificates to trust beside the system's.
    """

    host: str
    port: int
    sender: str
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = ""
    contact: str = ""
    timeout: timedelta = timedelta(seconds=30)
    answer_timeout: timedelta = timedelta(seconds=90)
    ca_file: Path | None = None

    def __repr__(self) -> str:
        """Return the settings without the password."""
        return f"SmtpSettings(host={self.host!r}, port={self.port}, sender={self.sender!r})"


class EmailChannel:
    """Sends one mail at a time over a connection kept for the next one; usable from several threads."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Prepare without connecting.

        Raises:
            ValueError: the sender's address is none.
        """
        self._settings = settings
        self._sender = mailbox(settings.sender)
        self._lock = Lock()
        self._smtp: smtplib.SMTP | None = None

    def send(self, delivery: Delivery, in_doubt: Callable[[], None]) -> SendResult:
        """Send one mail; failure is a value.

        `in_doubt` is called between the server's 354 and the first byte of the mail. When it raises, the
        connection is dropped there, and the server forgets the mail (RFC 5321, 4.1.1.4).
        """
        try:
            recipient = mailbox(delivery.address)
            mail = dot_stuffed(compose(delivery, self._sender, recipient, self._settings.contact))
        except ValueError as error:
            return Refused(permanent=True, detail=clean_line(str(error), 300))
        with self._lock:
            kept = self._smtp is not None
            result = self._attempt(recipient, mail, in_doubt)
            if kept and isinstance(result, Unavailable):  # the server had grown tired of waiting
                result = self._attempt(recipient, mail, in_doubt)
            return result

    def close(self) -> None:
        """Say goodbye and close the connection, if one is open."""
        with self._lock:
            if self._smtp is not None:
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    self._smtp.quit()
            self._drop()

    def _attempt(self, recipient: Mailbox, mail: bytes, in_doubt: Callable[[], None]) -> SendResult:
        """Send over the kept connection or a new one. Unavailable only before `in_doubt` was called."""
        try:
            smtp = self._smtp = self._smtp or self._connect()
            refusal = self._offer(smtp, recipient)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            self._drop()
            return Unavailable(detail=self._told(error))
        if refusal is not None:
            self._reset()
            return refusal
        try:
            in_doubt()
        except BaseException:
            self._drop()
            raise
        return self._hand_over(smtp, mail)

    def _offer(self, smtp: smtplib.SMTP, recipient: Mailbox) -> Refused | Unavailable | None:
        """Go through MAIL, RCPT and DATA; return who said no, or None when the server waits for the mail."""
        options: list[str] = []
        if self._sender.international or recipient.international:
            if not smtp.has_extn("smtputf8"):
                return Refused(
                    permanent=True,
                    detail=f"{self._settings.host} does not take addresses beyond ASCII (no SMTPUTF8)",
                )
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        code, words = smtp.mail(self._sender.address, options)
        if code in _DONE:
            code, words = smtp.rcpt(recipient.address)
        if code in _DONE:
            code, words = smtp.docmd("DATA")
        if code == _GO_AHEAD:
            return None
        if code in _NO_MESSAGE_TO_BLAME:
            return Unavailable(detail=_said(code, words))
        return Refused(permanent=_for_good(code), detail=_said(code, words))

    def _hand_over(self, smtp: smtplib.SMTP, mail: bytes) -> SendResult:
        """Send the mail and its final dot, and wait for the verdict."""
        connection = smtp.sock
        assert connection is not None  # it has just said 354
        try:
            connection.settimeout(self._settings.answer_timeout.total_seconds())
            smtp.send(mail)
            code, words = smtp.getreply()
            connection.settimeout(self._settings.timeout.total_seconds())
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Unanswered(detail=self._told(error))
        match code // 100:
            case 2:
                return Accepted(detail=_said(code, words))
            case 4 | 5:
                self._reset()
                return Refused(permanent=_for_good(code), detail=_said(code, words))
            case _:
                self._drop()
                return Unanswered(detail=f"not an answer: {_said(code, words)}")

    def _connect(self) -> smtplib.SMTP:
        """Return a connection that is greeted, protected and signed in.

        Raises:
            OSError: it cannot be reached, or its certificate cannot be trusted.
            smtplib.SMTPException: the server declined at some step.
        """
        settings = self._settings
        if settings.user and settings.security is Security.NONE:
            raise smtplib.SMTPException("no password is sent without TLS: set security to starttls or tls")
        seconds = settings.timeout.total_seconds()
        context = ssl.create_default_context()
        if settings.ca_file is not None:
            context.load_verify_locations(cafile=settings.ca_file)
        # a name of our own: the default asks the resolver for the machine's
        hello = self._sender.domain
        smtp: smtplib.SMTP
        if settings.security is Security.TLS:
            smtp = smtplib.SMTP_SSL(settings.host, settings.port, hello, timeout=seconds, context=context)
        else:
            smtp = smtplib.SMTP(settings.host, settings.port, hello, timeout=seconds)
        try:
            smtp.ehlo_or_helo_if_needed()
            if settings.security is Security.STARTTLS:
                smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
            if settings.user:
                smtp.login(settings.user, settings.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _reset(self) -> None:
        """Make the connection ready for the next mail, or drop it."""
        try:
            ready = self._smtp is not None and self._smtp.rset()[0] in _DONE
        except (smtplib.SMTPException, OSError):
            ready = False
        if not ready:
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _told(self, error: Exception) -> str:
        """Return what went wrong and where, never the password."""
        if isinstance(error, smtplib.SMTPResponseException):
            words = _said(error.smtp_code, error.smtp_error)
        elif isinstance(error, UnicodeError):
            words = "user name and password must be ASCII"
        else:
            words = str(error) or type(error).__name__
        return clean_line(f"{self._settings.host}:{self._settings.port}: {words}", 300)


def _for_good(code: int) -> bool:
    """Tell whether a reply says that trying again is of no use (RFC 5321, 4.2.1)."""
    return code in range(500, 600)


def _said(code: int, words: bytes | str) -> str:
    """Return a server's reply as one harmless line."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return clean_line(re.sub(r"\s+", " ", f"{code} {text}"), 300)
