"""What does a feed document list? Bytes in, entries or a reason out; runs in a worker.

feedparser decides what an item is, here we decide what of it is believed and kept. It is imported
with this module: only the workers and the tests import it.
"""

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Enclosure, Entry, ParsedFeed, ParseFailed, ParseResult
from monitor.extract import cut as cutting
from monitor.extract.clean import AUTHOR_CAP, TITLE_CAP, TYPE_CAP, URL_CAP, clean_line
from monitor.extract.dates import RAW_CAP, possible, read_date
from monitor.extract.json_feed import is_json, parse_json_feed
from monitor.extract.languages import detect_language
from monitor.extract.manners import asked_manners
from monitor.extract.markup import paragraphs
from monitor.extract.reading import read
from monitor.extract.sharing import shared_in
from monitor.extract.values import language_tag as _language
from monitor.extract.values import web_address as _url
from monitor.policy.identity import Claim, Sharing, distinct_keys, identify, sharing

_HTML_TYPES = frozenset(("text/html", "application/xhtml+xml"))
_TEXT_TYPES = _HTML_TYPES | {"text/plain", ""}
_HTML_PAGE = re.compile(
    rb"\s*(?:<!--.{0,1000}?-->\s*)?<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL
)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF|channel)[\s>]", re.IGNORECASE)
_HEAD = 4096
_MOST_ENCLOSURES = 20
_LONGEST_NUMBER = 15
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_BLANK = b" \t\r\n"
_HIGH = re.compile(rb"[\xc0-\xff]+")

_Dict = dict[str, Any]


def parse_feed(job: FeedJob) -> ParseResult:
    """Return what the document lists, leaving out the items that `job.known` holds.

    RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom and JSON Feed. Items are in document order, at most
    `job.max_entries`, every text cleaned and capped, dates out of range unknown. What the parser
    raises passes through: the caller turns it into a value.
    """
    # Blanks before the document cost the parser seconds; after it they cost nothing.
    body = job.body.lstrip(_BLANK)
    if not body:
        return ParseFailed(code="empty", message="the body is empty")
    if is_json(body):
        return parse_json_feed(job)
    if _HTML_PAGE.match(body) and not _FEED_ROOT.search(body):
        return ParseFailed(code="not-a-feed", message="an HTML page came instead of a feed")
    body, content_type = _as_it_is_encoded(body, job.content_type)
    job = replace(job, content_type=content_type)
    part = cutting.complete_part(body)
    dropped = cutting.dropped_items(body, part)
    if job.digests and part is None and body == job.body:
        cut: cutting.Cut | None = cutting.Cut(spans=job.spans, digests=job.digests)
    else:
        cut = cutting.cut_items(body if part is None else part, job.content_type)
    document, rows, total, digests = _unseen(body if part is None else part, cut, job)
    head, version = document["feed"], _field(document, "version") or ""
    named = _field(head, "title") or (_field(head, "link") and _FEED_ROOT.search(body[:_HEAD]))
    if not (version or total or named):
        return ParseFailed(code="not-a-feed", message="the body is no RSS, RDF or Atom document")
    entries = _entries(rows, job)
    if cut is None or digests is None:
        total, digests, entries = _by_entry(entries, job)
    return ParsedFeed(
        title=_title(head),
        entries=entries,
        total=total + dropped,
        version=version,
        home=_url(_field(head, "link"), job.url),
        lang=_language(_field(head, "language") or job.content_language),
        manners=asked_manners(head, body),
        item_hashes=digests,
        truncated=part is not None,
        older=_older(head, job.url),
        generator=clean_line(str(_field(head, "generator") or ""), TITLE_CAP),
    )


def _older(head: _Dict, base: str) -> str | None:
    """Return the document with older items: the archive before this one, or the next page (RFC 5005)."""
    links = {_field(link, "rel"): _field(link, "href") for link in reversed(_field(head, "links") or ())}
    return _url(links.get("prev-archive") or links.get("next"), base)


