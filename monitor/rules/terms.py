"""What in a text is a hit of a term? The notation of words, read once, made ready for one scan."""

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import product

from monitor.domain.errors import RuleError
from monitor.rules.inflection import Forms, Inflector
from monitor.rules.letters import APOSTROPHES, SPACELESS
from monitor.rules.prepare import beginning, read_words

SHORTEST_PREFIX = 3
_MOST_JOINTS = 4
_NOTATION = re.compile(r"(?P<word>.*?)(?P<sign>\*|~(?P<lang>[A-Za-z]{2,3}(-[A-Za-z0-9]+)*)?)?")
_NO_APOSTROPHES = str.maketrans("", "", "".join(APOSTROPHES))
_ROOM_FOR_ENDINGS = 16


@dataclass(frozen=True, slots=True)
class WordShape:
    """One word of a term. Without `forms` and `pattern` it is whole, or open at its end (`*`)."""

    stem: str
    is_open: bool = False
    forms: Forms | None = None
    pattern: "re.Pattern[str] | None" = None
    substring: bool = False

    @property
    def is_whole(self) -> bool:
        """Return whether the stem is all there is to the word."""
        return not self.is_open and self.forms is None and self.pattern is None

    def end(self, text: str, place: int) -> int:
        """Return where the word that begins at `place` ends, -1 if it is another word."""
        if self.pattern is not None:
            found = self.pattern.match(text, place)
            end = found.end() if found else -1
            return end if end >= 0 and (self.substring or text[end] == " ") else -1
        start = place + len(self.stem)
        if not text.startswith(self.stem, place):
            return self._prefixed_end(text, place)
        if self.is_whole:
            return start if self.substring or text[start] == " " else -1
        end = text.find(" ", start)
        return end if self.forms is None or self.forms.accepts(text[start:end]) else -1

    def _prefixed_end(self, text: str, place: int) -> int:
        if self.forms is not None:
            for prefix in self.forms.prefixes:
                start = place + len(prefix) + len(self.stem)
                if text.startswith(prefix + self.stem, place):
                    end = text.find(" ", start)
                    if self.forms.accepts(text[start:end]):
                        return end
        return -1


@dataclass(frozen=True, slots=True)
class Shape:
    """One reading of a term: what the scan looks for (`anchor`), and how to be sure of a find.

    `before` and `after` are the spaces at the ends of the anchor; `simple` says that a find of the
    anchor is a hit. `kept` is what the original letters must be, where case counts.
    """

    words: tuple[WordShape, ...]
    anchor: str
    before: int
    after: int
    simple: bool
    kept: "re.Pattern[str] | None"

    @property
    def is_single(self) -> bool:
        """Return whether it is one open word, with no prefix or wildcard within."""
        word = self.words[0]
        prefixed = word.forms is not None and len(word.forms.prefixes) > 1
        return len(self.words) == 1 and not self.simple and word.pattern is None and not prefixed

    def hit(self, text: str, place: int, end: int) -> tuple[int, int] | None:
        """Return the hit whose anchor was found from `place` to `end`, None if it is none."""
        start = place + self.before
        if self.simple:
            return start, end - self.after
        first = self.words[0]
        word_start = start
        if first.forms is not None and len(first.forms.prefixes) > 1:
            word_start = text.rfind(" ", 0, start) + 1
            if text[word_start:start] not in first.forms.prefixes:
                return None
        end = first.end(text, start)
        for word in self.words[1:]:
            if end < 0:
                return None
            end = word.end(text, end + 1)
        return (word_start, end) if end >= 0 else None


