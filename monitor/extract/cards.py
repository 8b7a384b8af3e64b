"""What does an index page say of each link: in which words, with which date?"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from lxml.etree import _Element

from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.dates import possible, read_date, url_date
from monitor.extract.written_dates import find_day

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LEVELS = 8
_PATTERN = 5
_PARTS = 200
_SHORT_TEXT = 60
_SHORTEST_DATE = len("1.1.2026")
_OWNS = 20
_DATE_NAMES = re.compile(r"(?:^|[-_\s])(?:date|time|posted|published|pubdate|when|day)", re.IGNORECASE)

Link = tuple[str, str, _Element]
"""The key of the page a link leads to, its address, and the link itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One address of an index page. `pattern` is how its link stands: alike for all of one list.

    `heading` tells that its words are, or stand in, a heading. `date` is the date as written.
    """

    key: str
    url: str
    title: str
    heading: bool
    pattern: tuple[str, ...]
    published: datetime | None
    date: str = ""

    @property
    def dated(self) -> bool:
        """Return whether a date stands beside it, or in its address."""
        return self.published is not None


def width(text: str) -> int:
    """Return how long a text looks: letters of scripts without spaces count twice."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in ("W", "F") for letter in text)


class Headlines:
    """The links of a page, those to one address taken together."""

    def __init__(self, links: Sequence[Link], areas: Sequence[_Element], now: datetime) -> None:
        self._now = now
        self._ends = set(areas)
        self._links: dict[str, list[tuple[Link, str, bool]]] = {}
        for link in links:
            words, heading = _words(link[2])
            self._links.setdefault(link[0], []).append((link, words, heading))
        # What each part of the page is about: its only headline's address, its only link's; None for many.
        self._told: dict[_Element, str | None] = {}
        self._linked: dict[_Element, str | None] = {}
        for key, found in self._links.items():
            for (_, _, element), words, heading in found:
                self._own(element, key, self._linked)
                # A card's links to its section or its author are not what it is about.
                if heading or width(words) >= _OWNS:
                    self._own(element, key, self._told)

    def all(self) -> list[Headline]:
        """Return what each address is called, in the order of the page."""
        return [self._headline(key, found) for key, found in self._links.items()]

    def _own(self, element: _Element, key: str, owners: dict[_Element, str | None]) -> None:
        for above in self._above(element):
            owners[above] = key if owners.get(above, key) == key else None

    def _above(self, element: _Element) -> Iterator[_Element]:
        for above in islice(element.iterancestors(), _LEVELS):
            if above in self._ends or above.tag in ("body", "main"):
                return
            yield above

    def _card(self, element: _Element, key: str) -> _Element:
        """Return the largest part of the page that is about this address alone."""
        card = element
        parent = element.getparent()
        owners = self._told if parent is not None and self._told.get(parent) == key else self._linked
        for above in self._above(element):
            if owners.get(above) != key:
                break
            card = above
        return card

    def _headline(self, key: str, found: Sequence[tuple[Link, str, bool]]) -> Headline:
        # A heading goes before any other words; then the longest count.
        (_, url, element), words, heading = max(found, key=lambda link: (link[2], len(link[1])))
        card = self._card(element, key)
        if not heading and width(words) < _OWNS and (inside := _heading_of(card)):
            words, heading = inside, True
        published, date = self._date(card, words)
        return Headline(
            key=key,
            url=url,
            title=words,
            heading=heading,
            pattern=_pattern(element),
            published=published or url_date(url, self._now),
            date=date,
        )

    def _date(self, card: _Element, title: str) -> tuple[datetime | None, str]:
        before = card.getprevious()
        parts = [card] if before is None or before.find(".//a") is not None else [card, before]
        for part in parts:
            for raw in _dates(part):
                read = possible(read_date(raw) or find_day(raw), self._now)
                if read is not None and (not title or title not in raw):
                    return read, raw
        return None, ""


def _words(link: _Element) -> tuple[str, bool]:
    """Return a link's words, and whether they are a heading's: the heading in it, or its own text."""
    inside = _heading_of(link)
    if inside:
        return inside, True
    words = _text(link)
    told = clean_line(link.get("title") or link.get("aria-label") or "", TITLE_CAP)
    if not words or (words.endswith(("...", "…")) and told.startswith(words.rstrip(".… "))):
        image = next((clean_line(img.get("alt") or "", TITLE_CAP) for img in link.iter("img")), "")
        words = told or words or image
    return words, any(above.tag in _HEADINGS for above in islice(link.iterancestors(), 3))


def _heading_of(part: _Element) -> str:
    for element in islice(part.iter(), _PARTS):
        if element.tag in _HEADINGS and (words := _text(element)):
            return words
    return ""


def _text(element: _Element) -> str:
    pieces = (text for text in islice(element.itertext(), _PARTS) if text.strip())
    return clean_line(" ".join(pieces), TITLE_CAP)


def _pattern(element: _Element) -> tuple[str, ...]:
    """Return how a link stands: its tags and first classes, and those above it."""
    return tuple(
        f"{part.tag!s}.{((part.get('class') or '').split() or [''])[0]}"
        for part in (element, *islice(element.iterancestors(), _PATTERN))
    )


def _dates(part: _Element) -> Iterator[str]:
    """Yield what may be a date, the surest first: what is marked up so, what is called so, short texts."""
    elements = list(islice(part.iter("*"), _PARTS))
    texts = islice(part.itertext(), _PARTS)
    found = [*_marked(elements), *(" ".join(text.split()) for text in texts)]
    yield from (text for text in found if _SHORTEST_DATE <= len(text) <= _SHORT_TEXT)


def _marked(elements: Sequence[_Element]) -> Iterator[str]:
    for element in elements:
        if element.tag == "time":
            yield from (element.get("datetime") or "", _text(element))
    for element in elements:
        names = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
        if _DATE_NAMES.search(names):
            yield from (element.get("content") or "", element.get("datetime") or "", _text(element))
