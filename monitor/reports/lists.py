"""How do sources leave for other programs? As OPML or CSV, which `newsmon sources import` reads again."""

import csv
import io
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from monitor.domain.feeds import Feed
from monitor.policy.mail import clean_line

COLUMNS = ("name", "url", "homepage", "language", "country", "kind", "group")


def opml_of(feeds: Iterable[Feed]) -> str:
    """Return an OPML 2.0 document, with groups as folders in the order in which they first come."""
    folders: dict[str, list[Feed]] = {}
    for feed in feeds:
        folders.setdefault(feed.group or "", []).append(feed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">']
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
        row = (feed.outlet, feed.url, _home(feed), feed.lang, feed.country, feed.outlet_kind, feed.group)
        table.writerow([clean_line(value or "") for value in row])
    return text.getvalue()


def _outline(feed: Feed) -> str:
    said = {"text": feed.outlet, "type": "rss", "xmlUrl": feed.url, "htmlUrl": _home(feed)}
    said |= {"language": feed.lang} if feed.lang else {}
    return f"<outline {' '.join(f'{name}={_said(value)}' for name, value in said.items())}/>"


def _home(feed: Feed) -> str:
    return f"https://{feed.domain}/"


def _said(value: str) -> str:
    return quoteattr(clean_line(value))
