"""How long do a server and its feed ask to be left alone, and at which times?"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.domain.feeds import Manners
from monitor.policy.retry_after import parse_http_date, parse_retry_after

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.ASCII | re.IGNORECASE)
_AGE = re.compile(r"\d{1,9}", re.ASCII)
_NOTHING = timedelta()
_HOUR = timedelta(hours=1)
_WEEK_OF_HOURS = 7 * 24


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long an answer stays fresh (RFC 9111, 4.2): max-age less its age, or else Expires.

    Zero where the server says nothing, or nothing that is understood. `headers` have lower-case names;
    dates are counted from the answer's own Date, or else from `now`.
    """
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    if found:
        age = _AGE.fullmatch(headers.get("age", "").strip())
        return max(timedelta(seconds=int(found[1]) - int(age[0] if age else 0)), _NOTHING)
    if "no-cache" in headers.get("cache-control", "").lower():
        return _NOTHING
    expires = parse_http_date(headers["expires"]) if "expires" in headers else None
    if expires is None:
        return _NOTHING
    return max(expires - (parse_http_date(headers.get("date", "")) or now), _NOTHING)


def asked_wait(manners: Manners, headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return the longest wait that the feed (ttl), its server's cache or its Retry-After asks for."""
    later = parse_retry_after(headers["retry-after"], now) if "retry-after" in headers else None
    return max(manners.ttl or _NOTHING, fresh_for(headers, now), later or _NOTHING)


def welcome_from(manners: Manners, due: datetime) -> datetime:
    """Return the first instant from `due` on that lies in none of the hours and days to be skipped.

    `due` itself where the feed wants to be left alone always: that is a mistake, not a wish.
    """
    moment = due
    for _ in range(_WEEK_OF_HOURS):
        if moment.weekday() not in manners.skip_days and moment.hour not in manners.skip_hours:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return due
