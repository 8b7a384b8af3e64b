"""Why was an article flagged or not, and what became of it on its way? `explain`."""

from datetime import datetime
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.app import App
    from monitor.domain.articles import Article
    from monitor.domain.records import Journey
    from monitor.domain.topics import ClauseResult, Match

SHOWN_WORDS = 5


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(explain)


def explain(
    what: Annotated[str, typer.Argument(metavar="URL|ID", help="A URL as listed or canonical, or an id.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Tell why an article was or was not flagged, and what became of it on its way.

    Example: newsmon explain https://astanatimes.com/2026/11/example
    """
    with desk.reading() as app:
        journey = app.store.journey(what)
        if journey is None:
            show.complain(f"newsmon: {_unknown(what)}")
            raise typer.Exit(1)
        verdicts = _verdicts(app, journey.article) if journey.article else []
    if json:
        show.say_json(dict(show.plain(journey)) | {"verdicts": [show.plain(v) for _, v in verdicts]})  # type: ignore[call-overload]  # a dataclass makes a dict
        return
    show.say(f"{journey.title or 'Untitled'}\n  {journey.url}")
    show_verdicts(verdicts)
    show.say("Journey")
    for step in _steps(journey):
        show.say(f"  {step}")


def _unknown(what: str) -> str:
    if what.isdecimal():
        return f"no article has the id {what}; newsmon articles shows the ids"
    if "://" not in what:
        return f"{what} is neither an address (https://…) nor an id; newsmon articles shows both"
    return (
        f"{what} was never listed by a source we poll. "
        f"`newsmon try page URL` shows what the rules would say of it."
    )


def _verdicts(app: "App", article: "Article") -> "list[tuple[str, Match]]":
    """Return every topic's name and verdict by today's rules, flagged and nearest first."""
    names = {topic.id: topic.name for topic in app.matcher.topics}
    found = app.matcher.explain(article.document)
    return [(names[v.topic_id], v) for v in sorted(found, key=lambda v: (not v.flagged, -v.total))]


def show_verdicts(verdicts: "Sequence[tuple[str, Match]]") -> None:
    """Print topics' verdicts, each after its name: first those whose requirement holds, clause by clause."""
    for name, verdict in verdicts:
        if not _missing(verdict):
            _show_verdict(name, verdict)
    if lacking := [(name, verdict) for name, verdict in verdicts if _missing(verdict)]:
        _show_lacking(lacking)


def _missing(verdict: "Match") -> list[str]:
    """Return the parts of what a topic requires that do not hold."""
    return [clause.when for clause in verdict.clauses if clause.kind == "require" and not clause.held]


def _show_lacking(lacking: "list[tuple[str, Match]]") -> None:
    from monitor.rules import missing

    show.say("Not flagged, for want of what the topic requires")
    column = max(len(name) for name, _ in lacking)
    room = max(show.console().width - column - 4, 24)
    for name, verdict in lacking:
        words = missing(_missing(verdict))
        show.say(
            f"  {name:<{column}}  {words if show.MANNERS.verbose else shorten(words, room, placeholder=' …')}"
        )


def _show_verdict(name: str, verdict: "Match") -> None:
    from monitor.rules import straight

    word = "Flagged" if verdict.flagged else "Not flagged"
    show.say(f"{word}: {name}, relevance {verdict.relevance} ({verdict.threshold} needed)")
    told = [clause for clause in verdict.clauses if clause.held or show.MANNERS.verbose]
    room = min(max(show.console().width - 56, 24), 50)
    for clause in told:
        asked = clause.when if clause.kind == "salience" else straight(clause.when)
        asked = shorten(asked, room, placeholder=" …")
        show.say(
            f"  {_points(clause):<8} {asked:<{room}} {'true ' if clause.held else 'false'} {_found(clause)}"
        )
    if quiet := len(verdict.clauses) - len(told):
        show.say(f"  {quiet} more clauses did not hold; -v shows them")
    if verdict.total != verdict.relevance:
        show.say(f"  sum {verdict.total}, kept within 0 and 100")


def _points(clause: "ClauseResult") -> str:
    return f"{clause.points:+d}" if clause.kind == "score" else clause.kind


def _found(clause: "ClauseResult") -> str:
    if clause.note:
        return clause.note
    texts: dict[str, int] = {}
    for evidence in clause.evidence:
        texts[evidence.text] = texts.get(evidence.text, 0) + 1
    shown = [f"“{text}”" + (f" ({n}×)" if n > 1 else "") for text, n in texts.items()]
    return ", ".join(shown[:SHOWN_WORDS])


def _steps(journey: "Journey") -> "Iterator[str]":
    """Yield what became of an entry, a line each, in the order of time."""
    yield f"listed {_clock(journey.listed_at)} by {journey.feed_id}"
    if journey.read_at:
        yield f"fetched {_clock(journey.read_at)} ({journey.fetch_note})"
    if journey.article:
        read = f"extracted ({journey.article.words} words, {journey.article.lang or 'language unknown'})"
        yield f"{read} {journey.article.incomplete}".rstrip()
    if journey.versions > 1:
        yield f"{journey.versions} versions of the text are kept"
    if journey.matched_at:
        yield f"matched {_clock(journey.matched_at)}"
    yield f"{journey.state.value}: {journey.reason}" if journey.reason else journey.state.value
    if journey.page_due and journey.read_at:
        yield f"the page is tried again {_clock(journey.page_due)}"
    for recipient, channel, occasion, state in journey.deliveries:
        yield f"told {recipient} by {channel} ({occasion}): {state.value}"


def _clock(instant: datetime) -> str:
    return instant.astimezone().strftime("%d %b %H:%M %z")
