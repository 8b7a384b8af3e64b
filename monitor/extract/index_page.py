"""Which articles does an index page link to? Bytes in, entries or a reason out; runs in a worker.

Where the source's rules name no part and no paths, the headlines are told from menus by how they
stand: alike among themselves, with many words, in headings or beside dates, outside the page's frame.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import urldefrag, urlsplit

from lxml import etree
from lxml.etree import _Element

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed, ParseFailed, ParseResult
from monitor.extract.cards import Headline, Headlines, width
from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.dates import RAW_CAP
from monitor.extract.frames import Frames
from monitor.extract.pages import decode
from monitor.extract.unseen import digest_of, unseen
from monitor.extract.values import language_tag, web_address
from monitor.policy.identity import Claim, identify
from monitor.policy.links import link_counts
from monitor.policy.urls import same_page_key, same_site

MOST_LINKS = 5_000
"""Links of a page that are looked at."""

MOST_LISTED = 1_000
"""Articles of a page that count."""

_SHORTEST = 12
_SHORTEST_MARKED = 8
_LONG = 25
_ENOUGH = 3
_PAGING = re.compile(
    r"/page/\d+/?$|(?:^|[?&])(?:page|paged|pagen_\d+|start|offset|limitstart)=\d+", re.IGNORECASE
)
_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|csv|json|xml|zip|rar|7z|gz|jpe?g|png|gif|webp|svg|mp[34]|avi|apk|exe)$",
    re.IGNORECASE,
)
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|div|p|a|ul|table|meta)[\s>]", re.IGNORECASE)
_HEAD = 4096
_DEEP = "the page is nested so deeply that its end could not be read"


def parse_index_page(job: FeedJob) -> ParseResult:
    """Return the page's articles in their order, leaving out those that `job.known` holds.

    A card with several links to one address is one entry, titled by its heading or its longest
    words, and dated by what stands in it. `job.links` narrows the page: `within` to a part of it,
    `only` and `never` to paths.
    """
    if not job.body.strip():
        return ParseFailed(code="empty", message="the body is empty")
    if not _MARKUP.search(job.body[:_HEAD]):
        return ParseFailed(code="not-a-page", message="the body is no HTML page")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    # A NUL would end the page for libxml2.
    text = decode(job.body, job.content_type).replace("\0", "")
    root: _Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    if root is None:
        return ParseFailed(code="not-a-page", message="the body is no HTML page")
    try:
        areas = _areas(root, job.links.within)
    except etree.XPathError as error:
        return ParseFailed(code="bad-xpath", message=f"links.within: {error}")
    if not areas:
        return ParseFailed(code="no-links", message="links.within names no part of the page")
    deep = any("depth" in error.message.lower() for error in parser.error_log)
    return _listed(root, areas, job, fault=_DEEP if deep else "")


def _areas(root: _Element, within: str | None) -> list[_Element]:
    if within is None:
        return [root]
    found = etree.XPath(within)(root)
    return [part for part in found if isinstance(part, _Element)] if isinstance(found, list) else []


def _listed(root: _Element, areas: Sequence[_Element], job: FeedJob, *, fault: str) -> ParseResult:
    now = job.now or datetime.now(UTC)
    looked_at, more = _links(root, areas, job)
    headlines = Headlines(looked_at, areas, now)
    narrowed = bool(job.links.within or job.links.only)
    found = headlines.all() if narrowed else _main_list(headlines.all(), job.url)
    found = [headline for headline in found if any(letter.isalpha() for letter in headline.title)]
    if not found:
        hint = "check links.only and links.within" if narrowed else "name their paths with links.only"
        return ParseFailed(code="no-links", message=f"no list of articles was found in the page; {hint}")
    counted = found[:MOST_LISTED]
    digests = (digest_of(headline.key, headline.title) for headline in counted)
    fresh = unseen(counted, digests, job.known, job.max_entries)
    title = root.findtext(".//title") or ""
    most = MOST_LINKS if more else MOST_LISTED
    return ParsedFeed(
        title=clean_line(title, TITLE_CAP),
        entries=tuple(_entry(headline) for headline in fresh.items),
        total=len(counted),
        version="page",
        home=job.url,
        lang=language_tag(root.get("lang")),
        item_hashes=fresh.digests,
        fault=f"only the first {most} links were looked at" if more or len(found) > MOST_LISTED else fault,
    )


def _links(
    root: _Element, areas: Iterable[_Element], job: FeedJob
) -> tuple[list[tuple[str, str, _Element]], bool]:
    """Return the links that may be articles' (key, address, element), and whether there are more."""
    base = web_address(next(iter(root.xpath("//base/@href")), None), job.url) or job.url
    here = same_page_key(job.url)
    frames = Frames(root)
    rules = job.links
    found: list[tuple[str, str, _Element]] = []
    for number, link in enumerate(link for area in areas for link in area.iter("a")):
        if number >= MOST_LINKS:
            return found, True
        address = web_address(link.get("href"), base)
        if address is None:
            continue
        url = urldefrag(address).url
        key = same_page_key(url)
        if key is None or key == here or _is_paging(link, url) or not link_counts(rules, url):
            continue
        # What is named counts wherever it stands; else it has to be a page of this site, outside menus.
        in_list = not frames.hold(link) and same_site(url, job.url) and not _FILE.search(urlsplit(url).path)
        if rules.within or rules.only or in_list:
            found.append((key, url, link))
    return found, False