@dataclass(frozen=True, slots=True)
class TermShape:
    """A term ready for the scan: all its readings, and what the scan must know of them."""

    shapes: tuple[Shape, ...]

    @property
    def beginnings(self) -> frozenset[str]:
        """Return how the term's words begin."""
        return frozenset(beginning(word.stem) for shape in self.shapes for word in shape.words)

    @property
    def reach(self) -> int:
        """Return how many characters a hit may take."""
        return max(sum(len(word.stem) + _ROOM_FOR_ENDINGS for word in shape.words) for shape in self.shapes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A word as it was written: prepared (hyphens kept), as it was, its sign (* ~ or none), language."""

    word: str
    letters: str
    sign: str
    lang: str


def shape_term(text: str, *, exact: bool, lang: str, inflector: Inflector) -> TermShape:
    """Return the term ready for the scan.

    Raises:
        RuleError: for a notation that means nothing; line and column count within the term.
    """
    spelled = [word for word in text.split() if _is_spelled(word)]
    if not spelled:
        raise RuleError(f"{text!r} has no letter or digit", hint="write at least one word")
    written = [_notation(word, lang, inflector) for word in spelled]
    readings = [_readings(word) for word in _together(written)]
    if sum(map(len, readings)) - len(readings) > _MOST_JOINTS:
        chosen = [tuple(options[i % len(options)] for options in readings) for i in (0, 1)]
    else:
        chosen = list(product(*readings))
    kept = _kept_pattern(written, inflector) if exact else None
    shapes = {_shape([word for words in option for word in words], kept, inflector) for option in chosen}
    return TermShape(tuple(sorted(shapes, key=lambda shape: shape.anchor)))


def _is_spelled(word: str) -> bool:
    """Return whether a written word is one: it has letters or digits, or a sign of the notation."""
    is_plain = len(word) > 1 and word.isascii() and word.isalnum()  # most are: no closer look
    return is_plain or word.strip("?*~") != word or bool(read_words(word))


def _notation(written: str, default: str, inflector: Inflector) -> _Written:
    """Return a word of the notation, taken apart."""
    found = _NOTATION.fullmatch(written)
    assert found
    base, sign, lang = found["word"], (found["sign"] or "")[:1], found["lang"] or ""
    for wrong in "*~":
        if wrong in base:
            raise RuleError(f"{wrong} stands inside {written}", hint=f"{wrong} stands at the end of a word")
    words = read_words(base, keep="?")
    last = words[-1].rpartition("-")[2] if words else ""
    if not last.replace("?", ""):
        raise RuleError(f"{written} has no letter or digit", hint="write a word")
    if any(part.startswith("?") for word in words for part in word.split("-")):
        raise RuleError(f"{written} begins with ?", hint="write at least one letter before ?")
    if "?" in last and sign == "~":
        raise RuleError(f"{written} has ? and ~", hint="use one of them")
    if sign == "*" and len(last) < SHORTEST_PREFIX and not SPACELESS.match(last):
        raise RuleError(
            f"{written} is too short a beginning", hint=f"write at least {SHORTEST_PREFIX} letters before *"
        )
    if lang and not inflector.knows(lang):
        raise RuleError(
            f"no endings are known for the language {lang}", hint="write ~ alone, or add its file"
        )
    return _Written(word="-".join(words), letters=base, sign=sign, lang=lang or default)


def _together(written: list[_Written]) -> list[_Written]:
    """Return the words, joined with a hyphen where both belong to a script without spaces."""
    joined: list[_Written] = []
    for word in written:
        last = joined[-1] if joined else None
        if last and not last.sign and SPACELESS.match(last.word[-1]) and SPACELESS.match(word.word):
            joined[-1] = replace(word, word=f"{last.word}-{word.word}")
        else:
            joined.append(word)
    return joined


def _readings(written: _Written) -> list[tuple[_Written, ...]]:
    """Return the readings of a written word: hyphens as spaces, and as nothing."""
    if "-" not in written.word:
        return [(written,)]
    *firsts, last = written.word.split("-")
    split = (*(replace(written, word=part, sign="") for part in firsts), replace(written, word=last))
    return [split, (replace(written, word="".join([*firsts, last])),)]


def _shape(written: list[_Written], kept: "re.Pattern[str] | None", inflector: Inflector) -> Shape:
    words = tuple(_word(word, inflector) for word in written)
    whole = 0
    while whole < len(words) and words[whole].is_whole:
        whole += 1
    anchor = " ".join(word.stem for word in words[: whole + 1])
    simple = whole == len(words)
    prefixed = words[0].forms is not None and len(words[0].forms.prefixes) > 1
    before = 0 if prefixed or SPACELESS.match(words[0].stem) else 1
    after = 1 if simple and not words[-1].substring else 0
    return Shape(
        words=words,
        anchor=" " * before + anchor + " " * after,
        before=before,
        after=after,
        simple=simple,
        kept=kept,
    )


def _word(written: _Written, inflector: Inflector) -> WordShape:
    word, sign = written.word, written.sign
    substring = SPACELESS.match(word[-1]) is not None
    if "?" in word:
        pattern = "".join("[^ ]" if char == "?" else re.escape(char) for char in word)
        ending = "[^ ]*" if sign == "*" else ""
        return WordShape(word.partition("?")[0], pattern=re.compile(pattern + ending), substring=substring)
    if substring or not sign:
        return WordShape(word, substring=substring)
    if sign == "*":
        return WordShape(word, is_open=True)
    stem, forms = inflector.forms(word, written.lang)
    return WordShape(stem, forms=forms)


def kept_letters(text: str) -> str:
    """Return the letters and digits of original text, case and diacritics kept."""
    plain = unicodedata.normalize("NFKC", text).translate(_NO_APOSTROPHES)
    return "".join(char for char in plain if unicodedata.category(char)[0] in "LNM")


def _kept_pattern(written: list[_Written], inflector: Inflector) -> "re.Pattern[str]":
    """Return what the kept letters of a hit must be for a term whose case counts."""
    pattern = ""
    for word in written:
        letters = [kept_letters(piece) for piece in word.letters.split("?")]
        before = ""
        if word.sign == "~":
            last = word.word.rpartition("-")[2]
            stem, forms = inflector.forms(last, word.lang)
            letters[-1] = letters[-1][: len(letters[-1]) - len(last) + len(stem)]
            before = ".*" if len(forms.prefixes) > 1 else ""
        pattern += before + ".".join(map(re.escape, letters)) + (".*" if word.sign else "")
    return re.compile(pattern, re.DOTALL)
