"""What may a message carry? Cleaned words, headers that cannot be forged, an identity that never changes."""

import json
import re
from hashlib import sha256

HEADER_LIMIT = 200
"""Characters a header value may have: what people read of a subject, with room to spare."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[@-Z\\^_])")
# Unicode's embeddings, overrides and isolates turn the rest of a line round; the two marks (200E,
# 200F) and the joiners, which real Arabic, Hebrew and Persian text needs, stay.
_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
# VT, FF, NEL and the like end lines for some readers: a space, so that words do not run together
_SPACES = frozenset("\t\v\f\x1c\x1d\x1e\x1f\x85")
_PLAIN = bytes(code for code in range(127) if code != ord("="))  # what quoted-printable leaves alone
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")


def clean_text(value: str) -> str:
    """Return `value` as harmless plain text in lines: nothing in it commands a terminal or a reader.

    Line breaks and tabs stay (a tab as a space); terminal escapes, other control characters, lone
    surrogates and bidirectional overrides go. Idempotent.
    """
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = value.replace("\u2028", "\n").replace("\u2029", "\n\n")
    return _UNWANTED.sub(lambda found: " " if found[0] in _SPACES else "", _ANSI.sub("", value))


def clean_line(value: str, limit: int | None = None) -> str:
    """Return `value` as one line: cleaned as by `clean_text`, white space collapsed, cut with "…".

    `limit` is in characters, the "…" included. Idempotent.
    """
    line = " ".join(clean_text(value).split())
    if limit is not None and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return line


def clean_header(value: str, limit: int = HEADER_LIMIT) -> str:
    """Return `value` as something that is only ever the value of one header.

    No line break of any kind survives, and no encoded word (RFC 2047): Python before 3.12.5 decodes
    a `=?…?=` it is given and writes out the line breaks hidden inside (CVE-2024-6923). Idempotent.
    """
    return clean_line(clean_line(value).replace("=?", "= ?"), limit)


def transfer(value: str) -> tuple[str, int]:
    """Return the shorter encoding for a text in a mail (RFC 2045), and about how many bytes it takes.

    The standard library decides by the first ten lines, which are markup in any language.
    """
    data = value.encode()
    size = len(data) + value.count("\n")
    escaped = len(data.translate(None, _PLAIN))
    quoted, base64 = (size + 2 * escaped) * 79 // 76, -(-size // 57) * 78
    return ("quoted-printable", quoted) if quoted <= base64 else ("base64", base64)


def message_id(recipient: str, channel: str, kind: str, occasion: str, domain: str) -> str:
    """Return the Message-ID (RFC 5322, 3.6.4) of a delivery, in angle brackets.

    It depends on the unique key of the delivery alone, so that a second copy, sent because the
    first one's answer was never seen, is recognised as one (RFC 1047, RFC 7352).

    Raises:
        ValueError: `domain` is not a domain name.
    """
    key = json.dumps([recipient, channel, kind, occasion]).encode()
    return f"<newsmon.{sha256(key).hexdigest()[:32]}@{ascii_domain(domain)}>"


def ascii_domain(domain: str) -> str:
    """Return a domain name as the network writes it (IDNA for other scripts), lower case.

    Raises:
        ValueError: it is not a domain name.
    """
    try:
        name = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"{domain!r} is not a domain name")
    return name.lower()
