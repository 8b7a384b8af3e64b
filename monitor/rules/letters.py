"""Which letters are the same? One table that folds case, width, diacritics, quotes and hyphens.

The table keeps one character for one character wherever it can (so that places in the original
stay known); what cannot be so is marked and handled by `monitor.rules.prepare`.

Sources: Unicode Normalization Forms (UAX 15), Unicode casefolding, our topic language (section 1).
"""

import re
import unicodedata

DROP = "\x01"
"""Stands for a character that vanishes: soft hyphen, zero-width characters, combining accents."""
EXPAND = "\x02"
"""Stands for a character that becomes several (ß), or that joins the one before it (Hangul jamo)."""

APOSTROPHES = frozenset("'’‘‛ʻʼʽʾʿʹ′‵`´＇｀՚Ꞌꞌ")
_COMMAS = frozenset("ʻ‘")
TURNED = "\x03"
"""Stands for the commas that Uzbek writes in oʻ and gʻ; as an apostrophe hardly anyone types them."""
_UNSEEN = frozenset("\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""What Unicode calls a letter or mark and nobody sees (Default_Ignorable_Code_Point)."""
_HYPHENS = frozenset("-‐‑‒–－")
_POINTS = frozenset(".,")
_COMPOSING = re.compile("[\u1100-\u11ff\u3099\u309a\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f]")
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u06df-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_LETTERS = str.maketrans(
    {
        "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
        "ی": "ي", "ى": "ي", "ک": "ك", "\u0640": "",
    }
)  # fmt: skip

_SPACELESS_RANGES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
SPACELESS = re.compile(f"[{_SPACELESS_RANGES}]")
"""One character of a script written without spaces: Han, kana, Thai, Lao, Burmese, Khmer."""
SPACELESS_WORD = re.compile(f"[{_SPACELESS_RANGES}]|[^ {_SPACELESS_RANGES}]+")
"""One word as we count them: a character of such a script, or a run of anything else."""
SPACELESS_EDGE = re.compile(
    f"(?<=[{_SPACELESS_RANGES}])(?=[^ \\-{_SPACELESS_RANGES}])"
    f"|(?<=[^ \\-{_SPACELESS_RANGES}])(?=[{_SPACELESS_RANGES}])"
)
"""The place between such a character and a letter or digit of another script."""

_LATIN_TO_CYRILLIC = str.maketrans("AaBCcEeHIiJjKMOoPpSsTXxYy", "АаВСсЕеНІіЈјКМОоРрЅѕТХхУу")
_CYRILLIC_TO_LATIN = str.maketrans("АаВСсЕеНІіЈјКМОоРрЅѕТХхУу", "AaBCcEeHIiJjKMOoPpSsTXxYy")
_GREEK_TO_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟοΡΤΥΧ", "ABEZHIKMNOoPTYX")
_MIXED = re.compile("[a-z](?=[\u0370-\u03ff\u0400-\u052f])|[\u0370-\u03ff](?=[a-z])|[\u0400-\u052f](?=[a-z])")
_ALNUM = re.compile("[^\\W_]+")


def fold(text: str) -> str:
    """Return the folded letters of `text`; what is no letter, digit or mark becomes a space."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _ACCENT.sub("", unicodedata.normalize("NFD", plain))
    plain = unicodedata.normalize("NFC", plain).translate(_LETTERS)
    return "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in plain)


def _fold_one(char: str) -> str:
    """Return the one character that stands for `char` in prepared text."""
    for same, plain in ((_COMMAS, TURNED), (APOSTROPHES, "'"), (_HYPHENS, "-"), (_POINTS, ".")):
        if char in same:
            return plain
    category = unicodedata.category(char)
    if category == "Cf" or char in _UNSEEN or _ACCENT.match(char):
        return DROP
    if category[0] not in "LNM":
        circled = fold(unicodedata.normalize("NFKC", char)) if category == "So" else ""
        return circled if len(circled) == 1 else " "
    if _COMPOSING.match(char):
        return EXPAND
    plain = fold(char)
    if " " in plain:  # a fraction, a ligature of several words
        return " "
    return plain if len(plain) == 1 else EXPAND if plain else DROP


class _Folding(dict[int, str]):
    """A table for `str.translate` that learns each character at first sight."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _fold_one(chr(code))
        return plain


_FOLDING = _Folding()


def fold_in_place(text: str) -> str:
    """Return `text` folded, of the same length, with DROP and EXPAND where a length would change."""
    folded = text.translate(_FOLDING)
    return folded if folded.isascii() else _one_script(text, folded)


def _one_script(text: str, folded: str) -> str:
    """Return `folded` with look-alike letters made one script inside words that mix two."""
    pieces, done = [], 0
    for mixed in _MIXED.finditer(folded):
        if mixed.start() < done:
            continue
        word = _word_around(folded, mixed.start())
        start, end = word
        pieces += [folded[done:start], _unmixed(text[start:end], folded[start:end])]
        done = end
    return "".join([*pieces, folded[done:]]) if pieces else folded


def _word_around(folded: str, place: int) -> tuple[int, int]:
    start = place
    while start and folded[start - 1].isalnum():
        start -= 1
    found = _ALNUM.match(folded, start)
    return start, found.end() if found else place + 1


def _unmixed(word: str, folded: str) -> str:
    """Return the folded word in one script if every letter of the other one is a look-alike."""
    latin = sum("a" <= char <= "z" for char in folded)
    cyrillic = sum("\u0400" <= char <= "\u052f" for char in folded)
    tables = [_CYRILLIC_TO_LATIN, _LATIN_TO_CYRILLIC, _GREEK_TO_LATIN]
    if cyrillic > latin:
        tables.reverse()
    for table in tables:
        one = word.translate(table).translate(_FOLDING)
        if not _MIXED.search(one) and len(one) == len(folded):
            return one
    return folded
