"""When does a query hold, and where? One function an operator; None is false, a list of hits true.

Definitions are those of the topic language, section 2. Two operands of NEAR, BEFORE, SENTENCE and
PARAGRAPH never share a character. A document in which one operator would pair more than MAX_PAIRS
hits, or all together would try more than MAX_TRIED pairs, is cut off there (a wall of repeated
words, not an article).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import date

from monitor.rules.findings import Findings, Hit, overlapping, separate
from monitor.rules.prepare import read_words
from monitor.rules.tree import (
    And,
    AtLeast,
    Chain,
    Except,
    Leaf,
    Link,
    Metadata,
    Node,
    Not,
    Or,
    Pattern,
    Within,
    children,
)

MAX_PAIRS = 5_000
MAX_TRIED = 500_000
_MOST_TRIED_AT_ONCE = 10 * MAX_PAIRS
_MOST_PARTS = 60
LEAD_WORDS = 60
Scope = tuple[int, int] | None
"""A stretch of the main reading to which the search is confined; None is all of it."""
Found = list[Hit] | None


def evaluate(node: Node, findings: Findings, scope: Scope = None) -> Found:
    """Return the hits that make `node` true (none for NOT and metadata), None where it is false."""
    key = (id(node), scope)
    if key in findings.evaluated:
        return findings.evaluated[key]
    found = findings.evaluated[key] = _OPERATORS[type(node)](node, findings, scope)
    return found


def holds(node: Node, findings: Findings, start: int, end: int) -> bool:
    """Return whether `node` is true within a stretch, looking no further than the first proof."""
    if isinstance(node, Leaf):
        return any(hit[0] >= start and hit[1] <= end for hit in findings.leaf(node))
    if isinstance(node, Or):
        return any(holds(operand, findings, start, end) for operand in _there(node, findings))
    return evaluate(node, findings, (start, end)) is not None


def _leaf(node: Leaf, findings: Findings, scope: Scope) -> Found:
    hits = findings.leaf(node)
    if scope is not None:
        hits = [hit for hit in hits if hit[0] >= scope[0] and hit[1] <= scope[1]]
    return hits or None


def _and(node: And, findings: Findings, scope: Scope) -> Found:
    hits: list[Hit] = []
    for operand in node.operands:
        found = evaluate(operand, findings, scope)
        if found is None:
            return None
        hits += found
    return hits


def _or(node: Or, findings: Findings, scope: Scope) -> Found:
    found = [evaluate(operand, findings, scope) for operand in _there(node, findings)]
    true = [hits for hits in found if hits is not None]
    return [hit for hits in true for hit in hits] if true else None


def _there(node: Or, findings: Findings) -> list[Node]:
    """Return the operands but for terms that are nowhere in the text, as most terms of a long list are."""
    absent = findings.keys.isdisjoint
    return [one for one in node.operands if not (isinstance(one, Leaf) and absent(one.keys))]


def _not(node: Not, findings: Findings, scope: Scope) -> Found:
    return [] if evaluate(node.operand, findings, scope) is None else None


def _except(node: Except, findings: Findings, scope: Scope) -> Found:
    kept = evaluate(node.kept, findings, scope)
    if kept is None:
        return None
    barred = evaluate(node.barred, findings, scope) or []
    overlaps = overlapping((start, end) for start, end, _ in barred)
    return [hit for hit in kept if not overlaps(hit[0], hit[1])] or None


def _at_least(node: AtLeast, findings: Findings, scope: Scope) -> Found:
    apart = separate(_by_span(evaluate(node.operand, findings, scope) or []))
    groups = [apart[i : i + node.count] for i in range(len(apart) - node.count + 1)]
    return [_joined(group) for group in groups] or None


def _within(node: Within, findings: Findings, scope: Scope) -> Found:
    start, end = _stretch(node, findings)
    if scope is not None:
        start, end = max(start, scope[0]), min(end, scope[1])
    return evaluate(node.operand, findings, (start, end))


def _stretch(node: Within, findings: Findings) -> tuple[int, int]:
    prepared = findings.prepared
    match node.scope:
        case "title":
            return 0, prepared.wall
        case "lead":
            return lead(findings)
        case "first":
            return prepared.body_start, prepared.body_words_end(node.first)
    return prepared.body_start, prepared.end


def lead(findings: Findings) -> tuple[int, int]:
    """Return the stretch of title and the body's first words."""
    if findings.lead_end < 0:
        findings.lead_end = findings.prepared.body_words_end(LEAD_WORDS)
    return 0, findings.lead_end


