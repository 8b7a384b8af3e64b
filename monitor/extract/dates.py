"""When was it published? Strict where the usual parsers roll over: an impossible date is unknown."""

import calendar
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

RAW_CAP = 100
"""Characters kept of a date as it was written."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FUTURE = timedelta(days=1)

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})"
    r"(?:[Tt ](\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?\s?([A-Za-z]{1,5}|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_RFC822 = re.compile(
    r"(?:[A-Za-z]{2,9}\.?,?\s?)?(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]*\.?[ -](\d{4}|\d{2})"
    r"(?:,? (\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)? ?([A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?(?: \([^()]*\))?"
)
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_-]|$)")
# A year or a month is no day; an offset of five digits and more moves a date by years.
_HOPELESS = re.compile(r"\d{4}(?:-\d{2})?|.*[+-]\d{5,}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Hours; RFC 5322, 4.3: a name that is not known counts as UTC.
_ZONES = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_ZONES |= {"cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3, "bst": 1}
_LARGEST_OFFSET = timedelta(hours=14)
_CENTURY_TURN = 50
_MICROSECONDS = 6


def possible(instant: datetime | None, now: datetime) -> datetime | None:
    """Return the instant when it lies within 1990 and a day after `now`, else None: unknown."""
    return instant if instant is not None and EARLIEST <= instant <= now + FUTURE else None


def read_date(raw: str, parsed: time.struct_time | None = None) -> datetime | None:
    """Return the instant that a date in a feed names, aware UTC, or None where it names none.

    ISO 8601 and RFC 822/5322 are read here, strictly: a 13th month, the 31st of February, 25
    o'clock and offsets above 14 hours give None. A date without a zone counts as UTC, one without a
    time as midnight. Other spellings (Hungarian, Greek, Korean ...) are believed to the feed parser.

    Args:
        raw: the date as it was written.
        parsed: what the feed parser read in it, in UTC.
    """
    raw = " ".join(raw[: RAW_CAP * 2].split())[:RAW_CAP]
    iso = _ISO.fullmatch(raw)
    if iso:
        return _instant(iso.groups()[:-1], iso[8])
    rfc = _RFC822.fullmatch(raw)
    if rfc and rfc[2].lower() in _MONTHS:
        month = str(_MONTHS.index(rfc[2].lower()) + 1)
        return _instant((_full_year(rfc[3]), month, rfc[1], *rfc.groups()[3:-1]), rfc[8])
    if parsed is None or _HOPELESS.fullmatch(raw):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _full_year(year: str) -> str:
    if len(year) > len("26"):
        return year
    return f"20{year}" if int(year) < _CENTURY_TURN else f"19{year}"  # RFC 5322, 4.3


def _instant(parts: Sequence[str | None], zone: str | None) -> datetime | None:
    """Return the instant of year, month, day, hour, minute, second and its fraction as written in a zone."""
    offset = _offset(zone or "")
    if offset is None:
        return None
    *whole, fraction = parts
    year, month, day, hour, minute, second = (int(part or 0) for part in whole)
    microsecond = int((fraction or "").ljust(_MICROSECONDS, "0")[:_MICROSECONDS])
    if second == 60:  # noqa: PLR2004 - a leap second
        second = 59
    try:
        return datetime(year, month, day, hour, minute, second, microsecond, UTC) - offset
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta | None:
    if zone[:1] not in ("+", "-"):
        return timedelta(hours=_ZONES.get(zone.lower(), 0))
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    if offset > _LARGEST_OFFSET or minutes >= 60:  # noqa: PLR2004 - minutes of an hour
        return None
    return offset if zone[0] == "+" else -offset


def url_date(url: str, now: datetime) -> datetime | None:
    """Return the day that a URL's path names (`/2026/11/10/`), at midnight UTC, or None."""
    found = _URL_DATE.search(urlsplit(url).path)
    return possible(read_date("-".join(found.groups())), now) if found else None
