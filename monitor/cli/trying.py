"""What would be stored and flagged, and why? `try feed`, `try page` and `match` store nothing."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from monitor.cli import desk, documents, show
from monitor.cli.inputs import Body, bodies

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.articles import Extracted, ExtractFailed
    from monitor.domain.feeds import ParsedFeed, ParseFailed
    from monitor.domain.topics import Match, Mention, Reading

app = typer.Typer(
    help="Show what a feed or page gives, and what would be flagged. Nothing is stored.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Inputs = Annotated[list[str], typer.Argument(metavar="FILE_OR_URL...", help="Files (also .gz), URLs, or -.")]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON for each input, in their order.")]

AHEAD = 16


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.command()(match)


@app.command()
def feed(inputs: Inputs, *, json: Json = False) -> None:
    """Show the entries of feeds, as they would be stored.

    Example: newsmon try feed https://astanatimes.com/feed/
    """
    from monitor.domain.articles import FeedJob
    from monitor.domain.feeds import ParseFailed

    failures = 0
    with desk.desk() as application:

        def parse(body: Body) -> "Future[ParsedFeed | ParseFailed]":
            job = FeedJob(
                body=body.data, url=body.url, content_type=body.content_type, max_entries=sys.maxsize
            )
            return application.workers.parse_feed(job)

        for body, parsed in _ahead(bodies(application, inputs, ""), parse):
            if parsed is None or isinstance(parsed, ParseFailed):
                failures += 1
                _show_failure(body, parsed, json=json)
            elif json:
                show.say_json(_feed_row(body, parsed))
            else:
                _show_feed(body, parsed)
    raise typer.Exit(1 if failures else 0)


@app.command()
def page(
    inputs: Inputs,
    url: Annotated[
        str, typer.Option("--url", help="The page's address, for files: dates and links need it.")
    ] = "",
    source: Annotated[
        str | None, typer.Option("--source", metavar="ID", help="Read it by this source's rules and headers.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Show an article page as it would be stored, and which topics would flag it, with evidence.

    Example: newsmon try page page.html --url https://example.org/2026/11/23/story
    """
    from monitor.domain.articles import ExtractFailed, PageJob
    from monitor.domain.feeds import PageRules

    failures = 0
    with desk.desk() as application:
        feeds = {one.id: one for one in (*application.settings.feeds, *application.settings.off)}
        desk.require_known("source", source, feeds)
        feed = feeds.get(source or "")
        rules = feed.reading if feed else PageRules()

        def extract(body: Body) -> "Future[Extracted | ExtractFailed]":
            job = PageJob(body=body.data, url=body.url, content_type=body.content_type, rules=rules)
            return application.workers.extract_page(job)

        for body, extracted in _ahead(bodies(application, inputs, url, feed), extract):
            if extracted is None or isinstance(extracted, ExtractFailed):
                failures += 1
                _show_failure(body, extracted, json=json)
                continue
            row = _page_row(application, body, extracted)
            if json:
                show.say_json(row)
            else:
                _show_page(row)
    raise typer.Exit(1 if failures else 0)


def match(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.jsonl", help="Documents, one JSON object a line; - for stdin.")
    ],
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also topics below their threshold, with flagged: false.")
    ] = False,
) -> None:
    """Match documents and print one JSON line for each: topics with evidence, actors, themes.

    A document has `title` and `text`, and may have `id`, `url`, `lang`, `published`.

    Example: newsmon match documents.jsonl
    """
    faults = seen = 0
    with desk.desk() as application:
        for given in documents.read(file):
            seen += 1
            if isinstance(given, documents.FaultyLine):
                faults += 1
                show.remark(f"{file}:{given.line}: {given.problem}")
                continue
            reading = application.matcher.read(given.document)
            show.say_json({"id": given.id} | _verdict(reading, everything=everything))
    if not seen:
        show.remark(f"{file}: no document in it")
    raise typer.Exit(1 if faults else 0)


Result = TypeVar("Result")


