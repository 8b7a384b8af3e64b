"""Which terms does a text hold? All terms of all topics and lists in one automaton, one pass.

Aho, Corasick: Efficient String Matching (1975). The automaton finds each term's *anchor*, its
longest beginning without wildcards, with the spaces that make it whole words; the shapes of
`monitor.rules.terms` say whether a find is a hit.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import ahocorasick_rs

from monitor.rules.inflection import Forms
from monitor.rules.prepare import Prepared, may_join, prepare
from monitor.rules.terms import Shape, TermShape, kept_letters

Span = tuple[int, int]
_LONGEST_REACH = 160


@dataclass(frozen=True, slots=True)
class _Entry:
    """One reading of a term, filed under `key`, between two dates of publication (inclusive)."""

    key: int
    shape: Shape
    since: date | None
    until: date | None

    def holds_on(self, published: date | None) -> bool:
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
        anchors, main, text = self._anchors, prepared.end, prepared.text
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            anchor = anchors[number]
            if end > main:
                self._check_window(anchor, (start, end), prepared, published, found)
                continue
            before, after, plain, single, checked = anchor
            for key in plain:
                found[key].append((start + before, end - after))
            if single:
                stop = text.find(" ", end)
                rest = text[end:stop]
                for forms, key in single:
                    if forms is None or forms.accepts(rest):
                        found[key].append((start + before, stop))
            if checked:
                self._check(anchor, (start, end), prepared, published, found)
        return found

    def _check_window(
        self,
        anchor: _Anchor,
        found_at: Span,
        prepared: Prepared,
        published: date | None,
        found: dict[int, list[Span]],
    ) -> None:
        """File a find in a window under the place in the main reading that it came from."""
        start, end = found_at
        hits: list[tuple[int, Span]] = [
            (key, (start + anchor.before, end - anchor.after)) for key in anchor.plain
        ]
        stop = prepared.text.find(" ", end)
        rest = prepared.text[end:stop]
        hits += [
            (key, (start + anchor.before, stop))
            for forms, key in anchor.single
            if forms is None or forms.accepts(rest)
        ]
        for key, span in hits:
            place = prepared.main_place(*span)
            if place is not None:
                found[key].append(place)
        self._check(anchor, found_at, prepared, published, found)

    def _check(
        self,
        anchor: _Anchor,
        found_at: Span,
        prepared: Prepared,
        published: date | None,
        found: dict[int, list[Span]],
    ) -> None:
        """File what needs a closer look: open words, kept case, dates, finds in a window."""
        start, end = found_at
        in_window = end > prepared.end
        whole = (start + anchor.before, end - anchor.after)
        for entry in anchor.checked:
            span = whole if entry.shape.simple else entry.shape.span(prepared.text, start)
            if span is not None and in_window:
                span = prepared.main_place(*span)
            if span is None or not entry.holds_on(published):
                continue
            kept = entry.shape.kept
            if kept is None or kept.fullmatch(kept_letters(prepared.kept(*span))):
                found[entry.key].append(span)