def _by_span(hits: list[Hit]) -> list[Hit]:
    """Return the hits, those of one span made one with all their parts."""
    groups: dict[tuple[int, int], list[Hit]] = {}
    for hit in hits:
        groups.setdefault(hit[:2], []).append(hit)
    return [group[0] if len(group) == 1 else _joined(group) for group in groups.values()]


def _pair(one: Hit, other: Hit) -> Hit:
    """Return the span over two hits with their parts; written out, for it is what chains do most."""
    start = min(other[0], one[0])
    end = max(other[1], one[1])
    return start, end, (one[2] + other[2])[:_MOST_PARTS]


def _joined(hits: Iterable[Hit]) -> Hit:
    """Return the span from the first to the last of `hits`, with all their parts."""
    group = list(hits)
    parts = sorted({part for hit in group for part in hit[2]})
    return min(hit[0] for hit in group), max(hit[1] for hit in group), tuple(parts[:_MOST_PARTS])


def _chain(node: Chain, findings: Findings, scope: Scope) -> Found:
    operands = []
    for operand in node.operands:
        found = evaluate(operand, findings, scope)
        if found is None:
            return None
        operands.append(found)
    ways = [(hit, hit) for hit in operands[0]]
    for link, following in zip(node.links, operands[1:], strict=True):
        ways = _extended(ways, following, link, findings)
        if not ways or findings.tried > MAX_TRIED:
            return None
    return _by_span([whole for whole, _ in ways]) or None


def _extended(
    ways: list[tuple[Hit, Hit]], following: list[Hit], link: Link, findings: Findings
) -> list[tuple[Hit, Hit]]:
    """Return the ways (whole hit so far, its last operand's hit) that reach a hit of `following`."""
    ordered = numbered(following, link.kind, findings)
    number = unit_of(link.kind, findings)
    firsts = [first for first, _, _ in ordered]
    longest = max(last - first for first, last, _ in ordered)
    apart = link.reach + 1 if link.kind in {"NEAR", "BEFORE"} else link.reach - 1
    extended: dict[tuple[int, int, Hit], tuple[Hit, Hit]] = {}
    wall = findings.prepared.wall
    until = findings.tried + _MOST_TRIED_AT_ONCE
    for whole, last_hit in ways:
        first, last = number(last_hit[0]), number(last_hit[1] - 1)
        low = bisect_left(firsts, first - apart - longest)
        high = bisect_right(firsts, last + apart)
        findings.tried += high - low
        for next_first, next_last, hit in ordered[low:high]:
            if hit[0] < last_hit[1] and last_hit[0] < hit[1]:
                continue
            if min(hit[0], last_hit[0]) < wall < max(hit[1], last_hit[1]):
                continue
            if not _fits(link, (first, last), (next_first, next_last), last_hit[0] < hit[0]):
                continue
            joined = _pair(whole, hit)
            key = (joined[0], joined[1], hit)
            known = extended.get(key)
            extended[key] = (_joined((known[0], joined)) if known else joined, hit)
        if len(extended) > MAX_PAIRS or findings.tried > until:
            break
    return list(extended.values())


def numbered(hits: list[Hit], kind: str, findings: Findings) -> list[tuple[int, int, Hit]]:
    """Return the hits in order, each with the numbers of its first and last unit; kept for next time."""
    key = (id(hits), kind)
    known = findings.numbered.get(key)
    if known is None:
        number = unit_of(kind, findings)
        known = (hits, sorted((number(hit[0]), number(hit[1] - 1), hit) for hit in hits))
        findings.numbered[key] = known
    return known[1]


def _fits(link: Link, one: tuple[int, int], other: tuple[int, int], in_order: bool) -> bool:  # noqa: FBT001 - a fact
    """Return whether two hits, given by first and last word or sentence, stand as `link` says."""
    if link.kind in {"SENTENCE", "PARAGRAPH"}:
        return max(one[1], other[1]) - min(one[0], other[0]) < link.reach
    if link.kind == "BEFORE" and not in_order:
        return False
    between = other[0] - one[1] - 1 if in_order else one[0] - other[1] - 1
    return between <= link.reach


