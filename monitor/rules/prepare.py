"""What does a text look like to the rules? Words with single spaces between, places kept.

One pass of C-speed string operations makes the *main reading*: title, a separator, body, all
folded (`monitor.rules.letters`), one space between words and at both ends. A hyphen inside a word
reads as a space there; the reading with nothing in its place is appended as short *windows* (the
joined word with its neighbours), so that one scan sees both. Where each character came from is
worked out on demand only: most articles never need it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import accumulate, count
from operator import add

from monitor.rules.letters import (
    DROP,
    EXPAND,
    SPACELESS,
    SPACELESS_EDGE,
    SPACELESS_WORD,
    TURNED,
    fold,
    fold_in_place,
)
from monitor.rules.sentences import breaks, trimmed

WALL = "\x04"
"""The word that stands between title and body and before each window; nothing matches across it."""
_BETWEEN = f" {WALL} "
_UZBEK = re.compile(f"{TURNED}(?<=[og]{TURNED})(?=[a-z])")
_GLUED = re.compile(
    "'(?<=[og]')(?=[a-z])(?!(?:s|d|ll|re|ve)(?![a-z0-9]))"
    "(?:(?<![a-z][a-z][og]')"
    "|(?!(?:a|u|n|un|nun|in|da|de|ta|te|dan|den|tan|ten|daki|deki|ya|ye|yu|yla|lu|li)(?![a-z0-9])))"
)
"""An apostrophe of Uzbek oʻ or gʻ, and not the one before an English or a Turkish ending (NATO'ya)."""
_FREE_POINT = re.compile(r"\.(?:(?!\d)|(?<!\d\.))")
_FREE_HYPHEN = re.compile(f"-(?:(?=[ {WALL}-]|\\Z)|(?<=[ {WALL}-]-)|(?<=\\A-))")
_ODD = re.compile(f"{DROP}+|[\u3041-\u30fe]?{EXPAND}+")
_RUN = re.compile(" {2,}")
_RUN_OR_EDGE = re.compile(f" {{2,}}|{SPACELESS_EDGE.pattern}")
_SHIELD = re.compile("[\ue000-\ue00f]")
_SHIELDED = re.compile(" ?([\ue000-\ue00f]) ?")
_BEGINNING = 4
_FEW_COUNTS = 40


@dataclass(slots=True)
class _Origins:
    """A piecewise linear map from places in one string to places in the string it was made of."""

    here: list[int]
    there: list[int]

    def cut(self, here: int, there: int) -> None:
        """From `here` on, characters come from `there` on."""
        self.here.append(here)
        self.there.append(there)

    def origin(self, place: int) -> int:
        """Return where the character at `place` came from."""
        i = bisect_right(self.here, place) - 1
        return self.there[i] + place - self.here[i]

    def inverse(self, origin: int) -> int:
        """Return the first place whose character came from `origin` or after it."""
        i = bisect_left(self.there, origin)
        if i == len(self.there) or self.there[i] != origin:
            i -= 1
        place = self.here[i] + origin - self.there[i]
        return min(place, self.here[i + 1]) if i + 1 < len(self.here) else place


@dataclass(slots=True, frozen=True)
class Window:
    """A joined compound with its neighbours, appended to the main reading at `start`."""

    start: int
    joined: tuple[int, int]
    pieces: _Origins

    def main_place(self, place: int, end: int) -> tuple[int, int] | None:
        """Return where a hit in the window lies in the main reading; None if beside the joined word."""
        if place >= self.joined[1] or end <= self.joined[0]:
            return None
        return self.pieces.origin(place - self.start), self.pieces.origin(end - 1 - self.start) + 1


@dataclass(slots=True)
class Prepared:
    """A document as the rules read it. Places are characters of `text`, the main reading first.

    `wall` is the place of the separator before the body, `end` the end of the main reading.
    """

    title: str
    body: str
    text: str
    wall: int
    end: int
    tokens: list[str]
    compounds: list[str]
    spaceless: bool
    windows: list[Window]
    _spread: str
    _rewritten: _Origins | None
    _origins: _Origins | None = None
    _starts: list[int] = field(default_factory=list)
    _counted: int = 0
    _sentences: list[int] = field(default_factory=list)
    _paragraphs: list[int] = field(default_factory=list)
    _title_sentences: int = 0
    _sentence_numbers: dict[int, int] = field(default_factory=dict)

    @property
    def body_start(self) -> int:
        """Return the place of the space before the first word of the body."""
        return self.wall + 1

    def original(self, start: int, end: int) -> tuple[str, int, int]:
        """Return field and original offsets of the stretch `start`-`end` of the main reading."""
        name = "title" if start < self.wall else "body"
        offset = self._field_origin(name)
        return name, self._origin(start) - offset, self._origin(end) - offset

    def kept(self, start: int, end: int) -> str:
        """Return the original text of a stretch of the main reading."""
        name, first, last = self.original(start, end)
        return (self.title if name == "title" else self.body)[first:last]

    @property
    def starts(self) -> list[int]:
        """Return the places where words begin, in order; the separator counts as a word."""
        if not self._starts:
            main = self.text[: self.end]
            if self.spaceless:
                self._starts = [found.start() for found in SPACELESS_WORD.finditer(main)]
            else:
                lengths = accumulate(map(len, main.split()), initial=1)
                self._starts = list(map(add, lengths, count()))[:-1]
        return self._starts

    def word_at(self, place: int) -> int:
        """Return the number of the word that holds `place`."""
        if not self._starts and not self.spaceless and self._counted < _FEW_COUNTS:
            # Each word has a space before it: a few counts cost less than to find where all words begin.
            self._counted += 1
            return self.text.count(" ", 0, place) - 1
        return bisect_right(self.starts, place) - 1

    def body_words_end(self, words: int) -> int:
        """Return the place where the first `words` words of the body end."""
        if self.spaceless:
            nth = self.word_at(self.wall) + 1 + words
            return self.starts[nth] if nth < len(self.starts) else self.end
        place = self.wall
        for _ in range(words + 1):
            place = self.text.find(" ", place + 1, self.end - 1)
            if place < 0:
                return self.end
        return place + 1

    @property
    def word_count(self) -> int:
        """Return the number of words of title and body."""
        return self._words_from(0) - 1

    @property
    def body_word_count(self) -> int:
        """Return the number of words of the body."""
        return self._words_from(self.wall) - 1

    def _words_from(self, place: int) -> int:
        """Return the number of words from the one that begins at `place` on, or behind it."""
        if self.spaceless:
            return len(self.starts) - max(0, self.word_at(place))
        # One space stands before each word, and one at the end: counting them is far quicker than words.
        return self.text.count(" ", place, self.end) - (place == 0)

    def sentence_at(self, place: int) -> int:
        """Return the number of the sentence that holds `place`, counted from the title's first one."""
        number = self._sentence_numbers.get(place)
        if number is None:
            self._find_breaks()
            number = bisect_right(self._sentences, self._origin(place)) - 1
            self._sentence_numbers[place] = number  # asked again by every topic with a hit there
        return number

    def paragraph_at(self, place: int) -> int:
        """Return the number of the paragraph that holds `place`, the title being the first."""
        self._find_breaks()
        return bisect_right(self._paragraphs, self._origin(place)) - 1

    def sentence_span(self, number: int) -> tuple[str, int, int]:
        """Return field and original offsets of a sentence, white space around it left out."""
        self._find_breaks()
        name = "title" if number < self._title_sentences else "body"
        text, offset = (self.title if name == "title" else self.body), self._field_origin(name)
        start = self._sentences[number] - offset
        ends = number + 1 in (self._title_sentences, len(self._sentences))
        end = len(text) if ends else self._sentences[number + 1] - offset
        return name, *trimmed(text, start, end)

    def _find_breaks(self) -> None:
        if self._sentences:
            return
        for name, text in (("title", self.title), ("body", self.body)):
            sentences, paragraphs = breaks(text)
            offset = self._field_origin(name)
            self._title_sentences = len(self._sentences)
            self._sentences += [offset + start for start in sentences]
            self._paragraphs += [offset + start for start in paragraphs]

    def place(self, name: str, offset: int) -> int:
        """Return the first place in the main reading that came from `offset` of a field, or after it."""
        return self._inverse(offset + self._field_origin(name))

    def _field_origin(self, name: str) -> int:
        return 1 if name == "title" else len(self.title) + 1 + len(_BETWEEN)

    def _origin(self, place: int) -> int:
        origin = (self._origins or self._cuts()).origin(place)
        return self._rewritten.origin(origin) if self._rewritten else origin

    def _inverse(self, origin: int) -> int:
        place = self._rewritten.inverse(origin) if self._rewritten else origin
        return self._cuts().inverse(place)

    def _cuts(self) -> _Origins:
        """Return the map from the main reading to the spread text; made at the first question."""
        if self._origins is None:
            self._origins = cuts = _Origins([0], [0])
            gone = 0
            for found in (_RUN_OR_EDGE if self.spaceless else _RUN).finditer(self._spread):
                start, end = found.span()
                here = start - gone + 1
                cuts.here.append(here)
                cuts.there.append(end)
                gone = end - here
        return self._origins

    def search_words(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the words of title and body for the index: compounds both split and joined."""
        wall = self.tokens.index(WALL)
        return self._index(self.tokens[:wall]), self._index(self.tokens[wall + 1 :])

    def _index(self, tokens: list[str]) -> tuple[str, ...]:
        if not self.compounds and not self.spaceless:
            return tuple(tokens)
        joined = [token.replace("-", "") for token in tokens if "-" in token] if self.compounds else []
        flat = " ".join(tokens).replace("-", " ")
        return (*(SPACELESS_WORD.findall(flat) if self.spaceless else flat.split()), *joined)


def prepare(title: str, body: str, joins: Callable[[str], bool], reach: int) -> Prepared:
    """Return the document ready to be scanned.

    `joins` tells whether a joined compound could be part of a term (False keeps the scan short),
    `reach` how many characters a term may stretch to either side of it.
    """
    spread = _unglued(f" {fold_in_place(title)}{_BETWEEN}{fold_in_place(body)} ")
    rewritten = None
    if DROP in spread or EXPAND in spread:
        spread, rewritten = _rewrite(spread, f" {title}{_BETWEEN}{body} ")
    spread = _punctuated(spread)
    spaceless = not spread.isascii() and SPACELESS.search(spread) is not None
    tokens = (SPACELESS_EDGE.sub(" ", spread) if spaceless else spread).split()
    hyphened = f" {' '.join(tokens)} "
    main = hyphened.replace("-", " ")
    wall = main.index(WALL)
    compounds, windows = [], []
    text, size = [main], len(main)
    if "-" in hyphened:
        for start, end, joined in _compounds(hyphened):
            compounds.append(joined)
            if joins(joined):
                edge = (0, wall) if start < wall else (wall + 1, len(main))
                piece, window = _window(hyphened, (start, end), edge, reach, size + 1)
                text += [WALL, piece]
                windows.append(window)
                size += 1 + len(piece)
    return Prepared(
        title=title,
        body=body,
        text="".join(text),
        wall=wall,
        end=len(main),
        tokens=tokens,
        compounds=compounds,
        spaceless=spaceless,
        _spread=spread,
        windows=windows,
        _rewritten=rewritten,
    )


def _unglued(spread: str) -> str:
    """Return `spread` with apostrophes made spaces, or marked to be dropped in Uzbek oʻ and gʻ."""
    if TURNED in spread:
        spread = _UZBEK.sub(DROP, spread).replace(TURNED, "'")
    if "o'" in spread or "g'" in spread:
        spread = _GLUED.sub(DROP, spread)
    return spread.replace("'", " ")


def _punctuated(spread: str) -> str:
    """Return `spread` with points and hyphens made spaces where they stand at the end of a word."""
    if "." in spread:
        spread = _FREE_POINT.sub(" ", spread)
    return _FREE_HYPHEN.sub(" ", spread) if "-" in spread else spread


def _rewrite(spread: str, source: str) -> tuple[str, _Origins]:
    """Return `spread` without what vanishes and with what expands, and where it all came from."""
    pieces, size, done = [], 0, 0
    origins = _Origins([0], [0])
    for found in _ODD.finditer(spread):
        start, end = found.span()
        pieces.append(spread[done:start])
        size += start - done
        new = "" if DROP in found[0] else fold(source[start:end])
        for k in range(len(new)):
            origins.cut(size + k, start + min(k, end - start - 1))
        size += len(new)
        origins.cut(size, end)
        pieces.append(new)
        done = end
    return "".join([*pieces, spread[done:]]), origins


def _compounds(hyphened: str) -> Iterable[tuple[int, int, str]]:
    """Yield start, end and joined form of each word with hyphens."""
    place = hyphened.find("-")
    while place != -1:
        start, end = hyphened.rfind(" ", 0, place) + 1, hyphened.find(" ", place)
        yield start, end, hyphened[start:end].replace("-", "")
        place = hyphened.find("-", end)


def _window(
    hyphened: str, word: tuple[int, int], edge: tuple[int, int], reach: int, place: int
) -> tuple[str, Window]:
    """Return the text of the window round `word` and the window, to be appended at `place`."""
    first = hyphened.find(" ", max(edge[0], word[0] - reach))
    last = hyphened.rfind(" ", word[1], min(edge[1], word[1] + reach + 1)) + 1
    pieces = _Origins([0], [first])
    size = word[0] - first
    parts = hyphened[word[0] : word[1]].split("-")
    there = word[0]
    for part in parts:
        pieces.cut(size, there)
        size += len(part)
        there += len(part) + 1
    pieces.cut(size, word[1])
    left = hyphened[first : word[0]].replace("-", " ")
    right = hyphened[word[1] : last].replace("-", " ")
    joined = place + len(left)
    window = Window(place, (joined, joined + sum(map(len, parts))), pieces)
    return left + "".join(parts) + right, window


def may_join(beginnings: frozenset[str]) -> Callable[[str], bool]:
    """Return the test whether a word could begin one of the words with these `beginnings`."""

    def joins(word: str) -> bool:
        return any(word[:size] in beginnings for size in range(1, _BEGINNING + 1))

    return joins


def beginning(word: str) -> str:
    """Return what `may_join` wants to know of a word or stem."""
    return word[:_BEGINNING]


def read_words(text: str, keep: str = "") -> list[str]:
    """Return the words of a query's term, prepared as articles are; hyphens inside words stay.

    Characters in `keep` (the wildcards of the notation) pass unchanged, inside words.
    """
    shielded = text.translate({ord(char): 0xE000 + i for i, char in enumerate(keep)})
    folded = _unglued(f" {_shielding(shielded)} ")
    if DROP in folded or EXPAND in folded:
        folded = _rewrite(folded, f" {shielded} ")[0]
    folded = _punctuated(folded)
    words = _SHIELDED.sub(r"\1", SPACELESS_EDGE.sub(" ", folded)).split()
    if _SHIELD.search(folded) is None:
        return words
    back = {0xE000 + i: char for i, char in enumerate(keep)}
    return [word.translate(back) for word in words]


def _shielding(text: str) -> str:
    """Return `text` folded but for the private characters that shield wildcards."""
    folded = fold_in_place(text)
    if _SHIELD.search(text) is None:
        return folded
    return "".join(
        char if "\ue000" <= char <= "\ue00f" else plain for char, plain in zip(text, folded, strict=True)
    )


def search_phrases(text: str) -> list[list[str]]:
    """Return the prepared words of a search string: one list per quoted phrase or single word."""
    phrases = []
    for quoted, bare in re.findall(r'"([^"]*)"?|([^\s"]+)', text):
        flat = " ".join(read_words(quoted or bare)).replace("-", " ")
        words = SPACELESS_WORD.findall(flat)
        if words:
            phrases.append(words)
    return phrases
