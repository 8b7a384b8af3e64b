"""What was found in this document? Hits by leaf, worked out when first asked for.

A hit is a stretch of the main reading and the *parts* that make it up, each with the label of the
actor or theme it names. Places are those of `monitor.rules.prepare`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Any

from monitor.domain.topics import Document, Evidence
from monitor.rules.prepare import Prepared
from monitor.rules.scan import Span
from monitor.rules.tree import Leaf, Node

MOST_EVIDENCE = 1000
Part = tuple[int, int, str]
"""Start, end, and the label: "@actor", "#theme", or "" for a term of the query."""
Hit = tuple[int, int, tuple[Part, ...]]
"""Start, end, and the parts."""


class Lists:
    """What the keys mean: labels, contexts that bar a hit, and regular expressions."""

    def __init__(self) -> None:
        self.labels: dict[int, str] = {}
        self.unless: dict[int, Node] = {}
        self.patterns: dict[int, Any] = {}

    def __getstate__(self) -> tuple[object, ...]:
        """Return what is kept; of a regular expression its text."""
        texts = {key: pattern.pattern for key, pattern in self.patterns.items()}
        return self.labels, self.unless, texts

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take back what was kept, and compile the regular expressions."""
        self.labels, self.unless, texts = state
        self.patterns = {key: searching(text) for key, text in texts.items()}


def searching(text: str) -> Any:  # noqa: ANN401 - re2 has no types
    """Return a regular expression ready to search.

    Raises:
        re2.error: it is none.
    """
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    return re2.compile(text, options)


