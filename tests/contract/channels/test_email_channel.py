"""The e-mail channel tells apart what the server refused, what never got through, and what nobody knows."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.channels.email import EmailChannel, Security, SmtpSettings
from monitor.channels.envelope import Mailbox, compose, dot_stuffed, mailbox
from monitor.domain.alerts import (
    Accepted,
    Delivery,
    Kind,
    Message,
    Picture,
    Refused,
    SendResult,
    Unanswered,
    Unavailable,
)
from monitor.policy.mail import clean_header

Make = Callable[..., Delivery]
Channels = Callable[..., EmailChannel]
Scripts = Callable[..., Any]  # a server that follows a script
Servers = Callable[..., tuple[Any, int]]  # a server that keeps to the rules, and its port
Send = Callable[..., tuple[Any, SendResult]]
PASSWORD = "not the right one"


@pytest.fixture
def doubts() -> list[str]:
    """How often, and in which step of the server, doubt was recorded."""
    return []


@pytest.fixture
def send(script: Scripts, smtp: Channels, delivery: Make, doubts: list[str]) -> Send:
    """Send one message to a server that follows a script; returns the server and the result."""

    def go(**replies: Any) -> tuple[Any, SendResult]:
        server = script(**replies)
        channel = smtp(server.port)
        result = channel.send(delivery(), lambda: doubts.append(server.steps[-1]))
        channel.close()
        return server, result

    return go


@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 552, 554])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_before_the_mail_is_the_servers_last_word(
    send: Send, doubts: list[str], step: str, code: int
) -> None:
    """4xx is for now, 5xx for good, 421 blames no message; nothing is in doubt and nothing was taken."""
    server, result = send(**{step: f"{code} no"})

    if code == 421:
        assert isinstance(result, Unavailable)
    else:
        assert result == Refused(permanent=code >= 500, detail=f"{code} no")
    assert doubts == []
    assert server.taken == []


@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 552, 554])
def test_a_refusal_of_the_mail_is_no_doubt(send: Send, doubts: list[str], code: int) -> None:
    """An answer to the final dot settles the matter, even when it is no."""
    _, result = send(DOT=f"{code} 5.7.1 no")

    assert result == Refused(permanent=code >= 500, detail=f"{code} 5.7.1 no")
    assert doubts == ["DATA"]


@pytest.mark.parametrize(
    "replies",
    [
        {"GREETING": "421 busy"},
        {"GREETING": "554 go away"},
        {"GREETING": "CLOSE"},
        {"GREETING": "HANG"},
        {"EHLO": "CLOSE"},
        {"EHLO": "502 what?", "HELO": "502 what?"},
        {"MAIL": "CLOSE"},
        {"MAIL": "HANG"},
        {"MAIL": "530 sign in first"},
        {"RCPT": "CLOSE"},
        {"DATA": "CLOSE"},
        {"DATA": "HANG"},
        {"MAIL": "250 " + "x" * 20_000},
    ],
    ids=str,
)
def test_trouble_before_the_mail_blames_the_channel(
    send: Send, doubts: list[str], replies: dict[str, str]
) -> None:
    """Whatever breaks before the mail is handed over leaves nothing in doubt."""
    server, result = send(**replies)

    assert isinstance(result, Unavailable)
    assert doubts == []
    assert server.taken == []


@pytest.mark.parametrize("end", ["CLOSE", "HANG", "nonsense", "354 go on", "250 " + "x" * 20_000])
def test_an_answer_never_seen_is_told_as_such(send: Send, doubts: list[str], end: str) -> None:
    """When the mail went out and no verdict came back, nobody knows."""
    server, result = send(DOT=end)

    assert isinstance(result, Unanswered)
    assert doubts == ["DATA"]
    assert len(server.taken) == 1


def test_nobody_listening_is_unavailable(smtp: Channels, delivery: Make) -> None:
    """A closed port names itself in the answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    result = smtp(port).send(delivery(), lambda: None)

    assert isinstance(result, Unavailable)
    assert f"127.0.0.1:{port}" in result.detail


