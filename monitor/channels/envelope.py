"""How does a delivery become the bytes of a mail?"""

import re
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from monitor.domain.alerts import Delivery
from monitor.policy.mail import ascii_domain, clean_header, clean_text, transfer
from monitor.reports.wording import web_link

_LOCAL_PART = re.compile(r"(?!\.)(?!.*\.\.)[^\s\x00-\x1f\x7f\"(),:;<>@\[\\\]]{1,64}(?<!\.)")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_ADDRESSES = frozenset({"From", "To"})
_PLACES = _ADDRESSES | {"List-Id"}  # words, and then a place in angle brackets
_WORDS = _PLACES | {"Subject"}
_LINE_END = re.compile(rb"\r\n?|\n")
_LINE_START_DOT = re.compile(rb"(?m)^\.")


class _Rules(EmailPolicy):
    """SMTP's line ends, and encoded words (RFC 2047) by the older encoder.

    EmailPolicy's own loses a blank here and there where it folds long titles in other scripts: "екі миллион"
    arrived as "екімиллион" (seen on 3.11.7).
    """

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - as the standard library has it
        text = str(value)
        if self.utf8 or text.isascii() or name not in _WORDS:
            return super().fold_binary(name, value)
        place = ""
        if name in _PLACES:
            text, _, place = text.rpartition(" <")
        if name in _ADDRESSES:
            text = value.addresses[0].display_name  # without the quotation marks that ASCII needs
        header = Header(text, "utf-8", maxlinelen=76, header_name=name)
        if place:
            header.append(f"<{place}", "us-ascii")
        return f"{name}: {header.encode(linesep=self.linesep)}{self.linesep}".encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An e-mail address and the name before it. `domain` is ASCII (IDNA); no quoted local parts."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """Return local part, @ and domain."""
        return f"{self.local}@{self.domain}"

    @property
    def international(self) -> bool:
        """Tell whether only a server with SMTPUTF8 (RFC 6531) can carry the address."""
        return not self.local.isascii()


def mailbox(written: str) -> Mailbox:
    """Return the one mailbox that "desk@example.org" or "The Desk <desk@example.org>" names.

    Raises:
        ValueError: it does not name exactly one mailbox.
    """
    text = clean_header(written, limit=400)
    named = _NAMED.fullmatch(text)
    name, address = (named["name"].strip(' "'), named["address"]) if named else ("", text)
    local, _, domain = address.strip().rpartition("@")
    if not _LOCAL_PART.fullmatch(local):
        raise ValueError(f"{text!r} is not an e-mail address")
    return Mailbox(name=name, local=local, domain=ascii_domain(domain))


def compose(delivery: Delivery, sender: Mailbox, recipient: Mailbox, contact: str = "") -> bytes:
    """Return the mail as SMTP carries it: CRLF lines, 7-bit unless an address is international.

    The delivery's words can only ever become the value of one header or the content of one part.
    `contact` is who answers for the service, an address or a web page; "" or anything else means the
    sender.
    """
    message = delivery.message
    international = sender.international or recipient.international
    rules = _Rules(linesep="\r\n", utf8=international, cte_type="8bit" if international else "7bit")
    mail = EmailMessage(policy=rules)
    mail["From"] = Address(clean_header(sender.name), sender.local, sender.domain)
    mail["To"] = Address(clean_header(recipient.name), recipient.local, recipient.domain)
    mail["Subject"] = clean_header(message.subject)
    mail["Date"] = format_datetime(delivery.created_at)
    mail["Message-ID"] = clean_header(delivery.message_id).encode("ascii", "ignore").decode()
    if message.list_id:
        name = clean_header(message.list_name).translate({ord(mark): None for mark in '<>"'})
        mail["List-Id"] = f"{name} <{_label(message.list_id)}.{sender.domain}>".lstrip()
    mail["List-Unsubscribe"] = f"<{_way_out(contact, sender, delivery.recipient_id)}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    if delivery.resent:
        mail["X-Newsmon-Resent"] = "yes"
    text, page = clean_text(message.text), clean_text(message.html)
    mail.set_content(text, cte=None if international else transfer(text)[0])
    if page:
        mail.add_alternative(page, subtype="html", cte=None if international else transfer(page)[0])
        part = mail.get_body(("html",))
        assert part is not None
        for picture in message.pictures:
            cid = f"<{clean_header(picture.cid)}>"
            part.add_related(picture.data, "image", "png", cid=cid, disposition="inline")
    return mail.as_bytes()


def dot_stuffed(mail: bytes) -> bytes:
    """Return what follows DATA (RFC 5321, 4.5.2): CRLF line ends, leading dots doubled, the final dot."""
    lines = _LINE_END.sub(b"\r\n", mail)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _LINE_START_DOT.sub(b"..", lines) + b".\r\n"


def _way_out(contact: str, sender: Mailbox, recipient_id: str) -> str:
    """Return where to unsubscribe (RFC 2369): the contact's web page, or a mail to them or to the sender."""
    if web_link(contact):
        return quote(contact, safe=":/?#[]@!$&'()*+,;=%~")
    try:
        answers = mailbox(contact.removeprefix("mailto:"))
    except ValueError:
        answers = sender
    subject = quote(f"unsubscribe {clean_header(recipient_id, 40)}")
    return f"mailto:{quote(answers.address, safe='@')}?subject={subject}"


def _label(text: str) -> str:
    """Return `text` as a part of a List-Id: ASCII letters, digits, hyphens, dots."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip("-.") or "newsmon"