class Findings:
    """One document's hits. `evaluate` is how a node becomes hits (see `monitor.rules.operators`).

    `evaluated` and `numbered` are its memory: hits by identity of node and scope, and, by identity
    of a list of hits (kept beside, so that it stays the same), the hits with sentence or word numbers.
    `keys` are those that may have hits: those of the scan, and regular expressions, not yet searched for.
    `tried` counts the pairs of hits that chains looked at, `lead_end` is where the lead ends, once asked for.
    """

    def __init__(
        self,
        document: Document,
        prepared: Prepared,
        raw: Mapping[int, list[Span]],
        lists: Lists,
        evaluate: "Callable[[Node, Findings], list[Hit] | None]",
    ) -> None:
        self.document = document
        self.prepared = prepared
        self.keys = frozenset(raw) | lists.patterns.keys() if lists.patterns else frozenset(raw)
        self._raw = raw
        self._lists = lists
        self._evaluate = evaluate
        self.evaluated: dict[tuple[int, Span | None], list[Hit] | None] = {}
        self.numbered: dict[tuple[int, str], tuple[list[Hit], list[tuple[int, int, Hit]]]] = {}
        self.tried = 0
        self.lead_end = -1
        self._word_count = 0
        self._own: dict[int, list[Span]] = {}
        self._leaves: dict[int, list[Hit]] = {}
        self._shared: dict[int, tuple[list[Hit], tuple[Evidence, ...]]] = {}
        self._by_sentence: dict[int, tuple[list[Hit], dict[int, frozenset[Part]]]] = {}
        self._evidence: dict[Part, Evidence] = {}

    def leaf(self, leaf: Leaf) -> list[Hit]:
        """Return the hits of a leaf in order of place."""
        hits = self._leaves.get(leaf.number)
        if hits is None:
            hits = self._leaves[leaf.number] = self._hits_of(leaf.keys & self.keys)
        return hits

    def _hits_of(self, keys: frozenset[int]) -> list[Hit]:
        labels = self._lists.labels
        if len(keys) == 1:  # nearly always
            (key,) = keys
            label = labels.get(key, "")
            return [(start, end, ((start, end, label),)) for start, end in self.own(key)]
        parts = sorted((start, end, labels.get(key, "")) for key in keys for start, end in self.own(key))
        return [(part[0], part[1], (part,)) for part in parts]

    def own(self, key: int) -> list[Span]:
        """Return the hits filed under a key itself, without those in a context that bars them."""
        spans = self._own.get(key)
        if spans is None:
            if key in self._lists.patterns:
                spans = list(self._searched(self._lists.patterns[key]))
            else:
                spans = self._raw.get(key, [])
                spans = sorted(set(spans)) if len(spans) > 1 else list(spans)
            if spans and key in self._lists.unless:
                barred = self._evaluate(self._lists.unless[key], self) or []
                overlaps = overlapping((start, end) for start, end, _ in barred)
                spans = [span for span in spans if not overlaps(*span)]
            self._own[key] = spans
        return spans

    def _searched(self, pattern: Any) -> Iterable[Span]:  # noqa: ANN401 - re2 has no types
        """Yield the hits of a regular expression, cut to the words they touch."""
        text = self.prepared.text
        for name, original in (("title", self.document.title), ("body", self.document.body)):
            for found in pattern.finditer(original):
                start = self.prepared.place(name, found.start())
                end = self.prepared.place(name, found.end())
                while start < end and text[start] == " ":
                    start += 1
                while start < end and text[end - 1] == " ":
                    end -= 1
                if start < end:
                    yield start, end

    def evidence_of(self, hits: list[Hit]) -> tuple[Evidence, ...]:
        """Return the evidence of hits; topics that ask the same share it."""
        known = self._shared.get(id(hits))
        if known is None:
            parts = {part for hit in hits for part in hit[2]}
            known = self._shared[id(hits)] = (hits, self.evidence(parts))
        return known[1]

    def by_sentence(self, hits: list[Hit]) -> dict[int, frozenset[Part]]:
        """Return the parts of hits by the number of the sentence in which each begins."""
        known = self._by_sentence.get(id(hits))
        if known is None:
            sentence_at = self.prepared.sentence_at
            found: dict[int, set[Part]] = {}
            for hit in hits:
                for part in hit[2]:
                    found.setdefault(sentence_at(part[0]), set()).add(part)
            sentences = {number: frozenset(parts) for number, parts in found.items()}
            known = self._by_sentence[id(hits)] = (hits, sentences)
        return known[1]

    def evidence(self, parts: Iterable[Part]) -> tuple[Evidence, ...]:
        """Return the parts as spans of the original, in order, those inside another one left out.

        At most MOST_EVIDENCE, the first in the text: no reader wants more, and no text should fill
        the database.
        """
        reached: dict[str, int] = {}
        shown: list[Evidence] = []
        known = self._evidence
        for part in sorted(set(parts), key=lambda part: (part[0], -part[1], part[2])):
            if part[1] > reached.get(part[2], -1):
                reached[part[2]] = part[1]
                shown.append(known[part] if part in known else self._shown(part))
                if len(shown) == MOST_EVIDENCE:
                    break
        return tuple(shown)

    def _shown(self, part: Part) -> Evidence:
        name, start, end = self.prepared.original(part[0], part[1])
        text = self.document.title if name == "title" else self.document.body
        shown = Evidence(field=name, start=start, end=end, text=text[start:end], label=part[2])
        self._evidence[part] = shown
        return shown

    @property
    def word_count(self) -> int:
        """Return the number of words of title and body, counted once."""
        if not self._word_count:
            self._word_count = max(1, self.prepared.word_count)
        return self._word_count

    def count(self, leaf: Leaf) -> int:
        """Return how many separate hits a leaf has."""
        present = leaf.keys & self.keys
        spans = [span for key in present for span in self.own(key)]
        return apart(spans if len(present) == 1 else sorted(spans))


def overlapping(spans: Iterable[Span]) -> Callable[[int, int], bool]:
    """Return the test whether a stretch shares a character with one of `spans`."""
    ordered = sorted(spans)
    starts = [start for start, _ in ordered]
    furthest = list(accumulate((end for _, end in ordered), max))

    def overlaps(start: int, end: int) -> bool:
        before = bisect_left(starts, end)
        return before > 0 and furthest[before - 1] > start

    return overlaps


def apart(spans: list[Span]) -> int:
    """Return how many of the spans, in order of start, can be had without two sharing a character."""
    count, reached = 0, -1
    for start, end in spans:
        if start >= reached:
            count += 1
            reached = end
        else:
            reached = min(reached, end)
    return count


def separate(hits: Iterable[Hit]) -> list[Hit]:
    """Return as many hits as can be had without two sharing a character, in order of place."""
    chosen: list[Hit] = []
    reached = -1
    for hit in sorted(hits, key=lambda hit: (hit[1], -hit[0])):
        if hit[0] >= reached:
            chosen.append(hit)
            reached = hit[1]
    return chosen