def test_a_connection_serves_many_messages(script: Scripts, smtp: Channels, delivery: Make) -> None:
    """The second message goes over the connection of the first, also after a refusal."""
    server = script(RCPT=("250 ok", "550 nobody", "250 ok"))
    channel = smtp(server.port)
    results = [channel.send(delivery(), lambda: None) for _ in range(3)]
    channel.close()

    assert [type(result) for result in results] == [Accepted, Refused, Accepted]
    assert server.steps.count("GREETING") == 1
    assert server.steps[-1] == "QUIT"


@pytest.mark.parametrize("tired", ["421 too many", "CLOSE"])
def test_a_stale_connection_is_replaced_in_silence(
    script: Scripts, smtp: Channels, delivery: Make, doubts: list[str], tired: str
) -> None:
    """A server that gave up waiting costs a new connection, not a message, and doubt is recorded once."""
    server = script(MAIL=("250 ok", tired, "250 ok"))
    channel = smtp(server.port)
    channel.send(delivery(), lambda: None)
    result = channel.send(delivery(), lambda: doubts.append("doubt"))
    channel.close()

    assert isinstance(result, Accepted)
    assert doubts == ["doubt"]
    assert server.steps.count("GREETING") == 2


@pytest.mark.parametrize("reset", ["CLOSE", "500 what?"])
def test_a_connection_that_cannot_be_reset_is_left(
    script: Scripts, smtp: Channels, delivery: Make, reset: str
) -> None:
    """After a refusal the next message never inherits half a transaction."""
    server = script(RCPT=("550 nobody", "250 ok"), RSET=reset)
    channel = smtp(server.port)
    results = [channel.send(delivery(), lambda: None) for _ in range(2)]
    channel.close()

    assert [type(result) for result in results] == [Refused, Accepted]
    assert server.steps.count("GREETING") == 2


def test_a_failing_record_of_doubt_leaves_no_mail_behind(
    script: Scripts, smtp: Channels, delivery: Make
) -> None:
    """When `in_doubt` raises, the server has seen DATA but never the end of a mail."""
    server = script()
    channel = smtp(server.port)

    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        channel.send(delivery(), fail)

    assert server.steps[-1] == "DATA"
    assert server.taken == []


def test_slow_verdicts_are_waited_for(script: Scripts, delivery: Make) -> None:
    """The wait for the verdict is longer than for other steps, and the others keep theirs."""
    server = script(MAIL=("250 ok", "HANG"))
    settings = SmtpSettings(
        host="127.0.0.1",
        port=server.port,
        security=Security.NONE,
        sender="newsmon@desk.example",
        timeout=timedelta(milliseconds=200),
        answer_timeout=timedelta(seconds=9),
    )
    channel = EmailChannel(settings)
    assert isinstance(channel.send(delivery(), lambda: None), Accepted)
    assert isinstance(channel.send(delivery(), lambda: None), Unavailable)
    channel.close()


def test_tls_is_verified(mail: Servers, smtp: Channels, delivery: Make) -> None:
    """A certificate that no trusted authority signed ends the talk before anything is said."""
    for security in (Security.TLS, Security.STARTTLS):
        boxes, port = mail(security)

        result = smtp(port, security=security).send(delivery(), lambda: None)

        assert isinstance(result, Unavailable)
        assert "certificate" in result.detail.lower()
        assert boxes.mails == []


def test_a_missing_starttls_is_not_done_without(script: Scripts, smtp: Channels, delivery: Make) -> None:
    """A server that offers no TLS gets no mail when TLS was asked for."""
    server = script()

    result = smtp(server.port, security=Security.STARTTLS).send(delivery(), lambda: None)

    assert isinstance(result, Unavailable)
    assert "STARTTLS" in result.detail
    assert "MAIL" not in server.steps


