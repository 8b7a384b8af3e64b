"""What does the archive know? `sources`, `articles`."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.feeds import Feed
    from monitor.domain.records import ArticleRow, SourceRow


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(sources)
    app.command()(articles)


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
    from monitor.domain.records import SourceRow

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
        if not rows:
            _say_why_none(app, topic, source)
    for row in rows:
        if json:
            show.say_json(dict(show.plain(row.article)) | {"topics": dict(row.topics)})  # type: ignore[call-overload]  # a dataclass makes a dict
        else:
            show.say(_line(row))


def _say_why_none(app: "App", topic: str | None, source: str | None) -> None:
    """Say that there is no such article; what was left behind by a topic or source of the past is found.

    Raises:
        typer.BadParameter: nothing is named so.
    """
    desk.require_known("topic", topic, [known.id for known in app.settings.pack.topics])
    desk.require_known("source", source, [known.id for known in app.settings.feeds])
    if app.store.status(app.clock.now()).articles:
        show.remark("No article found.")
    else:
        show.remark(
            f"Nothing is stored yet in {app.store.database.file or 'this database'}; newsmon run fills it."
        )


def _line(row: "ArticleRow") -> str:
    article = row.article
    day = f"{article.published:%Y-%m-%d %H:%M}" if article.published else "undated         "
    topics = "".join(f"  [{topic} {relevance}]" for topic, relevance in row.topics)
    return f"{article.id:>6}  {day}  {article.outlet}: {article.title}{topics}\n        {article.url}"
