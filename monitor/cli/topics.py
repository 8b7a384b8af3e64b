"""How good are the topics, and what is odd about them? `topics test`, `topics check`, `topics sample`."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, documents, show
from monitor.cli.explaining import show_verdicts
from monitor.domain.labels import ANY_TOPIC

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.labels import Label, Labelled
    from monitor.domain.topics import Document, Match
    from monitor.pipeline.trial import Row, Tried
    from monitor.policy.scoring import Estimate

app = typer.Typer(
    help="Test, check and tune the topics.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Topic = Annotated[str | None, typer.Option("--topic", metavar="T", help="Only this topic.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]

NARROW, NAME = 100, 6
"""Below how many columns the table is narrow, and how long a name may be in it then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A labelled text, where it comes from, and how it is called there."""

    place: str
    id: object
    document: "Document"
    relevant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A text whose verdict is not what its label says, and the verdicts that explain it."""

    text: Text
    verdicts: "list[Match]"


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a test gave. `faulty` are lines that could not be read, `disputed` pages whose labels differ."""

    topic: str | None
    trials: "list[Tried]" = field(default_factory=list)
    rows: "list[Row]" = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    faulty: list[tuple[str, str]] = field(default_factory=list)
    disputed: "list[Labelled]" = field(default_factory=list)

    @property
    def tested(self) -> bool:
        """Return whether there was a labelled text at all."""
        return any(row.score.texts for row in self.rows)


@app.command("test")
def run_test(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.jsonl", help="Labelled documents; - for stdin.")
    ] = None,
    topic: Topic = None,
    *,
    labels: Annotated[
        bool, typer.Option("--labels", help="Test on the pages labelled with `newsmon label` instead.")
    ] = False,
    json: Json = False,
) -> None:
    """Test topics on labelled documents: precision, recall and F1, and every mistake with its reason.

    A document is a JSON object a line with `title`, `text` and `label` (1, 0, true, false), and may
    have `id`, `lang`, `url`, `published`. Without --topic a document counts as flagged if any topic
    flags it. Intervals are at 95 %. Exit 1 if a line is faulty, or nothing is labelled.

    Example: newsmon topics test documents.jsonl --topic central-asia-partnerships
    """
    if labels == (file is not None):
        raise typer.BadParameter("give either a FILE.jsonl or --labels")
    with desk.reading() if labels else desk.desk() as application:
        known = [one.id for one in application.matcher.topics]
        desk.require_known("topic", topic, known)
        outcome = Outcome(topic=topic)
        texts = _of_file(file, outcome) if file else _of_labels(application, outcome)
        total = documents.count(file) if file else 0
        _judge(application, texts, total, outcome)
        _score(application, known, outcome, labels=labels)
        names = application.topic_names
    if json:
        show.say_json(_plain(outcome))
    else:
        _show(outcome, names)
    if not outcome.tested:
        show.remark("newsmon: no labelled text was found (`newsmon label` makes labels)")
    raise typer.Exit(1 if outcome.faulty or not outcome.tested else 0)


@app.command()
def check(*, json: Json = False) -> None:
    """Check the topics: as `newsmon check`, and tell what in them may not be meant. Exit 1 on faults.

    Warned of are score clauses that can never hold, terms that change nothing beside a wildcard,
    and beginnings of three letters. A warning does not make the exit code 1.

    Example: newsmon topics check
    """
    from monitor.rules import advise
    from monitor.settings import check as find_faults

    result = find_faults(desk.folders(), os.environ)
    warnings = advise(result.settings.pack) if result.settings and not result.faults else ()
    if json:
        show.say_json(
            {"files": result.files, "faults": result.faults, "warnings": warnings, "remarks": result.warnings}
        )
        raise typer.Exit(1 if result.faults else 0)
    for remark in result.warnings:
        show.remark(f"newsmon: {remark}")
    for found in (*result.faults, *warnings):
        show.say(str(found))
    counted = ((len(result.faults), "fault"), (len(warnings), "warning"))
    told = ", ".join(f"{number or 'no'} {name}{'s'[: number != 1]}" for number, name in counted)
    show.say(f"{told[0].upper()}{told[1:]} in {result.files} files.")
    raise typer.Exit(1 if result.faults else 0)


def _of_file(file: Path, outcome: Outcome) -> Iterator[tuple[int, Text]]:
    """Yield the labelled documents of a file with the number of their line; note the faulty lines."""
    for given in documents.read(file, labelled=True):
        place = f"{file}:{given.line}"
        if isinstance(given, documents.FaultyLine):
            outcome.faulty.append((place, given.problem))
            show.remark(f"{place}: {given.problem}")
        else:
            text = Text(place=place, id=given.id, document=given.document, relevant=bool(given.label))
            yield given.line, text


def _of_labels(application: "App", outcome: Outcome) -> Iterator[tuple[int, Text]]:
    """Yield the labelled pages on which people agree, numbered; note the others."""
    pages = application.store.labelled(outcome.topic or ANY_TOPIC)
    for number, page in enumerate(pages, 1):
        if page.relevant is None:
            outcome.disputed.append(page)
            continue
        name = "a page fetched to be labelled" if page.article_id is None else f"article {page.article_id}"
        yield (
            number,
            Text(
                place=name,
                id=page.article_id or page.document.url,
                document=page.document,
                relevant=page.relevant,
            ),
        )


def _judge(application: "App", texts: Iterable[tuple[int, Text]], total: int, outcome: Outcome) -> None:
    from monitor.pipeline.trial import explaining, tried

    matcher = application.matcher
    with show.progress("Testing") as bar:
        for number, text in texts:
            one = tried(matcher, outcome.topic, text.document, relevant=text.relevant)
            outcome.trials.append(one)
            if one.flagged != one.relevant:
                verdicts = explaining(matcher, outcome.topic, text.document)
                outcome.mistakes.append(Mistake(text=text, verdicts=verdicts))
            bar(number, max(number, total))


def _score(application: "App", known: list[str], outcome: Outcome, *, labels: bool) -> None:
    """Add the table of scores; with labels, each topic is measured on the labels that speak of it."""
    from monitor.pipeline.trial import Row, rows, topic_score, tried

    if outcome.topic or not labels:
        outcome.rows = rows(outcome.trials, () if outcome.topic else known)
        return
    overall, *others = rows(outcome.trials)
    by_topic = []
    for topic in known:
        pages = [p for p in application.store.labelled(topic) if p.relevant is not None]
        trials = [tried(application.matcher, topic, p.document, relevant=bool(p.relevant)) for p in pages]
        # What no topic should flag speaks of each, and would fill the table.
        if any(label.topic_id == topic for page in pages for label in page.labels):
            by_topic.append(Row(kind="topic", name=topic, score=topic_score(trials, topic)))
    outcome.rows = [overall, *by_topic, *others]


def _plain(outcome: Outcome) -> dict[str, object]:
    mistakes: dict[bool, list[object]] = {True: [], False: []}
    for one in outcome.mistakes:
        text = one.text
        mistakes[text.relevant].append(
            {
                "place": text.place,
                "id": text.id,
                "lang": text.document.lang,
                "title": text.document.title,
                "url": text.document.url,
                "decided": [_decided(verdict) for verdict in one.verdicts],
                "verdicts": [show.plain(verdict) for verdict in one.verdicts],
            }
        )
    return {
        "topic": outcome.topic,
        "rows": [
            {
                "kind": row.kind,
                "name": row.name,
                "texts": row.score.texts,
                "relevant": row.score.relevant,
                "flagged": row.score.flagged,
                "hits": row.score.hits,
                "precision": row.score.precision,
                "recall": row.score.recall,
                "f1": row.score.f1,
            }
            for row in outcome.rows
        ],
        "false_positives": mistakes[False],
        "false_negatives": mistakes[True],
        "disputed": [
            {"url": page.document.url, "title": page.document.title, "labels": page.labels}
            for page in outcome.disputed
        ],
        "faulty": [{"place": place, "problem": problem} for place, problem in outcome.faulty],
    }


def _show(outcome: Outcome, names: dict[str, str]) -> None:
    if outcome.tested:
        for line in _table(outcome.rows, show.console().width):
            show.say(line)
    for relevant, heading in ((False, "Flagged, and labelled not relevant"), (True, "Missed")):
        mistakes = [one for one in outcome.mistakes if one.text.relevant == relevant]
        if mistakes:
            show.say(f"\n{heading}: {len(mistakes)}")
        for one in mistakes:
            _show_mistake(one, names)
    if outcome.disputed:
        show.say(f"\nLabels disagree, so the page counts for neither: {len(outcome.disputed)}")
    for page in outcome.disputed:
        show.say(f"\n{page.document.title}\n  {page.document.url}")
        for label in page.labels:
            show.say(f"  {said(label)}")


def said(label: "Label") -> str:
    """Return in words what somebody said of a page."""
    if label.topic_id == ANY_TOPIC:
        return f"{label.by}: {'relevant to some topic' if label.relevant else 'not relevant to any topic'}"
    return f"{label.by}: {'relevant' if label.relevant else 'not relevant'} to {label.topic_id}"


def _table(rows: "list[Row]", width: int) -> Iterator[str]:
    """Yield the lines of the table of scores; where it is narrow, a long name has a line of its own."""
    narrow = width < NARROW
    longest = max(len(row.name) for row in rows)
    name = min(longest, NAME) if narrow else longest
    share = len("0.98 0.95–0.99") if narrow else len("0.981 (0.953–0.992)")
    heads = [f"{head:<{share}}" for head in ("precision", "recall", "F1")]
    yield "  ".join([" " * name, "texts", "relevant", "flagged", *heads]).rstrip()
    for row in rows:
        score = row.score
        called = row.name
        if len(called) > name:
            yield called
            called = ""
        shares = [share_of(one, narrow=narrow) for one in (score.precision, score.recall, score.f1)]
        counts = [f"{score.texts:>5}", f"{score.relevant:>8}", f"{score.flagged:>7}"]
        yield "  ".join([f"{called:<{name}}", *counts, *(f"{one:<{share}}" for one in shares)]).rstrip()


def share_of(estimate: "Estimate | None", *, narrow: bool = False) -> str:
    """Return a share with its interval, shorter where the terminal is narrow."""
    if estimate is None:
        return "–"
    if narrow:
        return f"{estimate.value:.2f} {estimate.low:.2f}–{estimate.high:.2f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def _show_mistake(mistake: Mistake, names: dict[str, str]) -> None:
    text = mistake.text
    show.say(f"\n{text.place}  {text.id} ({text.document.lang or 'language unknown'})  {text.document.title}")
    if text.document.url:
        show.say(f"  {text.document.url}")
    for verdict in mistake.verdicts:
        show_verdicts([(names[verdict.topic_id], verdict)])
        show.say(f"  {_decided(verdict)}")


def _decided(verdict: "Match") -> str:
    """Return in a sentence what decided a verdict."""
    from monitor.policy.deciding import deciding

    clauses = deciding(verdict)
    if clauses and clauses[0].kind == "require":
        missing = " and ".join(_words(clause.when) for clause in clauses)
        return f"Decided: the topic requires {missing}, and this does not hold."
    told = "; ".join(f"{clause.points:+d} for {_words(clause.when)}" for clause in clauses)
    if verdict.flagged:
        if told:
            return f"Decided by {told}: without it the text would not be flagged."
        return "Decided by what the topic requires: no single clause made the difference."
    if told:
        return f"Decided by {told}: without it the text would be flagged."
    short = verdict.threshold - verdict.total
    return f"Decided by several clauses together: {short} point{'s'[: short != 1]} short."


def _words(query: str) -> str:
    from monitor.policy.mail import clean_line

    return clean_line(query, 120)