@pytest.mark.hazard("S1")
@pytest.mark.parametrize("password", [PASSWORD, "пароль"])
def test_a_wrong_password_blames_the_channel_and_is_never_shown(
    mail: Servers, smtp: Channels, delivery: Make, tls: Path, password: str
) -> None:
    """535 is the channel's fault; no detail and no repr holds the password."""
    _, port = mail(Security.STARTTLS, signing_in=True)
    channel = smtp(port, security=Security.STARTTLS, ca_file=tls / "ca.pem", user="desk", password=password)

    result = channel.send(delivery(), lambda: None)
    channel.close()

    assert isinstance(result, Unavailable)
    assert password not in result.detail
    assert password not in repr(channel._settings)


@pytest.mark.hazard("S1")
def test_no_password_travels_in_the_clear(script: Scripts, smtp: Channels, delivery: Make) -> None:
    """A sign-in without TLS is refused before the server is even dialled."""
    server = script()

    result = smtp(server.port, user="desk", password=PASSWORD).send(delivery(), lambda: None)

    assert isinstance(result, Unavailable)
    assert "TLS" in result.detail
    assert server.steps == []


def test_the_headers_say_what_the_mail_is(mail: Servers, smtp: Channels, delivery: Make) -> None:
    """Who, to whom, what, when, which list, how to leave it, and that a machine wrote it."""
    boxes, port = mail()
    channel = smtp(port)
    channel.send(delivery(), lambda: None)
    channel.send(delivery(resent=True), lambda: None)
    channel.close()

    first, second = boxes.mails
    assert dict(first.items()) == {
        "From": "Newsmon <newsmon@desk.example>",
        "To": "desk@desk.example",
        "Subject": "EU and Kazakhstan agree on a roadmap",
        "Date": "Mon, 23 Nov 2026 09:05:00 +0000",
        "Message-ID": "<newsmon.0123456789abcdef@desk.example>",
        "List-Id": "Critical minerals <ca-minerals.desk.example>",
        "List-Unsubscribe": "<mailto:operator@desk.example?subject=unsubscribe%20desk>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": first["Content-Type"],
    }
    assert second["Message-ID"] == first["Message-ID"]
    assert second["X-Newsmon-Resent"] == "yes"


@pytest.mark.parametrize(
    ("contact", "way_out"),
    [
        ("", "<mailto:newsmon@desk.example?subject=unsubscribe%20desk>"),
        ("mailto:op@desk.example", "<mailto:op@desk.example?subject=unsubscribe%20desk>"),
        ("https://desk.example/stop?a=b", "<https://desk.example/stop?a=b>"),
        ("https://desk.example/стоп", "<https://desk.example/%D1%81%D1%82%D0%BE%D0%BF>"),
        ("ring us", "<mailto:newsmon@desk.example?subject=unsubscribe%20desk>"),
        (
            "https://x.example/>\r\nBcc: v@x.example",
            "<mailto:newsmon@desk.example?subject=unsubscribe%20desk>",
        ),
    ],
)
def test_there_is_a_way_out(
    mail: Servers, smtp: Channels, delivery: Make, contact: str, way_out: str
) -> None:
    """Unsubscribing leads to the operator's address or page, else to the sender."""
    boxes, port = mail()
    channel = smtp(port, contact=contact)
    channel.send(delivery(), lambda: None)
    channel.close()

    assert boxes.mails[0]["List-Unsubscribe"] == way_out
    assert boxes.mails[0]["Bcc"] is None


