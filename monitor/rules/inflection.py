"""Which forms does a word take? Endings and prefixes of the language files, applied to a base form.

An ending may be written `лар+` (other endings may follow it, three in all: plural, possessive,
case) or `y>ies` (it takes the place of that final). `к>г+` is no ending but a final that softens:
it becomes the other before the endings, all of which may follow. A final listed under `drop` gives
way to any ending. Where the pack has no English, plurals are known all the same.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.domain.topics import Language
from monitor.rules.prepare import read_words

MAX_STACK = 3
_LONGEST_REST = 32
_SHORTEST_STEM = 3
_REMEMBERED = 4096
_ENGLISH = Language(
    id="en",
    name="English",
    script="Latn",
    endings=("s", "s>ses", "x>xes", "z>zes", "ch>ches", "sh>shes", "y>ies"),
)
_SCRIPTS = {
    "LATIN": ("Latn",),
    "CYRILLIC": ("Cyrl",),
    "ARABIC": ("Arab",),
    "HANGUL": ("Kore", "Hang"),
    "CJK": ("Hans", "Hant", "Hani", "Jpan"),
    "HIRAGANA": ("Jpan", "Hira"),
    "KATAKANA": ("Jpan", "Kana"),
    "GREEK": ("Grek",),
    "ARMENIAN": ("Armn",),
    "GEORGIAN": ("Geor",),
    "HEBREW": ("Hebr",),
    "DEVANAGARI": ("Deva",),
}


@dataclass(slots=True, eq=False)
class Forms:
    """What may stand around a stem: `tail` is what the stem lacks of the base form.

    Each rule is a replaced tail and the endings after it, those that end a word and those that
    others may follow. `prefixes` may stand glued before the stem.
    """

    tail: str
    rules: tuple[tuple[str, frozenset[str], frozenset[str]], ...]
    prefixes: frozenset[str]
    _known: dict[str, bool] = field(default_factory=dict)

    def accepts(self, rest: str) -> bool:
        """Return whether `rest` after the stem makes a form of the word."""
        known = self._known.get(rest)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[rest] = rest == self.tail or any(
                rest.startswith(tail) and _stacked(rest[len(tail) :], endings, chained, MAX_STACK)
                for tail, endings, chained in self.rules
            )
        return known


def _stacked(rest: str, endings: frozenset[str], chained: frozenset[str], left: int) -> bool:
    if rest in endings:
        return True
    return (
        left > 1
        and len(rest) <= _LONGEST_REST
        and any(
            rest[:size] in chained and _stacked(rest[size:], endings, chained, left - 1)
            for size in range(1, len(rest))
        )
    )


def script_of(word: str) -> tuple[str, ...]:
    """Return the ISO 15924 codes that languages of the word's script may bear; () if unknown."""
    for char in word:
        if char.isalpha():
            return _SCRIPTS.get(unicodedata.name(char, "").split(" ")[0], ())
    return ()


@dataclass(frozen=True, slots=True)
class _Affixes:
    """A language's endings, prepared: plain ones by what they replace, and its prefixes."""

    language: Language
    endings: frozenset[str]
    chained: frozenset[str]
    replacing: tuple[tuple[str, frozenset[str]], ...]
    softening: tuple[tuple[str, str], ...]
    drop: tuple[str, ...]
    prefixes: frozenset[str]


class _Cut(NamedTuple):
    """A final that a base may lose, what it is softened to, and the endings that may follow."""

    final: str
    softened: str
    endings: frozenset[str]
    chained: frozenset[str]


def _plain(text: str) -> str:
    return "".join(read_words(text)).replace("-", "")


