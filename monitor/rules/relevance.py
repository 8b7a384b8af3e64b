"""How much is an article about a topic? What must hold, salience, and the score clauses (section 3)."""

from dataclasses import dataclass
from math import exp

from monitor.domain.topics import Clause, ClauseResult, Match, Topic
from monitor.rules.findings import Findings, Hit, Part, apart
from monitor.rules.operators import Found, evaluate, holds, lead, times
from monitor.rules.quotes import quotes
from monitor.rules.tree import And, Except, Leaf, Metadata, Node, Not, children, text_of

ANYWHERE, IN_LEAD, IN_SENTENCE, DENSITY = 30, 25, 20, 25
_HALF_SATURATED = 2.0
"""Hits per 100 words at which density earns 1 - 1/e of its points."""
FULL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A topic ready to be judged. `operands` are those of the outermost AND of what is required.

    `tells` says of each whether it shows itself in the text, `telling` are those that do, `gates` the
    sets of keys of which each must have a hit. `asked` is what is required, as people read it.
    """

    topic: Topic
    version: str
    operands: tuple[Node, ...]
    tells: tuple[bool, ...]
    telling: tuple[Node, ...]
    gates: tuple[frozenset[int], ...]
    clauses: tuple[tuple[Clause, Node], ...]
    asked: str


def top_operands(require: Node) -> tuple[Node, ...]:
    """Return the operands of the outermost AND, brackets within it opened."""
    if isinstance(require, And):
        return tuple(part for operand in require.operands for part in top_operands(operand))
    return (require,)


def tells(node: Node) -> bool:
    """Return whether the node can show evidence in the text."""
    match node:
        case Leaf():
            return True
        case Not() | Metadata():
            return False
        case Except():
            return tells(node.kept)
    return any(map(tells, children(node)))


def reachable(topic: Topic, telling: tuple[Node, ...]) -> int:
    """Return the highest relevance the topic can give."""
    salience = ANYWHERE + (IN_LEAD + IN_SENTENCE + DENSITY if telling else 0)
    clauses = sum(max(0, clause.add * clause.each) for clause in topic.score)
    return min(FULL, (salience if topic.salience else 0) + clauses)


def judge(plan: Plan, findings: Findings) -> Match | None:
    """Return the topic's verdict, None where what it requires does not hold."""
    required: list[list[Hit]] = []
    for operand, told in zip(plan.operands, plan.tells, strict=True):
        hits: Found = evaluate(operand, findings)
        if hits is None:
            return None
        if told:
            required.append(hits)
    parts = [[part for hit in hits for part in hit[2]] for hits in required]
    evidence = findings.evidence(part for group in parts for part in group)
    topic = plan.topic
    results = [ClauseResult(kind="require", when=plan.asked, held=True, evidence=evidence)]
    if topic.salience:
        results.append(_salience(plan, required, parts, findings))
    results += [_scored(clause, node, findings) for clause, node in plan.clauses]
    total = sum(result.points for result in results)
    relevance = max(0, min(FULL, total))
    flagged = relevance >= topic.threshold
    return Match(
        topic_id=topic.id,
        topic_version=plan.version,
        flagged=flagged,
        relevance=relevance,
        total=total,
        threshold=topic.threshold,
        clauses=tuple(results),
        evidence=evidence,
        # What is not flagged is shown to nobody by its sentences, and most of what matches is not.
        quotes=quotes(required, findings) if flagged else (),
    )


def shortfall(plan: Plan, findings: Findings) -> Match:
    """Return the verdict on a document that lacks what the topic requires, operand by operand."""
    results = []
    for operand in plan.operands:
        hits = evaluate(operand, findings)
        evidence = findings.evidence(part for hit in hits or () for part in hit[2])
        held = hits is not None
        results.append(ClauseResult(kind="require", when=text_of(operand), held=held, evidence=evidence))
    return Match(
        topic_id=plan.topic.id,
        topic_version=plan.version,
        flagged=False,
        relevance=0,
        total=0,
        threshold=plan.topic.threshold,
        clauses=tuple(results),
    )


def _scored(clause: Clause, node: Node, findings: Findings) -> ClauseResult:
    hits = evaluate(node, findings)
    if hits is None:
        return ClauseResult(kind="score", when=clause.when.text.strip(), held=False)
    count = min(clause.each, times(node, hits, findings))
    return ClauseResult(
        kind="score",
        when=clause.when.text.strip(),
        held=True,
        points=clause.add * count,
        times=count,
        evidence=findings.evidence_of(hits),
    )


def _salience(
    plan: Plan, required: list[list[Hit]], parts: list[list[Part]], findings: Findings
) -> ClauseResult:
    """Return the measured part of relevance, with a note that says what it is made of."""
    in_lead = in_sentence = density = 0
    if plan.telling:
        stretch = lead(findings)
        if all(holds(operand, findings, *stretch) for operand in plan.telling):
            in_lead = IN_LEAD
        sentences = [_sentences(hits, findings) for hits in required]
        if set.intersection(*sentences):
            in_sentence = IN_SENTENCE
        density = _density(parts, findings)
    points = ANYWHERE + in_lead + in_sentence + density
    where = "all" if in_lead else "not all"
    together = "all in one sentence" if in_sentence else "no sentence with all"
    note = (
        f"{ANYWHERE} + {in_lead} {where} in title and lead"
        f" + {in_sentence} {together} + {density} density = {points}"
    )
    return ClauseResult(kind="salience", when="", held=True, points=points, note=note)


def _sentences(hits: list[Hit], findings: Findings) -> set[int]:
    """Return the numbers of the sentences that hold a whole hit."""
    sentence_at = findings.prepared.sentence_at
    return {first for start, end, _ in hits if (first := sentence_at(start)) == sentence_at(end - 1)}


def _density(parts: list[list[Part]], findings: Findings) -> int:
    """Return the points for hits per 100 words: none at 0, 16 at 2, 25 from about 8 on."""
    spans = sorted({part[:2] for group in parts for part in group})
    per_hundred = 100 * apart(spans) / findings.word_count
    return round(DENSITY * (1 - exp(-per_hundred / _HALF_SATURATED)))
