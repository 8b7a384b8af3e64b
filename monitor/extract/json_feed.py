"""What does a JSON Feed list? Bytes in, entries or a reason out; runs in a worker.

Versions 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), and what real ones make of them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed, ParseFailed, ParseResult
from monitor.extract.clean import AUTHOR_CAP, TITLE_CAP, URL_CAP, clean_line
from monitor.extract.dates import RAW_CAP, possible, read_date
from monitor.extract.markup import paragraphs
from monitor.extract.unseen import digest_of, unseen
from monitor.extract.values import language_tag, web_address
from monitor.policy.identity import Claim, Sharing, distinct_keys, identify, sharing

_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_Object = Mapping[str, Any]
_Row = tuple[_Object, Claim, Sharing]


def is_json(body: bytes) -> bool:
    """Return whether a body is JSON rather than XML, by how it begins."""
    for mark in _BOMS:
        body = body.removeprefix(mark)
    return body[:64].replace(b"\0", b"").lstrip()[:1] in (b"{", b"[")


def parse_json_feed(job: FeedJob) -> ParseResult:
    """Return what the document lists, leaving out the items that `job.known` holds.

    Items are in document order, at most `job.max_entries`, every text cleaned and capped, dates out
    of range unknown. Attachments are left out.
    """
    try:
        document = json.loads(_text(job.body))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return ParseFailed(code="malformed", message=f"{place}: {error.msg[:1].lower()}{error.msg[1:]}")
    except RecursionError:
        return ParseFailed(code="malformed", message="the document is nested too deeply")
    except ValueError as error:
        return ParseFailed(code="malformed", message=f"a number is too long: {error}"[:200])
    listed = document.get("items") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, list):
        return ParseFailed(code="not-a-feed", message="the body is JSON, but no JSON Feed: it has no items")
    items = [item for item in listed if isinstance(item, dict)]
    claims = [_claim(item, job.url) for item in items]
    rows = list(zip(items, claims, sharing(claims), strict=True))
    fresh = unseen(rows, (_digest(item) for item in items), job.known, job.max_entries)
    odd = len(listed) - len(items)
    return ParsedFeed(
        title=clean_line(_string(document.get("title")), TITLE_CAP),
        entries=_entries(fresh.items, document, job),
        total=len(items),
        version="json11" if "1.1" in _string(document.get("version")) else "json1",
        home=web_address(document.get("home_page_url"), job.url),
        lang=language_tag(document.get("language")),
        item_hashes=fresh.digests,
        fault=f"{odd} of its items are no objects" if odd else "",
        older=web_address(document.get("next_url"), job.url),
    )


def _text(body: bytes) -> str:
    """Return the document as text: UTF-8, or what its first bytes tell (RFC 4627, 3); wrong bytes marked."""
    return body.decode(json.detect_encoding(body), "replace")


def _digest(item: _Object) -> bytes:
    return digest_of(json.dumps(item, sort_keys=True, ensure_ascii=False))


def _claim(item: _Object, base: str) -> Claim:
    """Return what an item says of itself to be told from others."""
    text = _string(item.get("content_text")) or _string(item.get("content_html"))
    return Claim(
        guid=_string(item.get("id")),
        link=_link(item, base) or "",
        title=clean_line(_string(item.get("title")) or text[:TITLE_CAP], TITLE_CAP),
        published=_string(item.get("date_published")) or _string(item.get("date_modified")),
    )


def _entries(rows: Sequence[_Row], document: _Object, job: FeedJob) -> tuple[Entry, ...]:
    now = job.now or datetime.now(UTC)
    identities = [identify(claim, shared) for _, claim, shared in rows]
    keys = distinct_keys(identity.key for identity in identities)
    return tuple(
        replace(
            _entry(item, document, now),
            key=key,
            url=None if shared.nobodys_page else claim.link or None,
            narrow_keys=identity.narrow if key == identity.key else (),
            wide_key=identity.wide if key == identity.key else None,
        )
        for (item, claim, shared), identity, key in zip(rows, identities, keys, strict=True)
    )


def _link(item: _Object, base: str) -> str | None:
    return web_address(item.get("url"), base) or web_address(item.get("external_url"), base)


def _entry(item: _Object, document: _Object, now: datetime) -> Entry:
    """Return what an item says, but for its address and its keys: those depend on the others."""
    raw = _string(item.get("date_published")) or _string(item.get("date_modified"))
    markup, plain = _string(item.get("content_html")), _string(item.get("content_text"))
    return Entry(
        key="",
        guid=clean_line(_string(item.get("id")), URL_CAP) or None,
        url=None,
        title=clean_line(_string(item.get("title")), TITLE_CAP),
        author=_author(item) or _author(document),
        published=possible(read_date(raw), now) if raw else None,
        published_raw=clean_line(raw, RAW_CAP) or None,
        updated=possible(read_date(_string(item.get("date_modified"))), now),
        summary=paragraphs(_string(item.get("summary")), is_html=False),
        content=paragraphs(markup) if markup else paragraphs(plain, is_html=False),
        lang=language_tag(item.get("language")),
    )


def _author(holder: _Object) -> str | None:
    """Return the names of `authors` (1.1), or of `author` (1.0)."""
    listed = holder.get("authors")
    people = listed if isinstance(listed, list) and listed else [holder.get("author")]
    names = (
        clean_line(_string(person.get("name") if isinstance(person, dict) else person), TITLE_CAP)
        for person in people
    )
    return ", ".join(dict.fromkeys(name for name in names if name))[:AUTHOR_CAP].strip() or None


def _string(value: object) -> str:
    """Return a string as it is, a number as written (ids of some programs), else nothing."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""
