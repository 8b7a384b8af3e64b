"""What do a source's own XPaths find in its pages?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from lxml import etree
from lxml.html import HtmlElement, tostring

from monitor.domain.feeds import PageRules
from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.dates import RAW_CAP, possible, read_date
from monitor.extract.markup import MARKUP_CAP, paragraphs

_MOST = 1_000
"""Things that one expression may find; more are not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for and found; `missed` are the rules that found nothing in this page."""

    title: str | None = None
    text: str | None = None
    published: datetime | None = None
    missed: tuple[str, ...] = ()


def find_asked(tree: HtmlElement, rules: PageRules, now: datetime) -> Asked:
    """Return what the rules find; takes out of the tree what they drop.

    A title and a date are the first that is found; a text is all that is found, in the page's order,
    in paragraphs. A date is read as in feeds, or else in the words of many languages; one later than a
    day after `now` is not believed.
    """
    for expression in rules.drop:
        for element in _found(tree, expression):
            if isinstance(element, HtmlElement) and element.getparent() is not None:
                element.drop_tree()
    title = next(filter(None, (clean_line(_words(one), TITLE_CAP) for one in _all(tree, rules.title))), None)
    text = paragraphs("\n".join(map(_markup, _outermost(_all(tree, rules.body))))[:MARKUP_CAP])
    dates = (possible(_date(_words(one), now), now) for one in _all(tree, rules.date))
    published = next(filter(None, dates), None)
    asked = (("title", rules.title, title), ("body", rules.body, text), ("date", rules.date, published))
    missed = tuple(name for name, rule, value in asked if rule and not value)
    return Asked(title=title, text=text or None, published=published, missed=missed)


def _all(tree: HtmlElement, expression: str | None) -> list[object]:
    return _found(tree, expression) if expression else []


def _found(tree: HtmlElement, expression: str) -> list[object]:
    """Return what an expression finds: elements, texts, attributes; a number or truth is nothing."""
    # Checked with the configuration; what only fails on a page (a function's argument) finds nothing.
    try:
        found = tree.xpath(expression)
    except etree.XPathError:
        return []
    if isinstance(found, str):
        return [found]
    return list(found[:_MOST]) if isinstance(found, list) else []


def _words(one: object) -> str:
    if isinstance(one, HtmlElement):
        # <time datetime="…">: what machines are told is more exact than what people are.
        return one.get("datetime") or one.get("content") or str(one.xpath("string()"))
    return str(one)


def _markup(one: object) -> str:
    if isinstance(one, HtmlElement):
        return tostring(one, encoding="unicode", with_tail=False)
    return f"<p>{escape(str(one))}</p>"


def _outermost(found: Iterable[object]) -> Iterator[object]:
    """Yield what lies in nothing found before: `//p | //div` names some paragraphs twice."""
    seen: set[object] = set()
    for one in found:
        if isinstance(one, HtmlElement):
            if any(parent in seen for parent in one.iterancestors()):
                continue
            seen.add(one)
        yield one


def _date(words: str, now: datetime) -> datetime | None:
    words = clean_line(words, RAW_CAP)
    return read_date(words) or _spoken_date(words, now)


def _spoken_date(words: str, now: datetime) -> datetime | None:
    """Return the instant that words such as `24 ноября 2026, 14:05` name; without a zone it is UTC's.

    `3 hours ago` counts from `now`. Words without a digit name none.
    """
    if not any(letter.isdigit() for letter in words):
        return None
    import dateparser  # takes a quarter of a second, once a worker, and only for sources with such a rule

    found = dateparser.parse(
        words,
        settings={
            "TIMEZONE": "UTC",
            "TO_TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "RELATIVE_BASE": now.replace(tzinfo=None),
        },
    )
    return found.astimezone(UTC) if isinstance(found, datetime) else None
