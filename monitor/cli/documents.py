"""What documents does a file of JSON lines hold, and which of its lines are faulty?"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from monitor.domain.topics import Document

STDIN = Path("-")
_TEXTS = ("title", "text", "lang", "url", "published")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A document of a file: its line, its id (the line's number where it has none), what its label says.

    `label` is None where labels were not asked for.
    """

    line: int
    id: object
    document: "Document"
    label: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyLine:
    """A line that is no document, and why not."""

    line: int
    problem: str


def count(file: Path) -> int:
    """Return how many lines the file has; 0 for stdin, which can be read only once.

    Raises:
        typer.BadParameter: there is no such file, or it cannot be read.
    """
    return 0 if file == STDIN else sum(1 for _ in _lines(file))


def read(file: Path, *, labelled: bool = False) -> Iterator[Given | FaultyLine]:
    """Yield the documents of a file (`-` for stdin), and a fault for each line that is none.

    A line is a JSON object with texts for `title` and `text`; it may have `id`, `url`, `lang` and
    `published`. Where documents must be `labelled`, one without a label is faulty; a label is 1, 0,
    true or false. A language that is not given is detected.

    Raises:
        typer.BadParameter: there is no such file, or it cannot be read.
    """
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            yield _given(number, line, labelled=labelled)
        except ValueError as error:
            yield FaultyLine(line=number, problem=str(error))


def _lines(file: Path) -> Iterator[bytes]:
    if file == STDIN:
        yield from sys.stdin.buffer
        return
    if file.is_dir() or not file.exists():
        raise typer.BadParameter(f"{file}: {'is a folder' if file.is_dir() else 'no such file'}")
    try:
        with file.open("rb") as lines:
            yield from lines
    except OSError as error:
        raise typer.BadParameter(f"{file}: cannot be read: {error.strerror}") from None


def _given(number: int, line: bytes, *, labelled: bool) -> Given:
    """Return a line's document.

    Raises:
        ValueError: it is none; the message says why.
    """
    from monitor.extract.languages import detect_language

    raw = _object(line)
    texts = {}
    for key in _TEXTS:
        text = raw.get(key) or ""
        if not isinstance(text, str):
            raise ValueError(f"{key} is not a text")  # noqa: TRY004 - one kind of error for one kind of fault
        texts[key] = text
    label = _label(raw) if labelled else None
    lang = texts["lang"] or detect_language(f"{texts['title']}\n{texts['text']}")
    return Given(
        line=number,
        id=number if raw.get("id") is None else raw["id"],
        document=_document(texts, lang),
        label=label,
    )


def _object(line: bytes) -> dict[str, object]:
    try:
        raw = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not JSON that can be read: nested too deeply") from None
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - as above
    return raw


def _label(raw: dict[str, object]) -> bool:
    label = raw.get("label")
    if label is None:
        raise ValueError("no label (1, 0, true or false)")
    if not isinstance(label, int) or label not in (0, 1):
        raise ValueError(f"label is {json.dumps(label, ensure_ascii=False)}, not 1, 0, true or false")
    return bool(label)


def _document(texts: dict[str, str], lang: str | None) -> "Document":
    from monitor.domain.topics import Document
    from monitor.extract.dates import url_date

    url = texts["url"] or None
    return Document(
        title=texts["title"],
        body=texts["text"],
        lang=lang,
        url=url,
        source=domain_of(url) if url else None,
        published=_instant(texts["published"]) or (url_date(url, datetime.now(UTC)) if url else None),
    )


def domain_of(url: str) -> str | None:
    """Return the host that a URL names, without www; None where it names none.

    Raises:
        ValueError: it is no URL.
    """
    from urllib.parse import urlsplit

    try:
        host = urlsplit(url).hostname
    except ValueError:
        raise ValueError("url is no address") from None
    return (host or "").removeprefix("www.") or None


def _instant(text: str) -> datetime | None:
    """Return an ISO 8601 text as an instant in UTC; None where it is none."""
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        return None
    return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)