def _as_it_is_encoded(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Return the body, and a content type with the encoding it is in where that is not the one declared.

    Valid UTF-8 is UTF-8, whatever is declared, and a few wrong bytes in it are only that: the parser
    would read the whole document as Windows-1252. What is no UTF-8 at all, though declared so, is
    Cyrillic where its letters beyond ASCII stand together: KOI8-R has the small ones where
    Windows-1251 has the capitals.
    """
    declared = cutting.declared_encoding(body, content_type)
    if declared is None or body.isascii():
        return body, content_type
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = len(text) - len(text.encode("ascii", "ignore")) - wrong
    if right > wrong:
        return text.encode(), "application/xml; charset=utf-8"
    letters = b"".join(runs := _HIGH.findall(body))
    together = sum(len(run) for run in runs if len(run) > 2)  # noqa: PLR2004 - "éè" occurs in Latin text
    if declared.replace("-", "").lower() == "utf8" and together > len(letters) / 2:
        upper_half = sum(letter >= 0xE0 for letter in letters)  # noqa: PLR2004 - where 1251 has small ones
        charset = "windows-1251" if upper_half > len(letters) / 2 else "koi8-r"
        return body, f"application/xml; charset={charset}"
    return body, content_type


_Row = tuple[_Dict, Sharing]
"""An entry as feedparser gives it, and what it shares with others of its document."""


def _field(holder: _Dict, name: str) -> Any:  # noqa: ANN401 - whatever feedparser put there
    """Return what stands under exactly this name: feedparser's own look-up gives other dates for it."""
    return dict.get(holder, name)


def _unseen(
    body: bytes, cut: cutting.Cut | None, job: FeedJob
) -> tuple[_Dict, list[_Row], int, bytes | None]:
    """Return the document, its unseen entries, the number of items, and the digests dealt with.

    The digests are None where the parser sees other items than the cut: then all entries are
    returned.
    """
    if cut is not None:
        known = cutting.known_digests(job.known)
        unseen = [at for at, digest in enumerate(cut.digests) if digest not in known]
        taken = unseen[: job.max_entries]
        later = frozenset(unseen[job.max_entries :])
        digests = b"".join(digest for at, digest in enumerate(cut.digests) if at not in later)
        shared = shared_in(body, cut)
        if len(taken) < len(cut.spans) and _reads_the_same_in_parts(body, job.content_type):
            left_out = frozenset(range(len(cut.spans))).difference(taken)
            document = read(cutting.without(body, cut, left_out), job.content_type, job.content_language)
            if len(document["entries"]) == len(taken):
                rows = [(entry, shared[at]) for entry, at in zip(document["entries"], taken, strict=True)]
                return document, rows, len(cut.spans), digests
        document = read(body, job.content_type, job.content_language)
        if len(document["entries"]) == len(cut.spans):
            rows = [(document["entries"][at], shared[at]) for at in taken]
            return document, rows, len(cut.spans), digests
    else:
        document = read(body, job.content_type, job.content_language)
    shared = sharing([_claim(entry, job.url) for entry in document["entries"]])
    return document, list(zip(document["entries"], shared, strict=True)), len(document["entries"]), None


def _reads_the_same_in_parts(body: bytes, content_type: str) -> bool:
    """Return whether the parser takes the same way through a part of the document as through all.

    It falls back to another parser for a document that is not well-formed, and to other encodings
    for one with a wrong byte: then a part without the fault would read differently.
    """
    if b"<!DOCTYPE" in body:
        return False
    try:
        if not body.isascii():
            body = body.decode(cutting.declared_encoding(body, content_type) or "utf-8").encode()
        expat.ParserCreate("utf-8", " ").Parse(body, True)
    except (UnicodeDecodeError, LookupError, expat.ExpatError):
        return False
    return True


def _by_entry(entries: tuple[Entry, ...], job: FeedJob) -> tuple[int, bytes, tuple[Entry, ...]]:
    """Return the number of entries, the digests dealt with and the unseen ones, told by their words.

    For documents that cannot be cut: everything was parsed, but what is known is still left out.
    """
    known = cutting.known_digests(job.known)
    dealt_with: list[bytes] = []
    unseen: list[Entry] = []
    for entry in entries:
        identity = (entry.key + entry.words_digest).encode()
        digest = hashlib.blake2b(identity, digest_size=cutting.DIGEST).digest()
        if digest in known:
            dealt_with.append(digest)
        elif len(unseen) < job.max_entries:
            dealt_with.append(digest)
            unseen.append(entry)
    return len(entries), b"".join(dealt_with), tuple(unseen)


def _publisher(entry: _Dict, base: str) -> tuple[str | None, str | None]:
    """Return the outlet that an item names as its source, and that one's address."""
    source = _field(entry, "source") or {}
    url = _url(_field(source, "href"), base) or _url(_field(source, "link"), base)
    return _title(source) or None, url


def _entry_title(entry: _Dict) -> str:
    """Return an entry's title, without the name of its source where that is set after it."""
    title = _title(entry)
    outlet = _title(_field(entry, "source") or {})
    return title.removesuffix(f" - {outlet}").rstrip() or title if outlet else title


def _claim(entry: _Dict, base: str) -> Claim:
    """Return what an entry says of itself to be told from others."""
    return Claim(
        guid=_field(entry, "id") or "",
        link=_link(entry, base) or "",
        title=_entry_title(entry) or (_field(entry, "summary") or "")[:TITLE_CAP],
        published=_raw_date(entry) or "",
    )


def _entries(rows: Sequence[_Row], job: FeedJob) -> tuple[Entry, ...]:
    now = job.now or datetime.now(UTC)
    claims = [_claim(entry, job.url) for entry, _ in rows]
    # A link that is only the guid again is nobody's page where others bear it too.
    claims = [
        replace(claim, link="") if shared.guid and _guid_is_link(entry) else claim
        for claim, (entry, shared) in zip(claims, rows, strict=True)
    ]
    identities = [identify(claim, shared) for claim, (_, shared) in zip(claims, rows, strict=True)]
    keys = distinct_keys(identity.key for identity in identities)
    return tuple(
        replace(
            _entry(entry, job.url, now),
            key=key,
            url=None if shared.nobodys_page else claim.link or None,
            narrow_keys=identity.narrow if key == identity.key else (),
            wide_key=identity.wide if key == identity.key else None,
        )
        for (entry, shared), claim, identity, key in zip(rows, claims, identities, keys, strict=True)
    )


def _entry(entry: _Dict, base: str, now: datetime) -> Entry:
    """Return what an entry says, but for its address and its keys: those depend on the others."""
    summary, content = _texts(entry)
    publisher, publisher_url = _publisher(entry, base)
    raw = _raw_date(entry)
    updated_raw = _field(entry, "updated")
    updated = read_date(updated_raw, _field(entry, "updated_parsed")) if updated_raw else None
    published = updated
    if raw and raw is not updated_raw:
        published = read_date(raw, _field(entry, "published_parsed") or _field(entry, "created_parsed"))
    return Entry(
        key="",
        guid=_guid(entry, base),
        url=None,
        title=_entry_title(entry),
        author=_author(entry),
        published=possible(published, now),
        published_raw=clean_line(raw, RAW_CAP) if raw else None,
        updated=possible(updated, now),
        summary=summary,
        content=content,
        lang=detect_language(content or summary) or _entry_language(entry),
        publisher=publisher,
        publisher_url=publisher_url,
        enclosures=_enclosures(entry, base),
    )


def _raw_date(entry: _Dict) -> str | None:
    """Return the date of publication as written; of the last change where the feed gives no other."""
    raw = _field(entry, "published") or _field(entry, "created") or _field(entry, "updated")
    return raw if isinstance(raw, str) else None


def _title(holder: _Dict) -> str:
    """Return a title as people read it: no markup, entities decoded once, on one line."""
    value = (_field(holder, "title") or "")[: TITLE_CAP * 8]
    value = _unmarked(value)
    if _field(_field(holder, "title_detail") or {}, "type") in _HTML_TYPES:
        # A tag that never ends is none ("Output <a year ago"); a comment that never ends is one.
        has_markup = ">" in value or "<!--" in value
        value = paragraphs(value) if has_markup else html.unescape(value)
    return clean_line(value, TITLE_CAP)


def _unmarked(value: str) -> str:
    """Return a text without the marks of CDATA within CDATA: HTML takes what they hold for a comment."""
    return value.replace("<![CDATA[", "").replace("]]>", "")


def _texts(entry: _Dict) -> tuple[str, str]:
    """Return summary and content as paragraphs; what feedparser copies from one to the other once."""
    raw_summary = _unmarked(_field(entry, "summary") or "")
    contents = [item for item in _field(entry, "content") or () if _is_text(item)]
    best: _Dict = max(contents, key=lambda item: len(_field(item, "value") or ""), default={})
    raw_content = _unmarked(_field(best, "value") or "")
    content = paragraphs(raw_content, is_html=_field(best, "type") != "text/plain") if raw_content else ""
    if not raw_summary or raw_summary == raw_content:
        return "", content
    detail = _field(entry, "summary_detail") or {}
    return paragraphs(raw_summary, is_html=_field(detail, "type") != "text/plain"), content


def _is_text(content: _Dict) -> bool:
    """Return whether a piece of content is words; bytes of no type in base64 may hold some (RFC 4287)."""
    kind = _field(content, "type") or ""
    if kind == "application/octet-stream":
        return _BASE64.fullmatch(_field(content, "value") or "") is None
    return kind in _TEXT_TYPES


def _author(entry: _Dict) -> str | None:
    names = [clean_line(_field(person, "name") or "", TITLE_CAP) for person in _field(entry, "authors") or ()]
    named = ", ".join(dict.fromkeys(name for name in names if name))
    return (named or clean_line(_field(entry, "author") or "", TITLE_CAP))[:AUTHOR_CAP].strip() or None


def _guid(entry: _Dict, base: str) -> str | None:
    """Return the guid as the feed writes it, a path as an address; the key is made of what is written."""
    guid = clean_line(_field(entry, "id") or "", URL_CAP)
    return (_url(guid, base) if guid.startswith("/") else None) or guid or None


def _guid_is_link(entry: _Dict) -> bool:
    """Return whether the link is only the guid again: where others bear it too, it is nobody's page."""
    return bool(_field(entry, "guidislink")) and _field(entry, "link") == _field(entry, "id")


def _link(entry: _Dict, base: str) -> str | None:
    """Return the address of the entry's page.

    The parser takes an enclosure for it where that stands in the wrong form; an alternate counts more.
    """
    link = _field(entry, "link")
    links = _field(entry, "links") or ()
    pages = [other for other in links if _field(other, "rel") == "alternate" and _field(other, "href")]
    if pages and link not in [_field(page, "href") for page in pages]:
        rels = [_field(other, "rel") for other in links if _field(other, "href") == link]
        link = _field(pages[0], "href") if rels else link
    return _url(_field(entry, "feedburner_origlink"), base) or _url(link, base)


def _enclosures(entry: _Dict, base: str) -> tuple[Enclosure, ...]:
    """Return the files that an item comes with, the first 20; without an address they are none."""
    found = []
    links = [link for link in _field(entry, "links") or () if _field(link, "rel") == "enclosure"]
    for link in links[:_MOST_ENCLOSURES]:
        url = _url(_field(link, "href"), base)
        if url is not None:
            kind = clean_line(str(_field(link, "type") or ""), TYPE_CAP)
            found.append(Enclosure(url=url, type=kind, length=_number(_field(link, "length"))))
    return tuple(found)


def _number(claim: object) -> int | None:
    """Return a number of bytes, or None for what is none."""
    digits = str(claim or "").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER else None


def _entry_language(entry: _Dict) -> str | None:
    """Return the language an entry claims for itself, else for its text, else for its title.

    Many feeds claim the language of the program that wrote them: it counts only for texts too short to tell.
    """
    details = (_field(entry, "summary_detail"), _field(entry, "title_detail"))
    texts = (*(_field(entry, "content") or ()), *filter(None, details))
    claims = (_field(entry, "language"), *(_field(text, "language") for text in texts))
    return next(filter(None, map(_language, claims)), None)
