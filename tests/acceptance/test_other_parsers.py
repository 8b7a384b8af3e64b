"""Do other parsers, in other languages, read the same titles, links and dates in a feed?

gofeed and feed-rs each keep beside a feed what they read in it. Counted is every title and link of
a feed or entry and every date of an entry that they give:

* gofeed (`.xml`, same name `.json`; of JSON feeds `_expected.json`): title and link of the feed; of an
  item (entry) title, link, published (pubDate), updated. Where it lists links with a relation, the
  link is the first alternate one.
* feed-rs (`.xml`, same name `.serde.json`): title of the feed and its first alternate link; of an entry
  title, first alternate link, published, updated.

Not counted: what they do not give (they leave out what is empty), the feed's own dates, and all that
is neither title nor link nor date. Files without an expectation, or with one for a kind of document
not yet read, are passed over: kinds are told by the suffix in `SUFFIXES`.

How a value is compared: titles by their words, with tags taken out and entities decoded where the
expected one holds any; links absolute, as seen from the same address, host in lower case and an empty
path as "/" (RFC 3986, 6.2); dates as instants. A date of change is compared where it differs from that
of publication: feed-rs copies the one to the other.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import ParsedFeed
from monitor.extract.feeds import parse_feed

GATE = 0.97
SUFFIXES = {".xml": "application/xml", ".json": "application/feed+json"}
"""Files of the kinds that are read, and what they are served as."""

ADDRESS = "http://feeds.example/"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_LINKS = ("link", "url", "home_page_url")
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One value that the other parser gives, and ours, in one form."""

    name: str
    field: str
    ours: Any
    theirs: Any


@pytest.mark.parametrize("parser", ["gofeed", "feed-rs"])
def test_titles_links_and_dates_are_those_of_another_parser(corpora: Path, parser: str) -> None:
    """At least 97 of 100 values are equal."""
    told = list(_told(corpora / "feeds" / parser))
    missed = [one for one in told if one.ours != one.theirs]
    held = 1 - len(missed) / len(told)
    lines = [
        f"{parser}: {len(told)} values in {len({one.name for one in told})} files, {held:.2%} equal",
        *(f"  {one.name}: {one.field}\n    ours {one.ours!r}, theirs {one.theirs!r}" for one in missed),
    ]
    print("\n".join(lines))  # noqa: T201 - the figure is what the test is for
    assert held >= GATE, "\n".join(lines)


def _told(folder: Path) -> Iterator[Told]:
    """Yield what there is to compare in every file that has an expectation."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
        beside = [path.with_name(path.stem + ending) for ending in (".serde.json", "_expected.json", ".json")]
        wanted = next((other for other in beside if other.is_file() and other != path), None)
        if wanted is None:
            continue
        name = path.relative_to(folder).as_posix()
        theirs = json.loads(wanted.read_text("utf-8"))
        job = FeedJob(body=path.read_bytes(), url=ADDRESS + name, content_type=SUFFIXES[path.suffix], now=NOW)
        ours = parse_feed(job)
        yield from _of_feed(name, ours if isinstance(ours, ParsedFeed) else None, theirs)


def _of_feed(name: str, ours: ParsedFeed | None, theirs: Mapping[str, Any]) -> Iterator[Told]:
    base = ADDRESS + name
    title, link = _title(theirs.get("title")), _link(theirs, base)
    if title:
        yield Told(name=name, field="feed title", ours=_like(ours and ours.title, title), theirs=title)
    if link:
        yield Told(name=name, field="feed link", ours=_normal(ours and ours.home), theirs=link)
    entries = ours.entries if ours else ()
    for position, item in enumerate(theirs.get("items") or theirs.get("entries") or ()):
        entry = entries[position] if position < len(entries) else None
        title, link = _title(item.get("title")), _link(item, base)
        if title:
            given = entry and entry.title
            yield Told(name=name, field=f"{position} title", ours=_like(given, title), theirs=title)
        if link:
            yield Told(name=name, field=f"{position} link", ours=_normal(entry and entry.url), theirs=link)
        published = _instant(item, "publishedParsed", "pubDateParsed", "published", "date_published")
        if published:
            ours_then = entry and entry.published
            yield Told(name=name, field=f"{position} published", ours=ours_then, theirs=published)
        updated = _instant(item, "updatedParsed", "updated", "date_modified")
        if updated and updated != published:
            yield Told(name=name, field=f"{position} updated", ours=entry and entry.updated, theirs=updated)


def _title(title: Any) -> str:
    """Return a title as they write it; feed-rs puts it beside its type."""
    text: str = title["content"] if isinstance(title, Mapping) else title or ""
    return text


def _like(ours: str | None, theirs: str) -> str | None:
    """Return their title where ours has its words, with or without markup; else ours."""
    bare = html.unescape(_MARKUP.sub(" ", theirs))
    return theirs if ours is not None and _words(ours) in (_words(theirs), _words(bare)) else ours


def _words(text: str) -> str:
    """Return the text without blanks, in NFC."""
    return "".join(unicodedata.normalize("NFC", text).split())


def _link(holder: Mapping[str, Any], base: str) -> str | None:
    """Return the link given, or the first alternate one of several, absolute."""
    links: Sequence[Any] = holder.get("links") or ()
    listed = [link for link in links if isinstance(link, Mapping) and link.get("href")]
    alternate = [link["href"] for link in listed if link.get("rel") in (None, "", "alternate")]
    link = next(filter(None, (holder.get(name) for name in _LINKS)), None) or next(iter(alternate), None)
    return _normal(urljoin(base, link.strip())) if link else None


def _normal(link: str | None) -> str | None:
    """Return the link with its host in lower case and a path."""
    if not link:
        return None
    parts = urlsplit(link)
    return urlunsplit(parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/"))


def _instant(item: Mapping[str, Any], *names: str) -> datetime | None:
    """Return the first of the dates that is one, UTC."""
    for name in names:
        if item.get(name):
            return datetime.fromisoformat(item[name]).astimezone(UTC)
    return None
