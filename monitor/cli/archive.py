"""What does the archive hold? `articles`."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.records import ArticleRow


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(articles)


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
        return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is neither like 90d or 12h nor a date like 2026-11-23") from None


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

    phrases = [phrase for word in words or () for phrase in search_phrases(word)]
    if words and not phrases:
        raise typer.BadParameter(f"there is no word to look for in {' '.join(words)!r}")
    with desk.reading() as app:
        rows = app.store.articles(
            search=phrases,
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
