"""What does a page say about itself? Its head: title, author, date of publication, canonical URL.

Read from meta elements and JSON-LD (schema.org), which cost little; what a page does not state
there is left to the extractor's own search.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.etree import _Element

from monitor.extract.clean import AUTHOR_CAP, TITLE_CAP, URL_CAP, clean_line
from monitor.extract.dates import possible, read_date
from monitor.policy.urls import same_site

_JSON_CAP = 300_000
_OBJECTS = 300
_ARTICLE_TYPES = re.compile(r"(?:Article|BlogPosting|Report|Review|NewsStory)$")
_TITLES = ("og:title", "twitter:title", "dc.title", "headline")
_AUTHORS = (
    "author",
    "article:author",
    "dc.creator",
    "parsely-author",
    "sailthru.author",
    "byl",
    "mediator_author",
)
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "og:published_time",
    "parsely-pub-date", "sailthru.date", "article.published", "publish-date", "publishdate", "pubdate",
    "publish_date", "publication_date", "cxenseparse:recs:publishtime", "mediator_published_time",
    "dc.date.issued", "dcterms.created", "dc.date", "dcterms.date", "date",
)  # fmt: skip
_SITE_SEPARATOR = re.compile(r"\s[|–—·•:-]\s")
_ADDRESS = re.compile(r"https?://|www\.|@|^\d+$", re.IGNORECASE)
_TURNED_AWAY = re.compile(r"(?:amp|\d{1,3}|print|index\.\w+)?/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a page states about itself; None for what it does not."""

    title: str | None = None
    author: str | None = None
    published: datetime | None = None
    canonical_url: str | None = None


def read_claims(tree: _Element, url: str, now: datetime) -> Claims:
    """Return what the page's head and JSON-LD state. Dates are aware UTC, not after `now` plus a day."""
    meta = _meta(tree)
    article = next(_articles(tree), {})
    title = _text(article.get("headline")) or _first(meta, _TITLES)
    date = _date(article.get("datePublished"), now)
    if date is None:
        date = next((d for name in _DATES if (d := _date(meta.get(name), now))), None)
    return Claims(
        title=_without_site(clean_line(html.unescape(title), TITLE_CAP), meta, url) or None,
        author=_people(article.get("author")) or _people(_first(meta, _AUTHORS)),
        published=date or _marked_date(tree, now),
        canonical_url=read_canonical(tree, url),
    )


def read_canonical(tree: _Element, url: str) -> str | None:
    """Return the page's own address, absolute, when it can be believed: same site, not a page above.

    A site that names its front page or a section on every article would turn all into one.
    """
    link = next((e for e in tree.iter("link") if "canonical" in (e.get("rel") or "").lower().split()), None)
    href = clean_line(link.get("href") or "", URL_CAP + 1) if link is not None else ""
    if not href:
        return None
    try:
        canonical = urljoin(url, href)
        path, query, own = urlsplit(canonical).path, urlsplit(canonical).query, urlsplit(url)
    except ValueError:
        return None
    if len(canonical) > URL_CAP or not same_site(canonical, url):
        return None
    above = path.rstrip("/") + "/"
    is_above = own.path.startswith(above) and not _TURNED_AWAY.fullmatch(own.path[len(above) :])
    is_front = above == "/" and bool(own.query)
    return None if not query and (is_above or is_front) else canonical


def _without_site(title: str, meta: dict[str, str], url: str) -> str:
    """Return the title without the site's name at its end (`… | The Daily`)."""
    parts = _SITE_SEPARATOR.split(title)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    sites = {host, host.partition(".")[0], clean_line(meta.get("og:site_name", ""), TITLE_CAP).casefold()}
    if len(parts) > 1 and parts[-1].strip().casefold() in sites:
        return title[: -len(parts[-1])].rstrip(" |-–—·•:")
    return title


def _meta(tree: _Element) -> dict[str, str]:
    """Return the page's meta elements by lower-case name; the first of a name counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        name = element.get("property") or element.get("name") or element.get("itemprop")
        if content and name:
            found.setdefault(name.strip().lower(), content)
    return found


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str:
    return next((meta[name] for name in names if meta.get(name, "").strip()), "")


def _articles(tree: _Element) -> Iterator[dict[str, Any]]:
    """Yield the articles that JSON-LD describes, in document order."""
    for script in tree.iter("script"):
        if script.get("type") != "application/ld+json" or not script.text or len(script.text) > _JSON_CAP:
            continue
        try:
            data = json.loads(script.text, strict=False)
        except (ValueError, RecursionError):
            continue
        queue, seen = [data], 0
        while queue and seen < _OBJECTS:
            item, seen = queue.pop(0), seen + 1
            if isinstance(item, list):
                queue.extend(item)
            elif isinstance(item, dict):
                if _is_article(item.get("@type")):
                    yield item
                queue.extend(item[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in item)


def _is_article(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(name, str) and _ARTICLE_TYPES.search(name) for name in kinds)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _people(value: object) -> str | None:
    """Return the names of authors, parted by commas; addresses are no names."""
    names = []
    for person in value if isinstance(value, list) else [value]:
        name = person.get("name") if isinstance(person, dict) else person
        for one in name if isinstance(name, list) else [name]:
            cleaned = clean_line(html.unescape(_text(one)), AUTHOR_CAP)
            if cleaned and not _ADDRESS.search(cleaned):
                names.append(cleaned)
    return ", ".join(dict.fromkeys(names))[:AUTHOR_CAP].strip(", ") or None


def _date(value: object, now: datetime) -> datetime | None:
    return possible(read_date(value), now) if isinstance(value, str) else None


def _marked_date(tree: _Element, now: datetime) -> datetime | None:
    """Return the date of an element marked up as the date of publication (microdata, `time`)."""
    for element in tree.iter("time", "span", "div", "p"):
        if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
            date = _date(element.get("datetime") or element.get("content"), now)
            if date:
                return date
    return None
