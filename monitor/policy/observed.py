"""What does a poll show of a source besides its entries? Its clock, its newest item, a gap before it."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from monitor.domain.feeds import FeedState, ParsedFeed
from monitor.policy.retry_after import parse_http_date

FARTHEST_AHEAD = timedelta(days=1)
"""What is dated later than this after a poll is an announcement or a slip, and no newest item."""

MOST_SKEW = timedelta(days=20_000)
"""A clock may be wrong by any number of years; its column holds 68 of them."""

_HASH = 8
_AGE = re.compile(r"[0-9]{1,7}")
_CACHES = frozenset({"via", "x-cache", "cf-cache-status", "x-served-by", "x-varnish"})


def clock_skew(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how far the server's clock is ahead of ours, None where its answer does not say.

    That is its Date with the Age that a cache gives (RFC 9110, 6.6.1; RFC 9111, 5.1). A cache that hides
    the age makes a date look old, so an old one from behind a cache says nothing.

    Args:
        headers: the answer's, with lower-case names.
        now: when it came, aware UTC.
    """
    said = parse_http_date(headers.get("date", ""))
    if said is None:
        return None
    age = _AGE.fullmatch(headers.get("age", ""))
    if age is None and said < now and not _CACHES.isdisjoint(headers):
        return None
    ahead = said - now + timedelta(seconds=int(age[0]) if age else 0)
    return max(-MOST_SKEW, min(ahead, MOST_SKEW))


def newest(before: datetime | None, dates: Iterable[datetime | None], now: datetime) -> datetime | None:
    """Return the latest date of publication ever listed, of those up to a day ahead of `now`."""
    known = [at for at in (before, *dates) if at is not None and at - now <= FARTHEST_AHEAD]
    return max(known, default=None)


def is_gap(before: FeedState, parsed: ParsedFeed, *, known: bool) -> bool:
    """Tell whether a poll has no item in common with the one before: something may have come and gone.

    Args:
        before: the memory before the poll; a feed's first poll has no gap before it.
        parsed: what the body lists; items whose digests are known are not among its entries.
        known: whether one of its entries was listed before, with other words.
    """
    recognised = len(parsed.item_hashes) // _HASH - len(parsed.entries)
    first = before.first_success is None or not before.listed
    return not (first or known or parsed.truncated or recognised > 0) and bool(parsed.entries)
