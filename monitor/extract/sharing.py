"""What do the items of a feed document share with one another, told without parsing them?

An item's key depends on whether others bear its guid or its link. When only the unseen items are
parsed, the others are still there as bytes: enough is read in them here, by plain searches, to tell.
"""

import html
import re
from collections.abc import Sequence

from monitor.extract.cut import Cut
from monitor.policy.identity import ALONE, Claim, Sharing, sharing
from monitor.policy.urls import same_page_key

_LINK = re.compile(rb"<link(?=[\s>/])([^>]*)>(?:\s*<!\[CDATA\[)?([^<\]]*)")
_HREF = re.compile(rb"href\s*=\s*[\"']([^\"']*)")
_REL = re.compile(rb"rel\s*=\s*[\"']([^\"']*)")
_ABOUT = re.compile(rb"^<[^>]*\srdf:about\s*=\s*[\"']([^\"']*)")
_NO_PERMALINK = re.compile(rb"<guid[^<>]*isPermaLink\s*=\s*[\"']false", re.IGNORECASE)
_WRITTEN = ((b"<title",), (b"<description", b"<summary"))
_DATES = (b"<pubDate", b"<dc:date", b"<published", b"<issued", b"<updated", b"<modified", b"<dcterms:created")


def shared_in(body: bytes, cut: Cut) -> Sequence[Sharing]:
    """Return what each item shares, in document order."""
    items = [body[start:end] for start, end in cut.spans]
    guids = [_guid(item) for item in items]
    links = [_link(item, guid) for item, guid in zip(items, guids, strict=True)]
    if _all_differ(guids, links):
        return [ALONE] * len(items)
    return sharing(
        [
            Claim(guid=guid, link=link, title=_title(item), published=_first(item, _DATES))
            for item, guid, link in zip(items, guids, links, strict=True)
        ]
    )


def _all_differ(guids: Sequence[str], links: Sequence[str]) -> bool:
    """Return whether no two items can have anything in common that identifies: so it is in most feeds."""
    pages = [_page(link) for link in links]
    named = all(guid or page for guid, page in zip(guids, pages, strict=True))
    return named and all(len(set(found)) == len(found) for found in (_given(guids), _given(pages)))


def _page(link: str) -> str:
    """Return what the page's key rests on: only a query may hold trackers."""
    page = link.partition("#")[0]
    return (same_page_key(page) or page) if "?" in page else page


def _given(values: Sequence[str]) -> list[str]:
    return [value for value in values if value]


def _guid(item: bytes) -> str:
    written = _element(item, b"<guid") or _element(item, b"<id")
    if not written:
        about = _ABOUT.match(item)
        written = about[1] if about else b""
    return _plain(written)


def _link(item: bytes, guid: str) -> str:
    """Return the address of the item's page: RSS has it as text, Atom in one of several elements."""
    real = _element(item, b"<feedburner:origLink")
    if real:
        return _plain(real)
    others = b""
    for attributes, text in _LINK.findall(item):
        href = _HREF.search(attributes)
        rel = _REL.search(attributes)
        address = href[1] if href else text
        if address.strip() and (rel is None or rel[1] == b"alternate"):
            return _plain(address)
        others = others or address
    if not others and guid.startswith(("http://", "https://")) and not _NO_PERMALINK.search(item):
        return guid if b"<guid" in item else ""
    return _plain(others)


def _title(item: bytes) -> str:
    """Return the title, else what the item says: what `parse_feed` tells untitled items apart by."""
    return next(filter(None, (_first(item, names) for names in _WRITTEN)), "")


def _first(item: bytes, openings: Sequence[bytes]) -> str:
    return _plain(next(filter(None, (_element(item, opening) for opening in openings)), b""))


def _plain(written: bytes) -> str:
    """Return what is written, without CDATA marks, entities decoded, on one line."""
    text = written.replace(b"<![CDATA[", b"").replace(b"]]>", b"").decode("utf-8", "replace")
    return " ".join((html.unescape(text) if "&" in text else text).split())


def _element(item: bytes, opening: bytes) -> bytes:
    """Return what the first such element holds up to its end tag, as written; empty where there is none."""
    at = item.find(opening)
    if at < 0 or item[at + len(opening) : at + len(opening) + 1] not in (b">", b" ", b"\n", b"\t", b"\r"):
        return b""
    opened = item.find(b">", at)
    if item[opened - 1 : opened] == b"/":
        return b""
    return item[opened + 1 : item.find(b"</" + opening[1:], opened)]