def test_long_and_foreign_headers_survive(mail: Servers, smtp: Channels, delivery: Make) -> None:
    """Folding breaks neither a long Message-ID, nor a long address, nor a list's name in Cyrillic."""
    boxes, port = mail()
    long_id = f"<newsmon.{'0' * 32}@{'a' * 40}.{'b' * 40}.example>"
    address = f"{'l' * 60}@{'d' * 60}.example"
    subject = "Казахстан и Европейский союз договорились о редкоземельных металлах " * 2
    channel = smtp(port)
    channel.send(
        delivery(
            message_id=long_id,
            address=address,
            subject=subject,
            list_name="Критические минералы и редкоземельные металлы Центральной Азии",
        ),
        lambda: None,
    )
    channel.close()

    (received,) = boxes.mails
    raw = bytes(boxes.envelopes[0].content)
    assert received["Message-ID"] == long_id
    assert received["To"].addresses[0].addr_spec == address
    assert boxes.envelopes[0].rcpt_tos == [address]
    assert received["Subject"] == subject.strip()
    assert received["List-Id"].endswith("<ca-minerals.desk.example>")
    assert b"<ca-minerals.desk.example>" in raw
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


WORDS = st.sampled_from(
    ["a", "é", "екі", "миллион", "тонна", "Қазақстаннан", "中文", "\U0001f600", "<", ">", '"', ",", "=", "?_"]
)
TITLES = st.one_of(st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=40).map("".join))


@given(TITLES, TITLES)
@example("Қытай Қазақстаннан екі миллион тонна астық сатып алады", "")
def test_no_letter_of_a_header_is_lost_on_the_way(subject: str, name: str) -> None:
    """However a title or a name is folded and encoded, old and new readers decode it to the same words."""
    message = Message(subject=subject, text="t", html="", list_id="list", list_name=name)
    instant = datetime(2026, 11, 23, tzinfo=UTC)
    delivery = Delivery(
        recipient_id="r",
        address="r@x.example",
        channel="email",
        kind=Kind.ALERT,
        occasion="o",
        message_id="<m@x.example>",
        message=message,
        created_at=instant,
        next_due=instant,
    )
    named = Mailbox(name=clean_header(name), local="n", domain="x.example")
    raw = compose(delivery, named, mailbox("r@x.example"))

    today, before = message_from_bytes(raw, policy=policy.default), message_from_bytes(raw)
    words = clean_header(subject)
    assert today["Subject"] == words
    assert str(make_header(decode_header(before["Subject"]))) == words
    assert today["From"].addresses[0].addr_spec == "n@x.example"
    if not name.isascii():  # where ASCII needs them there are quotation marks
        # today's reader puts a blank between the encoded words of a name; RFC 2047 and the older one do not
        assert str(make_header(decode_header(before["From"]))) == f"{clean_header(name)} <n@x.example>"
    assert today["List-Id"].endswith("<list.x.example>")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 998