def _is_paging(link: _Element, url: str) -> bool:
    parts = urlsplit(url)
    return bool(
        {"next", "prev"} & set((link.get("rel") or "").lower().split())
        or _PAGING.search(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    )


def _main_list(headlines: Sequence[Headline], page: str) -> list[Headline]:
    """Return the headlines of the page's own list: links that stand alike, judged together."""
    groups: dict[tuple[str, ...], list[Headline]] = {}
    for headline in headlines:
        groups.setdefault(headline.pattern, []).append(headline)
    kept = [group for group in groups.values() if _is_list(group)]
    if sum(headline.dated for group in kept for headline in group) >= _ENOUGH:
        kept = [group for group in kept if any(headline.dated or headline.heading for headline in group)]
    chosen = {
        headline.key
        for group in kept
        for headline in group
        if width(headline.title) >= (_SHORTEST_MARKED if headline.heading or headline.dated else _SHORTEST)
    }
    sections = _sections(headlines, page)
    return [headline for headline in headlines if headline.key in chosen and headline.key not in sections]


def _is_list(group: Sequence[Headline]) -> bool:
    """Return whether most of a group stand in headings or beside dates, or have many words."""
    marked = sum(headline.heading or headline.dated for headline in group)
    words = sum(width(headline.title) for headline in group)
    return 2 * marked >= len(group) or words >= _LONG * len(group)


def _sections(headlines: Sequence[Headline], page: str) -> frozenset[str]:
    """Return the keys that name folders of other links, or of the page itself: sections, no articles."""
    below: dict[str, int] = {}
    for headline in headlines:
        for folder in _folders(headline.key):
            below[folder] = below.get(folder, 0) + 1
    return frozenset(key for key, number in below.items() if number >= _ENOUGH) | frozenset(
        _folders(same_page_key(page) or "")
    )


def _folders(key: str) -> list[str]:
    path = key.partition("?")[0]
    return [path[:at] for at, letter in enumerate(path) if letter == "/"][:20]


def _entry(headline: Headline) -> Entry:
    title = clean_line(headline.title, TITLE_CAP)
    return Entry(
        key=identify(Claim(link=headline.url, title=title)).key,
        guid=None,
        url=headline.url,
        title=title,
        published=headline.published,
        published_raw=clean_line(headline.date, RAW_CAP) or None,
    )
