"""The demo's mailbox is a real SMTP server that keeps every accepted mail as a file."""

import smtplib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from monitor.demo.mailbox import Mailbox, slug


def _send(port: int, subject: str | None, body: str = "Hello.\n.\nA lone dot above.") -> None:
    message = EmailMessage()
    if subject is not None:
        message["Subject"] = subject
    message["From"], message["To"] = "newsmon@desk.example", "reader@desk.example"
    message.set_content(body)
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(message)


def test_mails_are_kept_in_order_under_their_subject(tmp_path: Path) -> None:
    """Each mail becomes NNNN-subject.eml with the words it was sent with."""
    with Mailbox(tmp_path / "box") as mailbox:
        assert mailbox.count() == 0
        _send(mailbox.port, "EU and Kazakhstan agree!")
        _send(mailbox.port, "Газовый союз")
        assert mailbox.count() == 2
    first, second = mailbox.mails()
    assert first.name == "0001-eu-and-kazakhstan-agree.eml"
    assert second.name == "0002-газовый-союз.eml"
    kept = message_from_bytes(first.read_bytes(), policy=default)
    assert kept["To"] == "reader@desk.example"
    assert "A lone dot above." in kept.get_content()


def test_counting_goes_on_after_a_restart(tmp_path: Path) -> None:
    """A second mailbox on the folder adds to it and overwrites nothing."""
    for _ in range(2):
        with Mailbox(tmp_path) as mailbox:
            _send(mailbox.port, "Digest")
    assert [path.name for path in mailbox.mails()] == ["0001-digest.eml", "0002-digest.eml"]


def test_scripted_answers_are_given_first(tmp_path: Path) -> None:
    """A refusal reaches the sender and nothing is kept; then a scripted yes, then every mail."""
    with Mailbox(tmp_path, answers=["451 4.3.0 Busy", "550 5.7.1 No", "250 2.0.0 Fine"]) as mailbox:
        for code in (451, 550):
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                _send(mailbox.port, "Try")
            assert refusal.value.smtp_code == code
        assert mailbox.count() == 0
        _send(mailbox.port, "Try")
        _send(mailbox.port, "Again")
        assert mailbox.count() == 2


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("", "no-subject"),
        ("— … —", "no-subject"),
        ("A" * 99, "a" * 48),
        ("哈萨克斯坦：铀", "哈萨克斯坦-铀"),
    ],
)
def test_a_subject_makes_a_harmless_file_name(subject: str, name: str) -> None:
    """Whatever a subject says, its slug has letters, digits and hyphens only, and is short."""
    assert slug(subject) == name


def test_a_mail_without_a_subject_is_kept_too(tmp_path: Path) -> None:
    """No subject is no reason to lose a mail."""
    with Mailbox(tmp_path) as mailbox:
        _send(mailbox.port, None)
    assert [path.name for path in mailbox.mails()] == ["0001-no-subject.eml"]


def test_closing_frees_the_port(tmp_path: Path) -> None:
    """After close nothing listens any more."""
    with Mailbox(tmp_path) as mailbox:
        port = mailbox.port
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port, timeout=5)
