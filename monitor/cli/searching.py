"""What does the archive hold on a query? `search`: the topic language, on all that was read."""

from contextlib import closing
from enum import StrEnum
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show
from monitor.cli.archive import since as since_when

if TYPE_CHECKING:
    from collections.abc import Generator

    from monitor.app import App
    from monitor.domain.articles import Article
    from monitor.domain.topics import Match
    from monitor.pipeline.search import Scope

SNIPPETS = 2


class Order(StrEnum):
    """In which order the articles found are shown."""

    NEWEST = "newest"
    RELEVANCE = "relevance"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(search)


def search(  # noqa: PLR0913 - one parameter an option
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A query of the topic language.")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Read since: 90d, 12h, or a date.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only from this source.")] = None,
    lang: Annotated[str | None, typer.Option(help="Only in this language: en, ru, uz, …")] = None,
    order: Annotated[Order, typer.Option(help="The newest first, or the most relevant.")] = Order.NEWEST,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the evidence.")] = False,
) -> None:
    """Search the archive by the topic language; show each article with the sentences that matched.

    Example: newsmon search '@kazakhstan SENTENCE "gas union"' --since 90d
    """
    from monitor.pipeline.search import Scope

    with desk.reading() as app:
        desk.require_known("source", source, {feed.id for feed in app.settings.feeds})
        scope = Scope(since=since_when(since), feed_id=source, lang=lang)
        # Closed when enough is found, and its bar with it.
        with closing(_found(app, query, scope)) as found:
            if order is Order.RELEVANCE:
                rows = nlargest(limit, found, key=lambda row: (row[1].total, row[0].id))
            else:
                rows = list(islice(found, limit))
    for article, match in rows:
        if json:
            show.say_json(_row(article, match))
        else:
            _show(article, match)
    if not rows:
        show.remark("No article found.")


def _found(app: "App", query: str, scope: "Scope") -> "Generator[tuple[Article, Match]]":
    from monitor.pipeline.search import search as find
    from monitor.rules import QUERY, compile_query

    matcher = compile_query(app.settings.pack, query)
    with show.progress("Searching") as bar:
        yield from find(app.store, matcher, QUERY, scope, bar)


def _row(article: "Article", match: "Match") -> dict[str, object]:
    return dict(show.plain(article)) | {  # type: ignore[call-overload, no-any-return]  # a dataclass makes a dict
        "relevance": match.relevance,
        "evidence": show.plain(match.evidence),
        "quotes": [quote.text for quote in match.quotes],
    }


def _show(article: "Article", match: "Match") -> None:
    from monitor.reports.evidence import excerpt

    day = f"{article.published:%Y-%m-%d %H:%M}" if article.published else "undated         "
    show.say(f"{article.id:>6}  {day}  {article.outlet}: {article.title}\n        {article.url}")
    for quote in match.quotes[:SNIPPETS]:
        show.say(f"        {excerpt(quote, {}).text}")
