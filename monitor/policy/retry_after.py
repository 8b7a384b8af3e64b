"""How long does a server ask us to wait, by Retry-After (RFC 9110, section 10.2.3)?"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

CEILING = timedelta(days=7)

_SECONDS = re.compile(r"(\d+)(?:\.\d+)?", re.ASCII)
_DIGITS_OF_CEILING = 6  # 604800; a longer number is beyond the ceiling, and may be too long for int()


def parse_retry_after(value: str, now: datetime) -> timedelta | None:
    """Return the wait asked for, at most seven days, or None where the value says nothing.

    Args:
        value: seconds, or a date in any of HTTP's three forms.
        now: the instant a date is counted from, aware: best the answer's own Date. A date in the past is
            a wait of zero.
    """
    value = value.strip()
    if seconds := _SECONDS.fullmatch(value):
        digits = seconds[1].lstrip("0")
        if len(digits) > _DIGITS_OF_CEILING:
            return CEILING
        return min(timedelta(seconds=int(digits or 0)), CEILING)
    until = parse_http_date(value)
    if until is None:
        return None
    return min(max(until - now, timedelta()), CEILING)


def parse_http_date(value: str) -> datetime | None:
    """Return the instant of an HTTP date, aware UTC, or None where it is not one."""
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
