"""What a message may carry is clean, once and for all."""

import unicodedata
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.policy.mail import ascii_domain, clean_header, clean_line, clean_text, message_id, transfer

LETTERS = st.text(st.characters(codec=None), max_size=60)
NASTY = st.lists(
    st.sampled_from(
        ["=?", "=", "?", "\r", "\n", "\x1b[", "\x1b]", "\x07", "\u2028", "a", "é", "\x85", "…", " "]
    ),
    max_size=30,
).map("".join)
WORDS = st.one_of(LETTERS, NASTY)
KEY = st.tuples(LETTERS, LETTERS, LETTERS, LETTERS)


@given(WORDS)
def test_clean_text_has_nothing_to_command_with(value: str) -> None:
    """No control character but the line feed, no surrogate, and cleaning again changes nothing."""
    cleaned = clean_text(value)

    assert not {unicodedata.category(letter) for letter in cleaned.replace("\n", "")} & {
        "Cc",
        "Cs",
        "Zl",
        "Zp",
    }
    assert clean_text(cleaned) == cleaned
    cleaned.encode()


@pytest.mark.hazard("U2")
@given(WORDS, st.integers(1, 40))
def test_a_clean_line_is_one_line_of_at_most_its_limit(value: str, limit: int) -> None:
    """Lines never break and never grow beyond the limit."""
    line = clean_line(value, limit)

    assert len(line) <= limit
    assert line.splitlines() in ([], [line])
    assert clean_line(line, limit) == line


@pytest.mark.hazard("U2")
@given(WORDS)
def test_a_clean_header_holds_no_encoded_word(value: str) -> None:
    """A header's value has one line, at most 200 characters, and nothing that Python would decode."""
    header = clean_header(value)

    assert "=?" not in header
    assert len(header) <= 200
    assert header.splitlines() in ([], [header])
    assert clean_header(header) == header


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("plain", "plain"),
        ("two\r\nlines\rthree", "two\nlines\nthree"),
        ("tab\there", "tab here"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x00b\u202ec\u2066d\ufeffe", "abcde"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("line\u2028next\u2029para", "line\nnext\n\npara"),
        ("vt\vff\fnel\x85", "vt ff nel "),
        ("\ud800x", "x"),
    ],
)
def test_known_texts_are_cleaned_as_expected(value: str, cleaned: str) -> None:
    """What real writing needs stays; what only machines obey goes."""
    assert clean_text(value) == cleaned


@given(st.text(st.sampled_from("abc =\nяк中<"), max_size=2000))
def test_the_shorter_encoding_is_chosen(text: str) -> None:
    """The size foretold is what the standard library makes of the text, and the other is not much shorter."""
    sizes = {}
    for encoding in ("quoted-printable", "base64"):
        mail = EmailMessage(policy=SMTP)
        mail.set_content(text, charset="utf-8", cte=encoding)
        sizes[encoding] = len(mail.as_bytes().split(b"\r\n\r\n", 1)[1])
    encoding, size = transfer(text)

    assert sizes[encoding] <= min(sizes.values()) * 1.1 + 100
    assert abs(size - sizes[encoding]) <= sizes[encoding] * 0.1 + 100


@given(KEY, KEY)
def test_a_message_id_tells_deliveries_apart(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """The same key gives the same identity, another key another one."""
    ids = [message_id(*key, domain="desk.example") for key in (one, other)]

    assert (ids[0] == ids[1]) is (one == other)
    assert all(len(id_) == 55 for id_ in ids)


def test_a_message_id_is_the_same_for_ever() -> None:
    """A second copy sent by a later version is still recognised as one."""
    written = message_id("desk", "email", "alert", "story:7", "Desk.Example")

    assert written == "<newsmon.67c9af38e8530154d7e093ae70d13830@desk.example>"


def test_fields_do_not_run_together() -> None:
    """Where one field ends and the next begins matters."""
    assert message_id("a", "bc", "k", "o", "x.example") != message_id("ab", "c", "k", "o", "x.example")


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        ("desk.example", "desk.example"),
        ("DESK.Example", "desk.example"),
        ("пример.example", "xn--e1afmkfd.example"),
        ("localhost", "localhost"),
    ],
)
def test_a_domain_is_written_as_the_network_writes_it(domain: str, written: str) -> None:
    """IDNA for other scripts, lower case for all."""
    assert ascii_domain(domain) == written


@pytest.mark.parametrize(
    "domain",
    [
        "",
        " ",
        "a b",
        "a..b",
        "-a.example",
        "a>\r\nBcc: x",
        "ж" * 70 + ".example",
        "..",
        "a.example.",
        "[::1]",
    ],
)
def test_what_is_no_domain_is_refused(domain: str) -> None:
    """A domain that could break a header is found where it is configured."""
    with pytest.raises(ValueError, match="is not a domain name"):
        message_id("r", "c", "k", "o", domain)
