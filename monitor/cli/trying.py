"""What would be stored and flagged, and why? `try feed`, `try page` and `match` store nothing."""

import gzip
import json
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from monitor.cli import desk, show

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.articles import Extracted, ExtractFailed
    from monitor.domain.feeds import FetchResult, ParsedFeed, ParseFailed
    from monitor.domain.topics import Document, Match, Mention, Reading

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The bytes of one input, or why there are none."""

    input: str
    url: str
    data: bytes = b""
    content_type: str = ""
    code: str = ""
    problem: str = ""


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

        for body, parsed in _ahead(_bodies(application, inputs, ""), parse):
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
    *,
    json: Json = False,
) -> None:
    """Show an article page as it would be stored, and which topics would flag it, with evidence.

    Example: newsmon try page page.html --url https://example.org/2026/11/23/story
    """
    from monitor.domain.articles import ExtractFailed, PageJob

    failures = 0
    with desk.desk() as application:

        def extract(body: Body) -> "Future[Extracted | ExtractFailed]":
            job = PageJob(body=body.data, url=body.url, content_type=body.content_type)
            return application.workers.extract_page(job)

        for body, extracted in _ahead(_bodies(application, inputs, url), extract):
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
    from monitor.extract.languages import detect_language

    faults = seen = 0
    with desk.desk() as application:
        lines = sys.stdin.buffer if str(file) == "-" else _open(file)
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            seen += 1
            try:
                given = _document(line)
            except ValueError as error:
                faults += 1
                show.remark(f"{file}:{number}: {error}")
                continue
            document = _as_document(
                given, given.get("lang") or detect_language(f"{given['title']}\n{given['text']}")
            )
            row = {"id": given.get("id", number)} | _verdict(
                application.matcher.read(document), everything=everything
            )
            show.say_json(row)
    if not seen:
        show.remark(f"{file}: no document in it")
    raise typer.Exit(1 if faults else 0)


def _open(file: Path) -> Iterator[bytes]:
    if file.is_dir() or not file.exists():
        raise typer.BadParameter(f"{file}: {'is a folder' if file.is_dir() else 'no such file'}")
    with file.open("rb") as lines:
        yield from lines


def _document(line: bytes) -> dict[str, str]:
    """Return a line as a document.

    Raises:
        ValueError: it is not UTF-8, or not a JSON object with texts for `title` and `text`.
    """
    try:
        given = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for one kind of fault
    document = {"title": given.get("title") or "", "text": given.get("text") or ""} | {
        key: given[key] for key in ("id", "url", "lang", "published") if given.get(key) is not None
    }
    for key in ("title", "text"):
        if not isinstance(document[key], str):
            raise ValueError(f"{key} is not a text")  # noqa: TRY004 - as above
    return document


def _as_document(given: dict[str, str], lang: str | None) -> "Document":
    from urllib.parse import urlsplit

    from monitor.domain.topics import Document
    from monitor.extract.dates import url_date

    url = given.get("url")
    named = url_date(url, datetime.now(UTC)) if url else None
    return Document(
        title=given["title"],
        body=given["text"],
        lang=lang,
        url=url,
        source=(urlsplit(url).hostname or "").removeprefix("www.") or None if url else None,
        published=_instant(given.get("published")) or named,
    )


def _instant(text: str | None) -> datetime | None:
    """Return an ISO 8601 text as an instant in UTC; None where it is none."""
    try:
        named = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if named is None:
        return None
    return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)


def _bodies(application: "App", inputs: list[str], url: str) -> Iterator[Body]:
    """Yield the bytes of each input in order; all URLs are fetched side by side first."""
    from monitor.domain.feeds import FetchRequest

    addresses = dict.fromkeys(i for i in inputs if i.startswith(("http://", "https://")))
    requests = [FetchRequest(key=address, url=address, max_bytes=30_000_000) for address in addresses]
    fetched = (
        {result.request.key: result for result in application.http.fetch_many(requests)} if requests else {}
    )
    for given in inputs:
        yield _from_network(given, fetched[given]) if given in fetched else _from_file(given, url)


def _from_network(given: str, result: "FetchResult") -> Body:
    from monitor.domain.feeds import Fetched, FetchFailed
    from monitor.policy.pace import describe

    if isinstance(result, Fetched):
        kind = result.headers.get("content-type", "")
        return Body(input=given, url=result.url, data=result.body, content_type=kind)
    if isinstance(result, FetchFailed):
        code = result.fault.value
        problem = describe(result).removeprefix(code).lstrip(": ")
        return Body(input=given, url=given, code=code, problem=problem or "no answer")
    return Body(input=given, url=given, code="protocol", problem="304 without having asked for it")


def _from_file(given: str, url: str) -> Body:
    try:
        data = sys.stdin.buffer.read() if given == "-" else Path(given).read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if "://" in given:
            reason = "an address begins with http:// or https://"
        return Body(input=given, url=url, code="unreadable", problem=reason)
    return Body(input=given, url=url, data=data)


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
    from monitor.policy.urls import canonical_url

    url = page.canonical_url or body.url or None
    canonical = canonical_url(url) if url else None
    given = {"title": page.title, "text": page.text} | ({"url": canonical} if canonical else {})
    document = replace(_as_document(given, page.lang), author=page.author, published=page.published)
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
    text = str(row["text"])
    show.say(f"{'text':<15} {len(text.split())} words: {text[:200].strip()}…")
    for topic in row["topics"] or [None]:  # type: ignore[attr-defined]  # a list by construction
        if topic is None:
            show.say("Not flagged by any topic.")
            continue
        show.say(f"Flagged: {topic['id']} (relevance {topic['relevance']})")
        for quote in topic["quotes"]:
            show.say(f"    “{quote}”")
