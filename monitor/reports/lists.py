"""How do sources leave for other programs? As OPML or CSV, which `newsmon sources import` reads again."""

import csv
import io
from collections.abc import Iterable
from datetime import timedelta
from xml.sax.saxutils import quoteattr

from monitor.domain.feeds import ALL_LINKS, GENERAL_WAY, Feed
from monitor.domain.finding import FURTHER, LISTED
from monitor.policy.mail import clean_line

COLUMNS = ("id", "name", "url", "homepage", "language", "country", "kind", "outlet_kind", "group", *FURTHER)
_DAYS = {"day": 1, "week": 7, "month": 30}


def opml_of(feeds: Iterable[Feed]) -> str:
    """Return an OPML 2.0 document, with groups as folders in the order in which they first come.

    What OPML has no word for stands in attributes of a namespace of our own, which others pass over.
    """
    folders: dict[str, list[Feed]] = {}
    for feed in feeds:
        folders.setdefault(feed.group or "", []).append(feed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<opml version="2.0" xmlns:newsmon="{LISTED}">']
    lines += ["  <head><title>Sources of Newsmon</title></head>", "  <body>"]
    for group, members in folders.items():
        lines += [f"    <outline text={_said(group)}>"] if group else []
        lines += [("      " if group else "    ") + _outline(feed) for feed in members]
        lines += ["    </outline>"] if group else []
    return "\n".join([*lines, "  </body>", "</opml>"]) + "\n"


def csv_of(feeds: Iterable[Feed]) -> str:
    """Return a table with a line of headings (RFC 4180, with line feeds)."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for feed in feeds:
        said = _ours(feed) | {
            "name": feed.outlet,
            "url": feed.url,
            "homepage": _home(feed),
            "language": feed.lang or "",
            "group": feed.group or "",
        }
        table.writerow([clean_line(said.get(column, "")) for column in COLUMNS])
    return text.getvalue()


def beyond_lists(feed: Feed) -> bool:
    """Return whether a source has settings that no list carries: headers, rules, private networks."""
    return bool(
        feed.headers
        or feed.credentials
        or feed.allow_private
        or feed.links != ALL_LINKS
        or feed.reading != GENERAL_WAY
        or feed.first_poll != "digest"
    )


def _outline(feed: Feed) -> str:
    said = {"text": feed.outlet, "type": "rss", "xmlUrl": feed.url, "htmlUrl": _home(feed)}
    said |= {"language": feed.lang} if feed.lang else {}
    said |= {f"newsmon:{name}": value for name, value in _ours(feed).items()}
    return f"<outline {' '.join(f'{name}={_said(value)}' for name, value in said.items())}/>"


def _ours(feed: Feed) -> dict[str, str]:
    """Return what a list says of a source in words of ours: what differs from what is meant without."""
    said = {
        "id": feed.id,
        "kind": feed.kind,
        "country": feed.country,
        "outlet_kind": feed.outlet_kind,
        "section": feed.section,
        "poll_every": None if feed.adapts else _duration(feed.poll_every),
        "rhythm": _rhythm(feed.rhythm) if feed.rhythm else None,
        "read": feed.read if feed.read != "page" else None,
        "overload": feed.overload if feed.overload != "feed" else None,
    }
    return {name: value for name, value in said.items() if value}


def _duration(value: timedelta) -> str:
    minutes, rest = divmod(value.total_seconds(), 60)
    return f"{value.total_seconds():g}s" if rest else f"{minutes:.0f}m"


def _rhythm(number: float) -> str:
    """Return how many come as the files say it: by the day, week or month in which it is a round number."""
    written = {unit: f"{number * days:.3f}".rstrip("0").rstrip(".") for unit, days in _DAYS.items()}
    exact = [unit for unit, days in _DAYS.items() if float(written[unit]) / days == number]
    unit = exact[0] if exact else "month"
    return f"{written[unit]}/{unit}"


def _home(feed: Feed) -> str:
    return f"https://{feed.domain}/"


def _said(value: str) -> str:
    return quoteattr(clean_line(value))
