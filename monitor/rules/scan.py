"""Which terms does a text hold? All terms of all topics and lists in one automaton, one pass.

Aho, Corasick: Efficient String Matching (1975). The automaton finds each term's *anchor*, its
longest beginning without wildcards, with the spaces that make it whole words; the shapes of
`monitor.rules.terms` say whether a find is a hit.
"""

from array import array
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import NamedTuple

import ahocorasick_rs

from monitor.rules.inflection import Forms
from monitor.rules.prepare import Prepared, may_join, prepare
from monitor.rules.terms import Shape, TermShape, kept_letters

Span = tuple[int, int]
_LONGEST_REACH = 160
_END = itemgetter(2)
_OTHER = -1


@dataclass(frozen=True, slots=True)
class _Entry:
    """One reading of a term, filed under `key`, between two dates of publication (inclusive)."""

    key: int
    shape: Shape
    since: date | None
    until: date | None

    def allows(self, span: Span, prepared: Prepared, published: date | None) -> bool:
        """Return whether what was found in the main reading has the right letters at the right time."""
        kept = self.shape.kept
        return self._holds_on(published) and (
            kept is None or kept.fullmatch(kept_letters(prepared.kept(*span))) is not None
        )

    def _holds_on(self, published: date | None) -> bool:
        """Return whether the term holds on a date; of an unknown date, whether it holds still."""
        if published is None:
            return self.until is None
        return (self.since is None or self.since <= published) and (
            self.until is None or published <= self.until
        )


class _Anchor(NamedTuple):
    """What a find of one anchor means; a tuple, for it is taken apart at every find.

    Hits of `plain` keys at once; of `single` ones, open words, if the rest of the word is a form;
    the other entries need a closer look.
    """

    before: int
    after: int
    plain: tuple[int, ...]
    single: tuple[tuple[Forms | None, int], ...]
    checked: tuple[_Entry, ...]

    @property
    def as_number(self) -> int:
        """Return the key if a find is its hit between two spaces; -2 - key if up to the next one.

        For anchors of which there is more to know: _OTHER.
        """
        match self:
            case (1, 1, (key,), (), ()):
                return key
            case (1, 0, (), ((None, key),), ()):
                return -2 - key
        return _OTHER


@dataclass(slots=True)
class Vocabulary:
    """Collects terms under keys; `scanner` makes them ready."""

    _entries: dict[str, list[_Entry]] = field(default_factory=dict)
    _beginnings: set[str] = field(default_factory=set)
    _reach: int = 0

    def add(self, key: int, term: TermShape, since: date | None = None, until: date | None = None) -> None:
        """File a term's hits under `key`."""
        for shape in term.shapes:
            entries = self._entries.setdefault(shape.anchor, [])
            entry = _Entry(key, shape, since, until)
            if entry not in entries:
                entries.append(entry)
        self._beginnings |= term.beginnings
        self._reach = max(self._reach, term.reach)

    def scanner(self) -> "Scanner":
        """Return the automaton of all terms."""
        anchors = [_anchor(entries) for entries in self._entries.values()]
        reach = min(self._reach, _LONGEST_REACH)
        return Scanner(list(self._entries), anchors, frozenset(self._beginnings), reach)


def _anchor(entries: list[_Entry]) -> _Anchor:
    plain: list[int] = []
    single: list[tuple[Forms | None, int]] = []
    checked: list[_Entry] = []
    for entry in entries:
        shape = entry.shape
        if shape.kept is not None or entry.since is not None or entry.until is not None:
            checked.append(entry)
        elif shape.simple:
            plain.append(entry.key)
        elif shape.is_single:
            single.append((shape.words[0].forms, entry.key))
        else:
            checked.append(entry)
    shape = entries[0].shape
    return _Anchor(shape.before, shape.after, tuple(plain), tuple(single), tuple(checked))


class Scanner:
    """Finds all hits of all terms in a document."""

    def __init__(
        self, patterns: list[str], anchors: list[_Anchor], beginnings: frozenset[str], reach: int
    ) -> None:
        self._parts = (patterns, anchors, beginnings, reach)
        self._automaton = ahocorasick_rs.AhoCorasick(
            patterns, store_patterns=False, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )
        self._anchors = anchors
        # Of most anchors one number is all there is to know; side by side these are quick to reach.
        self._words = array("q", [anchor.as_number for anchor in anchors])
        self._joins = may_join(beginnings)
        self._reach = reach

    def __reduce__(self) -> tuple[object, ...]:
        """Return how to make it again: an automaton has no bytes of its own, and is built in no time."""
        return Scanner, self._parts

    def prepare(self, title: str, body: str) -> Prepared:
        """Return the document ready to be scanned."""
        return prepare(title, body, self._joins, self._reach)

    def hits(self, prepared: Prepared, published: date | None) -> dict[int, list[Span]]:
        """Return the places of all hits in the main reading, by key, unsorted, with repetitions."""
        found: defaultdict[int, list[Span]] = defaultdict(list)
        anchors, text = self._anchors, prepared.text
        finds = self._automaton.find_matches_as_indexes(text, overlapping=True)  # in the order of their ends
        in_main = bisect_right(finds, prepared.end, key=_END) if prepared.windows else len(finds)
        words = self._words
        for number, start, end in finds[:in_main]:
            word = words[number]
            if word > _OTHER:
                found[word].append((start + 1, end - 1))
                continue
            if word < _OTHER:
                found[-2 - word].append((start + 1, text.find(" ", end)))
                continue
            before, after, plain, single, checked = anchors[number]
            for key in plain:
                found[key].append((start + before, end - after))
            if single:
                stop = text.find(" ", end)
                rest = text[end:stop]
                for forms, key in single:
                    if forms is None or forms.accepts(rest):
                        found[key].append((start + before, stop))
            for entry in checked:
                span = entry.shape.hit(text, start, end)
                if span is not None and entry.allows(span, prepared, published):
                    found[entry.key].append(span)
        self._file_windows(finds[in_main:], prepared, published, found)
        return found

    def _file_windows(
        self,
        finds: list[tuple[int, int, int]],
        prepared: Prepared,
        published: date | None,
        found: dict[int, list[Span]],
    ) -> None:
        """File what was found in windows under the places in the main reading that it came from."""
        text, windows = prepared.text, prepared.windows
        starts = [window.start for window in windows]
        for number, start, end in finds:
            before, after, plain, single, checked = self._anchors[number]
            window = windows[bisect_right(starts, start) - 1]
            first, last = window.joined
            if start + before >= last or (end - after <= first and not checked):
                continue  # nearly all: a neighbour of the joined word, which the main reading has too
            whole = window.main_place(start + before, end - after)
            if whole is not None:
                for key in plain:
                    found[key].append(whole)
            stop = text.find(" ", end)
            for forms, key in single:
                open_word = window.main_place(start + before, stop)
                if open_word is not None and (forms is None or forms.accepts(text[end:stop])):
                    found[key].append(open_word)
            for entry in checked:
                hit = entry.shape.hit(text, start, end)
                span = window.main_place(*hit) if hit is not None else None
                if span is not None and entry.allows(span, prepared, published):
                    found[entry.key].append(span)