def _affixes(language: Language) -> _Affixes:
    replacing: dict[str, set[str]] = {}
    softening: set[tuple[str, str]] = set()
    endings, chained = set(), set()
    for written in language.endings:
        old, arrow, new = written.rpartition(">")
        ending = _plain(new.rstrip("+"))
        if arrow:
            if new.endswith("+"):
                softening.add((_plain(old), ending))
            else:
                replacing.setdefault(_plain(old), set()).add(ending)
            continue
        endings.add(ending)
        if new.endswith("+"):
            chained.add(ending)
    prefixes = {_plain(prefix) for prefix in language.prefixes}
    return _Affixes(
        language=language,
        endings=frozenset(endings),
        chained=frozenset(chained - {""}),
        replacing=tuple((old, frozenset(new)) for old, new in sorted(replacing.items())),
        softening=tuple(sorted(softening)),
        drop=tuple(sorted({_plain(final) for final in language.drop} - {""})),
        prefixes=frozenset({"", *prefixes, *(first + second for first in prefixes for second in prefixes)}),
    )


class Inflector:
    """Turns base forms into stems and the forms that may follow; shares what it has worked out."""

    def __init__(self, languages: Iterable[Language]) -> None:
        known = {language.id.lower(): language for language in languages}
        known.setdefault("en", _ENGLISH)
        self._affixes = tuple(_affixes(language) for language in known.values())
        self._forms: dict[tuple[object, ...], Forms] = {}
        self._chosen: dict[tuple[str, tuple[str, ...]], list[_Affixes]] = {}

    def knows(self, lang: str) -> bool:
        """Return whether the pack has a file for the language."""
        return any(_same(affixes.language.id, lang) for affixes in self._affixes)

    def forms(self, base: str, lang: str) -> tuple[str, Forms]:
        """Return the stem of the prepared word `base` and what makes forms of it.

        `lang` names the language; where the pack has none of that name in the word's script, all
        languages of the script are taken.
        """
        chosen = self._spoken(lang, script_of(base))
        cuts = [_cuts(base, affixes) for affixes in chosen]
        longest = max((len(cut.final) for finals in cuts for cut in finals), default=0)
        stem, tail = base[: len(base) - longest], base[len(base) - longest :]
        key = (tail, *((affixes.language.id, cut) for affixes, cut in zip(chosen, cuts, strict=True)))
        if key not in self._forms:
            rules = {
                (tail[: len(tail) - len(cut.final)] + cut.softened, cut.endings, cut.chained)
                for finals in cuts
                for cut in finals
                if cut.endings
            }
            prefixes = frozenset({""}.union(*(affixes.prefixes for affixes in chosen)))
            self._forms[key] = Forms(tail, tuple(rules), prefixes)
        return stem, self._forms[key]

    def _spoken(self, lang: str, scripts: tuple[str, ...]) -> list[_Affixes]:
        """Return the affixes of the language asked for, or else of all that are written so."""
        if (lang, scripts) not in self._chosen:
            fitting = [affixes for affixes in self._affixes if affixes.language.script in scripts]
            named = [affixes for affixes in fitting if lang and _same(affixes.language.id, lang)]
            self._chosen[lang, scripts] = named or fitting
        return self._chosen[lang, scripts]


def _same(identity: str, lang: str) -> bool:
    """Return whether a language file serves the language asked for (uz serves uz-Latn and back)."""
    identity, lang = identity.lower(), lang.lower()
    return identity == lang or identity.startswith(f"{lang}-") or lang.startswith(f"{identity}-")


def _cuts(base: str, affixes: _Affixes) -> tuple[_Cut, ...]:
    """Return the finals the base may lose, each with what may take their place."""
    endings, chained = affixes.endings, affixes.chained
    cuts = [(_Cut(final, "", endings, chained), _SHORTEST_STEM) for final in affixes.drop]
    cuts += [(_Cut(old, new, endings, chained), _SHORTEST_STEM) for old, new in affixes.softening]
    cuts += [(_Cut(old, "", new, frozenset()), 1) for old, new in affixes.replacing]
    return (
        _Cut("", "", endings, chained),
        *(
            cut
            for cut, shortest in cuts
            if base.endswith(cut.final) and len(base) - len(cut.final) >= shortest
        ),
    )