def _ahead(
    bodies: Iterator[Body], submit: "Callable[[Body], Future[Result]]"
) -> Iterator[tuple[Body, Result | None]]:
    """Yield each body with its result, in order, while the next ones are already worked on."""
    waiting: deque[tuple[Body, Future[Result] | None]] = deque()
    for body in bodies:
        waiting.append((body, None if body.code else submit(body)))
        if len(waiting) > AHEAD:
            first, future = waiting.popleft()
            yield first, future.result() if future else None
    for body, future in waiting:
        yield body, future.result() if future else None


def _show_failure(body: Body, failed: "ParseFailed | ExtractFailed | None", *, json: bool) -> None:
    code, problem = (failed.code, failed.message) if failed else (body.code, body.problem)
    if json:
        show.say_json({"input": body.input, "error": {"code": code, "message": problem}})
    else:
        show.remark(f"{body.input}: {code}: {problem}")


def _feed_row(body: Body, parsed: "ParsedFeed") -> dict[str, object]:
    return {
        "input": body.input,
        "kind": "feed",
        "title": parsed.title,
        "entries": [
            {
                "id": entry.guid or entry.key,
                "url": entry.url,
                "title": entry.title,
                "author": entry.author,
                "published": entry.published,
                "summary": entry.summary,
            }
            for entry in parsed.entries
        ],
    }


def _show_feed(body: Body, parsed: "ParsedFeed") -> None:
    show.say(
        f"{body.input}: {parsed.title or 'untitled'} ({parsed.version or 'feed'}, {parsed.total} entries)"
    )
    for entry in parsed.entries:
        day = f"{entry.published:%Y-%m-%d %H:%M}" if entry.published else "undated         "
        show.say(f"  {day}  {entry.title}\n                    {entry.url or 'no link'}")


def _page_row(application: "App", body: Body, page: "Extracted") -> dict[str, object]:
    from monitor.domain.topics import Document
    from monitor.policy.urls import canonical_url

    url = page.canonical_url or body.url or None
    canonical = canonical_url(url) if url else None
    document = Document(
        title=page.title,
        body=page.text,
        lang=page.lang,
        url=canonical,
        source=documents.domain_of(canonical) if canonical else None,
        author=page.author,
        published=page.published,
    )
    return {
        "input": body.input,
        "kind": "page",
        "url": canonical,
        "title": page.title,
        "text": page.text,
        "author": page.author,
        "published": page.published,
        "published_from": page.published_from,
        "lang": page.lang,
        "missed": list(page.missed),
    } | _verdict(application.matcher.read(document), everything=False)


def _verdict(reading: "Reading", *, everything: bool) -> dict[str, object]:
    """Return topics, actors and themes in the form that `match` prints."""
    return {
        "topics": [_topic(m) for m in reading.matches if m.flagged or everything],
        "actors": [_mention(m) | {"kind": m.kind, "iso": m.iso} for m in reading.actors],
        "themes": [{"id": m.id, "mentions": m.count} for m in reading.themes],
    }


def _mention(mention: "Mention") -> dict[str, object]:
    return {"id": mention.id, "name": mention.name, "mentions": mention.count}


def _topic(match: "Match") -> dict[str, object]:
    return {
        "id": match.topic_id,
        "relevance": match.relevance,
        "flagged": match.flagged,
        "clauses": [
            {"kind": c.kind, "when": c.when, "held": c.held, "points": c.points, "note": c.note}
            for c in match.clauses
        ],
        "evidence": [
            {"field": e.field, "start": e.start, "end": e.end, "text": e.text} for e in match.evidence
        ],
        "quotes": [quote.text for quote in match.quotes],
    }


def _show_page(row: dict[str, object]) -> None:
    for key in ("url", "title", "author", "published", "published_from", "lang"):
        show.say(f"{key:<15} {row[key] if row[key] is not None else 'unknown'}")
    if row["missed"]:
        show.say(f"{'missed':<15} the source's rule for {', '.join(row['missed'])} found nothing")  # type: ignore[arg-type]  # a list by construction
    text = str(row["text"])
    show.say(f"{'text':<15} {len(text.split())} words: {text[:200].strip()}…")
    for topic in row["topics"] or [None]:  # type: ignore[attr-defined]  # a list by construction
        if topic is None:
            show.say("Not flagged by any topic.")
            continue
        show.say(f"Flagged: {topic['id']} (relevance {topic['relevance']})")
        for quote in topic["quotes"]:
            show.say(f"    “{quote}”")
