"""What would be stored of the real pages among the corpora? Their text, by the service's own workers."""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.domain.articles import Extracted, ExtractResult, PageJob
from monitor.domain.topics import Document
from monitor.extract import ParserProcesses

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
UNKNOWN_URL = "https://news.example.org/article"
"""Stands for the address where a corpus does not tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of the corpora. `id` is corpus/file; `given` is the article's text as its corpus states it."""

    id: str
    file: Path
    url: str
    given: str | None = None


def indexed(corpora: Path, corpus: str) -> list[Page]:
    """Return the pages of a corpus that has an index, one JSON object a line."""
    folder = corpora / "articles" / corpus
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text("utf-8").splitlines() if line]
    return [
        Page(
            id=f"{corpus}/{row['file']}",
            file=folder / row["file"],
            url=row.get("url") or UNKNOWN_URL,
            given=row.get("body"),
        )
        for row in rows
    ]


def every_page(corpora: Path) -> list[Page]:
    """Return all pages of all corpora of articles."""
    articles = corpora / "articles"
    pages = [
        page
        for index in sorted(articles.glob("*/index.jsonl"))
        for page in indexed(corpora, index.parent.name)
    ]
    known = {page.file for page in pages}
    for file in sorted(articles.glob("**/*.html.gz")):
        if file not in known and file.name != "expected.html.gz":
            text = file.with_name(file.name.removesuffix(".html.gz") + ".txt")
            pages.append(
                Page(
                    id=str(file.relative_to(articles)),
                    file=file,
                    url=UNKNOWN_URL,
                    given=text.read_text("utf-8") if text.is_file() else None,
                )
            )
    return pages


def read_all(pages: Iterable[Page]) -> dict[str, ExtractResult]:
    """Return what the worker processes make of each page, by its id."""
    workers = ParserProcesses()
    try:
        under_way = {
            page.id: workers.extract_page(
                PageJob(
                    body=gzip.decompress(page.file.read_bytes()),
                    url=page.url,
                    content_type="text/html",
                    now=NOW,
                )
            )
            for page in pages
        }
        return {page_id: future.result() for page_id, future in under_way.items()}
    finally:
        workers.close()


def as_document(page: Page, stored: ExtractResult, text: str | None = None) -> Document:
    """Return a page as the rules see it: by its text as stored, or by the text given instead."""
    if not isinstance(stored, Extracted):
        return Document(title="", body=text or "", url=page.url)
    return Document(
        title=stored.title,
        body=stored.text if text is None else text,
        lang=stored.lang,
        url=page.url,
        author=stored.author,
        published=stored.published,
    )