def test_html_text_and_pictures_travel_together(mail: Servers, smtp: Channels, delivery: Make) -> None:
    """The HTML part is the alternative to the text, and finds its pictures by content id."""
    boxes, port = mail()
    picture = Picture(cid="chart@newsmon", data=b"\x89PNG\r\n\x1a\n", alt="chart")
    html = '<!doctype html><p>Қазақстан</p><img src="cid:chart@newsmon" alt="chart">'
    channel = smtp(port)
    channel.send(delivery(html=html, pictures=(picture,)), lambda: None)
    channel.close()

    (received,) = boxes.mails
    assert received.get_content_type() == "multipart/alternative"
    page = received.get_body(("html",))
    assert page is not None
    assert "Қазақстан" in page.get_content()
    pictures = [part for part in received.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == ["<chart@newsmon>"]
    assert pictures[0].get_content() == picture.data


def test_plain_text_alone_is_one_part(mail: Servers, smtp: Channels, delivery: Make) -> None:
    """A message without HTML is no multipart, and without a list it names none."""
    boxes, port = mail()
    channel = smtp(port)
    channel.send(delivery(html="", list_id=""), lambda: None)
    channel.close()

    assert boxes.mails[0].get_content_type() == "text/plain"
    assert boxes.mails[0]["List-Id"] is None


def test_an_international_domain_travels_as_idna(mail: Servers, smtp: Channels, delivery: Make) -> None:
    """A domain in another script needs no extension of the server."""
    boxes, port = mail()
    channel = smtp(port)
    assert isinstance(channel.send(delivery(address="desk@пример.example"), lambda: None), Accepted)
    channel.close()

    assert boxes.envelopes[0].rcpt_tos == ["desk@xn--e1afmkfd.example"]


def test_an_international_address_needs_a_server_that_takes_it(
    mail: Servers, script: Scripts, smtp: Channels, delivery: Make
) -> None:
    """With SMTPUTF8 it arrives, and an ordinary mail after it, too; without, the refusal says why."""
    boxes, port = mail()
    channel = smtp(port)
    assert isinstance(channel.send(delivery(address="редакция@desk.example"), lambda: None), Accepted)
    assert isinstance(channel.send(delivery(), lambda: None), Accepted)
    channel.close()
    assert [envelope.rcpt_tos for envelope in boxes.envelopes] == [
        ["редакция@desk.example"],
        ["desk@desk.example"],
    ]

    plain = smtp(script().port)
    result = plain.send(delivery(address="редакция@desk.example"), lambda: None)
    plain.close()
    assert isinstance(result, Refused)
    assert result.permanent
    assert "SMTPUTF8" in result.detail


@pytest.mark.parametrize(
    "address",
    [
        "",
        "desk",
        "@desk.example",
        "desk@",
        "a@b@c",
        "a b@desk.example",
        "desk@desk.example, victim@x.example",
        "desk@desk.example>\r\nRCPT TO:<victim@x.example",
        ".desk@desk.example",
        "de..sk@desk.example",
        "desk@-desk.example",
        "desk@" + "ж" * 70 + ".example",
        "Desk <desk@desk.example> <victim@x.example>",
        '"desk"@desk.example',
    ],
)
def test_what_is_no_address_is_refused_for_good(
    script: Scripts, smtp: Channels, delivery: Make, address: str
) -> None:
    """A bad address never reaches the server."""
    server = script()

    result = smtp(server.port).send(delivery(address=address), lambda: None)

    assert isinstance(result, Refused)
    assert result.permanent
    assert "is not a" in result.detail
    assert server.steps == []


def test_addresses_may_carry_a_name() -> None:
    """The name goes to the header, the address to the envelope."""
    box = mailbox('"The Desk" <Desk@Desk.Example>')

    assert (box.name, box.address) == ("The Desk", "Desk@desk.example")


def test_a_service_without_a_sender_does_not_start() -> None:
    """A sender that is no address is found when the channel is made, not at the first alert."""
    settings = SmtpSettings(host="127.0.0.1", port=25, sender="nobody")

    with pytest.raises(ValueError, match="'nobody' is not an e-mail address"):
        EmailChannel(settings)


@pytest.mark.parametrize(
    ("mail", "stuffed"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".a\r\n..\r\n", b"..a\r\n...\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x>\n", b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n.\rb\n.\r\n", b"a\r\n..\r\nb\r\n..\r\n.\r\n"),
    ],
)
def test_a_mail_has_one_end(mail: bytes, stuffed: bytes) -> None:
    """No bare CR or LF, and no dot of its own, can end a mail early (SMTP smuggling)."""
    assert dot_stuffed(mail) == stuffed


def test_a_mail_on_the_wire_is_seven_bit(script: Scripts, smtp: Channels, delivery: Make) -> None:
    """Servers without 8BITMIME get nothing they may not relay, and the words are whole."""
    server = script()
    channel = smtp(server.port)
    channel.send(delivery(text="Қазақстан\n" + "long " * 500), lambda: None)
    channel.close()

    (wire,) = server.taken
    assert wire.isascii()
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    body = message_from_bytes(wire, policy=policy.default).get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Қазақстан")
