"""What does the archive know? `sources`, `articles`, `explain`."""

from datetime import UTC, datetime, timedelta
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show
from monitor.domain.articles import EntryState

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.articles import Article
    from monitor.domain.feeds import Feed
    from monitor.domain.ports import ArticleRow, Journey, SourceRow
    from monitor.domain.topics import ClauseResult, Match


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(sources)
    app.command()(articles)
    app.command()(explain)


def sources(*, json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the configured sources: when polled, when due, what they listed, what ails them.

    Example: newsmon sources
    """
    from rich.table import Table

    with desk.desk() as app:
        now = app.clock.now()
        names = {feed.id: feed.outlet for feed in app.settings.feeds}
        known = {row.state.feed_id: row for row in app.store.feed_states()}
        rows = [known.get(feed.id) or _unpolled(feed, now) for feed in app.settings.feeds]
    if json:
        for row in rows:
            # The digests of the last body's items say nothing to a reader.
            plain = dict(show.plain(row.state))  # type: ignore[call-overload]  # a dataclass makes a dict
            del plain["item_hashes"]
            show.say_json(plain | {"entries": row.entries, "last_entry": row.last_entry, "polls": row.polls})
        return
    table = Table(
        "source", "outlet", "polled", "next", "entries", "newest", "state", box=None, pad_edge=False
    )
    for row in rows:
        state = row.state
        table.add_row(
            state.feed_id,
            names.get(state.feed_id, ""),
            show.ago(state.last_polled, now),
            f"in {show.ago(now, state.next_due)}" if state.next_due > now else "due",
            str(row.entries),
            show.ago(row.last_entry, now),
            _state(row, now),
        )
    show.console().print(table)


def _unpolled(feed: "Feed", now: datetime) -> "SourceRow":
    from monitor.domain.feeds import FeedState
    from monitor.domain.ports import SourceRow

    state = FeedState(feed_id=feed.id, url=feed.url, next_due=now)
    return SourceRow(state=state, entries=0, last_entry=None, polls=0, failures=0)


def _state(row: "SourceRow", now: datetime) -> str:
    state = row.state
    if state.gone_since:
        return f"gone (410) for {show.ago(state.gone_since, now)}"
    if state.failing_since:
        return f"failing for {show.ago(state.failing_since, now)}: {state.last_error or ''}"
    return "ok" if state.last_success else "not polled yet"


def since(text: str | None) -> datetime | None:
    """Return the instant that `90d`, `12h` or an ISO date names; None for None.

    Raises:
        typer.BadParameter: it is none of these.
    """
    if text is None:
        return None
    units = {"d": 86_400, "h": 3_600, "m": 60}
    try:
        if text[-1:] in units:
            return datetime.now(UTC) - timedelta(seconds=float(text[:-1]) * units[text[-1]])
        named = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is neither like 90d or 12h nor a date like 2026-11-23") from None
    return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)


def articles(  # noqa: PLR0913 - one parameter an option
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="All of these; quote a phrase.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Only those that this topic flagged.")] = None,
    source: Annotated[str | None, typer.Option(help="Only from this source.")] = None,
    since_: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="90d, 12h, or a date.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    *,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only those that a topic flagged.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the text.")] = False,
) -> None:
    """List or search stored articles, newest first.

    Example: newsmon articles "gas union" --flagged --since 30d
    """
    from monitor.rules import search_phrases

    with desk.desk() as app:
        rows = app.store.articles(
            search=[phrase for word in words or () for phrase in search_phrases(word)],
            topic=topic,
            flagged=flagged,
            since=since(since_),
            feed_id=source,
            limit=limit,
        )
    for row in rows:
        if json:
            show.say_json(dict(show.plain(row.article)) | {"topics": dict(row.topics)})  # type: ignore[call-overload]  # a dataclass makes a dict
        else:
            show.say(_line(row))
    if not rows:
        show.remark("No article found.")


def _line(row: "ArticleRow") -> str:
    article = row.article
    day = f"{article.published:%Y-%m-%d %H:%M}" if article.published else "undated         "
    topics = "".join(f"  [{topic} {relevance}]" for topic, relevance in row.topics)
    return f"{article.id:>6}  {day}  {article.outlet}: {article.title}{topics}\n        {article.url}"


def explain(
    what: Annotated[str, typer.Argument(metavar="URL|ID", help="A URL as listed or canonical, or an id.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Tell why an article was or was not flagged, and what became of it on its way.

    Example: newsmon explain https://astanatimes.com/2026/11/example
    """
    with desk.desk() as app:
        journey = app.store.journey(what)
        if journey is None:
            show.remark(
                f"newsmon: {what} was never listed by a source we poll. "
                "`newsmon try page URL` shows what the rules would say of it."
            )
            raise typer.Exit(1)
        verdicts = _verdicts(app, journey.article) if journey.article else []
    if json:
        show.say_json(dict(show.plain(journey)) | {"verdicts": [show.plain(v) for _, v in verdicts]})  # type: ignore[call-overload]  # a dataclass makes a dict
        return
    for name, verdict in verdicts:
        _show_verdict(name, verdict)
    _show_journey(journey)


def _verdicts(app: "App", article: "Article") -> "list[tuple[str, Match]]":
    """Return every topic's name and verdict by today's rules, flagged and nearest first."""
    names = {topic.id: topic.name for topic in app.matcher.topics}
    found = app.matcher.explain(article.document)
    return [(names[v.topic_id], v) for v in sorted(found, key=lambda v: (not v.flagged, -v.total))]


def _show_verdict(name: str, verdict: "Match") -> None:
    missing = [_one_line(c.when) for c in verdict.clauses if c.kind == "require" and not c.held]
    if missing:
        show.say(
            f"Not flagged: {name:<40} nothing for {shorten(' and '.join(missing), 60, placeholder=' …')}"
        )
        return
    word = "Flagged" if verdict.flagged else "Not flagged"
    show.say(f"{word}: {name:<44} relevance {verdict.relevance} of {verdict.threshold} needed")
    told = [clause for clause in verdict.clauses if clause.held or show.MANNERS.verbose]
    for clause in told:
        held = "true " if clause.held else "false"
        asked = shorten(_one_line(clause.when), 50, placeholder=" …")
        show.say(f"  {_points(clause):<9} {asked:<50} {held}  {_found(clause)}")
    if quiet := len(verdict.clauses) - len(told):
        show.say(f"  {quiet} more clauses did not hold; -v shows them")
    if verdict.total != verdict.relevance:
        show.say(f"  sum {verdict.total}, kept within 0 and 100")


def _points(clause: "ClauseResult") -> str:
    return f"{clause.points:+d}" if clause.kind == "score" else clause.kind


def _one_line(query: str) -> str:
    return " ".join(query.split())


def _found(clause: "ClauseResult") -> str:
    if clause.note:
        return clause.note
    texts: dict[str, int] = {}
    for evidence in clause.evidence:
        texts[evidence.text] = texts.get(evidence.text, 0) + 1
    return ", ".join(f"“{text}”" + (f" ({n}×)" if n > 1 else "") for text, n in list(texts.items())[:5])


def _show_journey(journey: "Journey") -> None:
    steps = [f"listed {_clock(journey.listed_at)} by {journey.feed_id}"]
    if journey.read_at:
        steps.append(f"fetched {_clock(journey.read_at)} ({journey.fetch_note})")
    if journey.article:
        steps.append(
            f"extracted ({journey.article.words} words, {journey.article.lang or 'language unknown'})"
        )
    if journey.matched_at:
        steps.append(f"matched {_clock(journey.matched_at)}")
    steps.append(f"{journey.state.value}: {journey.reason}" if journey.reason else journey.state.value)
    show.say("Journey: " + " · ".join(steps))
    if journey.versions > 1:
        show.say(f"  {journey.versions} versions of the text are kept")
    if journey.page_due and journey.state is not EntryState.MATCHED:
        show.say(f"  the page is tried again {_clock(journey.page_due)}")
    for recipient, channel, occasion, state in journey.deliveries:
        show.say(f"  told {recipient} by {channel} ({occasion}): {state.value}")


def _clock(instant: datetime) -> str:
    return instant.astimezone().strftime("%d %b %H:%M %z")
