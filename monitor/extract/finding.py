"""Which feeds does a page of a site point to? Bytes in, addresses or a reason out; runs in a worker."""

import re
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element

from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import FindJob, FoundOnPage, Pointer
from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.pages import decode
from monitor.extract.values import language_tag, web_address

MOST = 40
"""Addresses that are taken from one page."""

_MOST_LOOKED_AT = 20_000
_FEED_TYPES = re.compile(
    r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)|application/(?:xml|json|x\.atom)|text/xml"
)
_FEED_PATH = re.compile(
    r"(?:/|\b)(?:rss|feeds?|atom|rdf)(?:\d(?:\.\d)?)?(?:[/_.-]|$|\?)|\.(?:rss|atom|rdf)\b|[?&](?:feed|format)=(?:rss2?|atom|feed)"
    r"|feeds?\.feedburner\.com/",
    re.IGNORECASE,
)
_FEED_WORDS = re.compile(r"\b(?:rss|atom|feed)\b", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|/wp-json/|oembed|xmlrpc", re.IGNORECASE)


def find_feeds(job: FindJob) -> FoundOnPage | ParseFailed:
    """Return the addresses that a page names as feeds, what its head names first.

    Links with `rel="alternate"` (or the older `feed`) and a type of feeds count, wherever they stand,
    resolved against `<base>` (https://www.rssboard.org/rss-autodiscovery); after these come anchors
    whose address or words look like a feed's. Feeds of comments come last; at most `MOST`.
    """
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    text = decode(job.body, job.content_type).replace("\0", "")
    root: _Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        return ParseFailed(code="not-a-page", message="the body is no HTML page")
    base = web_address(next(iter(root.xpath("//base/@href")), None), job.url) or job.url
    found: dict[str, Pointer] = {}
    for pointer in (*_links(root, base), *_anchors(root, base)):
        found.setdefault(pointer.url, pointer)
    ranked = sorted(found.values(), key=lambda one: bool(_COMMENTS.search(f"{one.url} {one.title}")))
    return FoundOnPage(
        pointers=tuple(ranked[:MOST]),
        title=clean_line(root.findtext(".//title") or "", TITLE_CAP),
        lang=language_tag(root.get("lang")),
    )


def _links(root: _Element, base: str) -> Iterator[Pointer]:
    for number, link in enumerate(root.iter("link")):
        if number >= _MOST_LOOKED_AT:
            return
        rel = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        is_feed = "feed" in rel or (
            "alternate" in rel and "stylesheet" not in rel and _FEED_TYPES.fullmatch(kind)
        )
        url = web_address(link.get("href"), base) if is_feed else None
        if url is not None:
            yield Pointer(url=url, why="link", title=clean_line(link.get("title") or "", TITLE_CAP))


def _anchors(root: _Element, base: str) -> Iterator[Pointer]:
    for number, anchor in enumerate(root.iter("a")):
        if number >= _MOST_LOOKED_AT:
            return
        href = anchor.get("href") or ""
        words = clean_line("".join(anchor.itertext())[: TITLE_CAP * 2], TITLE_CAP)
        if not (_FEED_PATH.search(href) or _FEED_WORDS.search(words)):
            continue
        url = web_address(href, base)
        if url is not None:
            yield Pointer(url=url, why="anchor", title=words)