def unit_of(kind: str, findings: Findings) -> Callable[[int], int]:
    """Return the function from places to the numbers of the words, sentences or paragraphs there."""
    prepared = findings.prepared
    if kind == "SENTENCE":
        return prepared.sentence_at
    return prepared.paragraph_at if kind == "PARAGRAPH" else prepared.word_at


def _metadata(node: Metadata, findings: Findings, _scope: Scope) -> Found:
    return [] if _METADATA[node.key](node, findings) else None


def _equals(value: str | None, node: Metadata) -> bool:
    return value is not None and value.casefold() in {wanted.casefold() for wanted in node.values}


def _is_domain(value: str | None, node: Metadata) -> bool:
    """Return whether the domain is one of those wanted or below it."""
    domain = f".{(value or '').casefold().removeprefix('www.')}"
    return value is not None and any(
        domain.endswith(f".{wanted.casefold().removeprefix('www.')}") for wanted in node.values
    )


def _is_language(value: str | None, node: Metadata) -> bool:
    lang = f"{(value or '').casefold()}-"
    return value is not None and any(lang.startswith(f"{wanted.casefold()}-") for wanted in node.values)


def _holds_words(value: str | None, node: Metadata) -> bool:
    """Return whether the value holds one of the phrases wanted, prepared as text is."""
    text = f" {' '.join(read_words(value or ''))} "
    return value is not None and any(f" {' '.join(read_words(wanted))} " in text for wanted in node.values)


def _holds_text(value: str | None, node: Metadata) -> bool:
    return value is not None and any(wanted.casefold() in value.casefold() for wanted in node.values)


def _compares(left: int | date, comparison: str, right: int | date) -> bool:
    order = (left > right) - (left < right)  # type: ignore[operator] # both of one type, by key
    return {">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0, "=": order == 0}[comparison]


def _published(node: Metadata, findings: Findings) -> bool:
    published = findings.document.published
    return published is not None and _compares(
        published.date(), node.comparison, date.fromisoformat(node.values[0])
    )


_METADATA: dict[str, Callable[[Metadata, Findings], bool]] = {
    "source": lambda node, findings: _is_domain(findings.document.source, node),
    "outlet-kind": lambda node, findings: _equals(findings.document.outlet_kind, node),
    "lang": lambda node, findings: _is_language(findings.document.lang, node),
    "country": lambda node, findings: _equals(findings.document.country, node),
    "section": lambda node, findings: _holds_words(findings.document.section, node),
    "author": lambda node, findings: _holds_words(findings.document.author, node),
    "url": lambda node, findings: _holds_text(findings.document.url, node),
    "words": lambda node, findings: _compares(
        findings.prepared.body_word_count, node.comparison, int(node.values[0])
    ),
    "published": _published,
}

_OPERATORS: dict[type, Callable[..., Found]] = {
    Leaf: _leaf,
    And: _and,
    Or: _or,
    Not: _not,
    Except: _except,
    Chain: _chain,
    AtLeast: _at_least,
    Within: _within,
    Metadata: _metadata,
}


def times(node: Node, hits: list[Hit], findings: Findings) -> int:
    """Return how often a true node holds: its separate hits; for SENTENCE and PARAGRAPH, those.

    A node without hits of its own (AND, NOT, metadata) holds once.
    """
    while isinstance(node, Within):
        node = node.operand
    if isinstance(node, And | Not | Metadata) or not hits:
        return 1
    if isinstance(node, Chain) and node.links[-1].kind in {"SENTENCE", "PARAGRAPH"}:
        number = unit_of(node.links[-1].kind, findings)
        return len(separate((number(start), number(end - 1) + 1, ()) for start, end, _ in hits))
    return len(separate(hits))


def gate(node: Node, weight: Callable[[frozenset[int]], int]) -> frozenset[int] | None:
    """Return keys of which one must be hit for the node to hold; None where there are none such.

    Where there is a choice, the lightest are taken: those that are hit most seldom.
    """
    match node:
        case Leaf():
            return None if isinstance(node.written, Pattern) else node.keys
        case Or():
            gates = [gate(operand, weight) for operand in node.operands]
            known = [keys for keys in gates if keys is not None]
            return frozenset().union(*known) if len(known) == len(gates) else None
        case Not() | Metadata():
            return None
        case Except():
            return gate(node.kept, weight)
    known = [keys for operand in children(node) if (keys := gate(operand, weight)) is not None]
    return min(known, key=weight, default=None)
