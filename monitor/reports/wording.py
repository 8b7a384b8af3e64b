"""In what words do reports give numbers, names and times?

English, with times as the recipient's clock shows them. Nothing here depends on the machine's locale.
"""

import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.policy.mail import clean_line

WIDTH = 76
"""Columns of the plain text parts (RFC 5322 advises at most 78)."""

URL_LIMIT = 2000
"""Characters of a link that reports still carry."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def count(number: int, one: str, many: str) -> str:
    """Return a number with its noun: "1 story", "1,204 stories"."""
    return f"{number:,} {one if number == 1 else many}"


def listed(names: Sequence[str], limit: int, joiner: str = ", ") -> str:
    """Return the first `limit` names, and how many more there are."""
    shown = joiner.join(names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant on the zone's clock, with the offset: "23 Nov 2026, 14:05 (+05)"."""
    local = instant.astimezone(zone)
    return f"{day(local.date())} {local.year}, {local:%H:%M} ({offset(local)})"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return a window on the zone's clock: "22 Nov 08:00 to 23 Nov 2026 08:00 (+05)".

    Both offsets are given where a change of the clocks lies between.
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    changed = f" ({offset(first)})" if first.utcoffset() != last.utcoffset() else ""
    return (
        f"{day(first.date())} {first:%H:%M}{changed} to "
        f"{day(last.date())} {last.year} {last:%H:%M} ({offset(last)})"
    )


def offset(local: datetime) -> str:
    """Return an aware datetime's distance from UTC: "UTC", "+05", "+05:30", "−03"."""
    distance = local.utcoffset() or timedelta()
    if not distance:
        return "UTC"
    hours, minutes = divmod(abs(distance) // timedelta(minutes=1), 60)
    sign = "+" if distance > timedelta() else "−"
    return f"{sign}{hours:02}" + (f":{minutes:02}" if minutes else "")


def day(date_: date) -> str:
    """Return a day of the year: "23 Nov"."""
    return f"{date_.day} {_MONTHS[date_.month - 1]}"


def long_day(date_: date) -> str:
    """Return a day in full: "Monday, 23 November 2026"."""
    return f"{_DAYS[date_.weekday()]}, {date_.day} {_LONG_MONTHS[date_.month - 1]} {date_.year}"


def since(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return `start` as somebody at `end` would say it: "today 06:00", "yesterday 08:00", "20 Nov 08:00"."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    match (last.date() - first.date()).days:
        case 0:
            said = "today"
        case 1:
            said = "yesterday"
        case _:
            said = day(first.date())
    return f"{said} {first:%H:%M}"


def web_link(url: str, limit: int = URL_LIMIT) -> str | None:
    """Return `url` if a report may link to it: absolute, http or https, at most `limit` long; else None."""
    link = clean_line(url)
    if link != url or " " in link or len(link) > limit:
        return None
    try:
        parts = urlsplit(link)
        safe = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # a broken IPv6 host
        return None
    return link if safe else None


def wrapped(text: str, indent: str = "", hanging: str | None = None) -> str:
    """Return `text` in lines of at most `WIDTH` columns; long words, such as links, stay whole."""
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def columns(text: str) -> int:
    """Return how many columns of a terminal `text` takes (UAX 11: wide letters take two)."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def fitted(text: str, width: int) -> str:
    """Return `text` in exactly `width` columns: filled with spaces, or cut with "…"."""
    if columns(text) > width:
        while columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - columns(text))
