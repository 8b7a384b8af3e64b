"""Which sentences show best why? Three with most of what was required, then one for each actor left."""

from monitor.domain.topics import Evidence, Quote
from monitor.rules.findings import Findings, Hit, Part

BEST_QUOTES = 3
MOST_QUOTES = 10
LONGEST = 400
_BEFORE_MARK = 120


def quotes(required: list[list[Hit]], findings: Findings) -> tuple[Quote, ...]:
    """Return the best sentences, best first, with marks. `required` has the hits of each operand.

    Best is: most operands, then most that the sentences before did not name, then most marks, then
    first in the text. After BEST_QUOTES of them only those follow that name an actor for the first
    time: who else is meant is what a reader asks next. There are never more than MOST_QUOTES.
    """
    by_operand = [findings.by_sentence(hits) for hits in required]
    left = []
    for number in set().union(*by_operand):
        groups = [parts[number] for parts in by_operand if number in parts]
        parts = groups[0].union(*groups[1:])
        left.append((len(groups), {part[2] for part in parts}, len(parts), -number, parts))
    chosen: list[Quote] = []
    named: set[str] = set()
    while left and len(chosen) < MOST_QUOTES:
        best = max(left, key=lambda one: (one[0], len(one[1] - named), one[2], one[3]))
        left.remove(best)
        named |= best[1]
        chosen.append(_quote(-best[3], best[4], findings))
        if len(chosen) >= BEST_QUOTES:
            left = [one for one in left if any(label.startswith("@") for label in one[1] - named)]
    return tuple(chosen)


def _quote(number: int, parts: frozenset[Part], findings: Findings) -> Quote:
    name, start, end = findings.prepared.sentence_span(number)
    document = findings.document
    text = document.title if name == "title" else document.body
    shown = findings.evidence(parts)
    if end - start > LONGEST:
        start, end = _clipped(text, (start, end), shown[0].start)
    marks: list[Evidence] = []
    for mark in shown:
        free = not marks or mark.start >= marks[-1].end
        if free and start <= mark.start and mark.end <= end:
            marks.append(mark)
    return Quote(field=name, start=start, end=end, text=text[start:end], marks=tuple(marks))


def _clipped(text: str, sentence: tuple[int, int], mark: int) -> tuple[int, int]:
    """Return a stretch of a very long sentence round its first mark, cut between words if it can be."""
    start = max(sentence[0], mark - _BEFORE_MARK)
    end = min(sentence[1], start + LONGEST)
    if start > sentence[0]:
        start = text.find(" ", start, mark) + 1 or start
    if end < sentence[1]:
        cut = text.rfind(" ", mark, end)
        end = cut if cut > start + LONGEST // 2 else end
    return start, end
