"""What does a feed's head ask of those who poll it?

`ttl`, the syndication module's period (sy:updatePeriod), and RSS 2.0's skipHours and skipDays. The
parser keeps only the last of several hours and days, so these are read from the document itself.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from monitor.domain.feeds import Manners

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST = timedelta(days=30)
_DIGITS = 9
_DAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
_HOUR = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY = re.compile(rb"<day>\s*([a-z]{6,9})\s*</day>", re.IGNORECASE)
_LISTED = 4096
"""Bytes of a list of hours or days that are looked at."""


def asked_manners(head: Mapping[str, object], body: bytes) -> Manners:
    """Return what the feed asks for; `head` is its head as the parser gives it."""
    return Manners(ttl=_ttl(head), skip_hours=_skip_hours(body), skip_days=_skip_days(body))


def _ttl(head: Mapping[str, object]) -> timedelta | None:
    """Return how long the feed asks to be left alone: `ttl` (minutes), or the syndication module's.

    None where it asks for nothing or for nonsense; at most 30 days.
    """
    minutes = _number(head.get("ttl"))
    if minutes:
        return min(timedelta(minutes=minutes), _LONGEST)
    period = _PERIODS.get(str(head.get("sy_updateperiod") or "").strip().lower())
    if period is None:
        return None
    times = _number(head.get("sy_updatefrequency"))
    return min(period / (times or 1), _LONGEST)


def _number(value: object) -> int:
    text = str(value or "").strip()
    return int(text) if text.isdecimal() and len(text) < _DIGITS else 0


def _skip_hours(body: bytes) -> frozenset[int]:
    # Hours are 0 to 23; those who count from 1 write 24 for midnight.
    hours = (int(hour) % 24 for hour in _HOUR.findall(_list(body, b"skipHours")) if int(hour) <= 24)  # noqa: PLR2004
    return frozenset(hours)


def _skip_days(body: bytes) -> frozenset[int]:
    days = (day.lower() for day in _DAY.findall(_list(body, b"skipDays")))
    return frozenset(_DAYS.index(day) for day in days if day in _DAYS)


def _list(body: bytes, name: bytes) -> bytes:
    start = body.find(b"<" + name + b">")
    if start < 0:
        return b""
    end = body.find(b"</" + name + b">", start)
    return body[start : min(end, start + _LISTED)] if end >= 0 else b""
