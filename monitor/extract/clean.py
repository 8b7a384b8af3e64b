"""What of a foreign text may be stored? Pure functions: text in, safe text out.

Nothing that leaves this package holds a NUL, another control or an ANSI sequence, a lone surrogate
or a noncharacter, or is longer than its cap (reliability.md, P2). Dates: see dates.py.
"""

import re
import unicodedata

TITLE_CAP = 1_000
AUTHOR_CAP = 500
TYPE_CAP = 100
URL_CAP = 2_000
TEXT_CAP = 200_000

# CSI and OSC sequences first, then any other escape with the character after it.
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.?|\x9b[0-?]*[ -/]*[@-~]")
# Controls, surrogates, noncharacters (Unicode 23.7), marks that reorder text, invisible tags.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
    + "".join(chr((plane << 16) + low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"
_LINE_ENDS = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_PARAGRAPH_END = re.compile(r"\n\s*\n")


def clean_text(text: str, cap: int) -> str:
    """Return the text in NFC without controls, at most `cap` characters, line ends as \\n.

    A tab becomes a blank. Marks that reorder text and invisible tag characters go too: they carry
    instructions, not words.
    """
    # NFC grows a text at most threefold (UAX 15): cut before the work and after it.
    text = text[: cap * 2]
    # What is printable has none of it: told in a fraction of the time of looking for each.
    if (
        text.encode().translate(None, _PRINTABLE)
        if text.isascii()
        else not text.replace("\n", "").isprintable()
    ):
        text = _ANSI.sub("", _LINE_ENDS.sub("\n", text))
        text = _FORBIDDEN.sub("", text).replace("\t", " ")
    # A cut may part a letter from its marks; what is left is still NFC.
    return (text if text.isascii() else unicodedata.normalize("NFC", text))[:cap]


def clean_line(text: str, cap: int) -> str:
    """Return the text on one line, blanks collapsed; for titles and names."""
    return " ".join(clean_text(text[: cap * 4], cap * 4).split())[:cap].rstrip()


def clean_paragraphs(text: str, cap: int) -> str:
    """Return the text as paragraphs parted by one blank line, without blanks at line ends."""
    paragraphs = []
    for paragraph in _PARAGRAPH_END.split(clean_text(text, cap)):
        lines = [_BLANKS.sub(" ", line).strip() for line in paragraph.split("\n")]
        joined = "\n".join(line for line in lines if line)
        if joined:
            paragraphs.append(joined)
    return "\n\n".join(paragraphs)
