"""What does a poll show of a source's clock, of its newest item, and of a gap before it?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.feeds import Entry, FeedState, ParsedFeed
from monitor.policy.observed import FARTHEST_AHEAD, MOST_SKEW, clock_skew, is_gap, newest

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BEFORE = FeedState(feed_id="a", url="https://a.example/", next_due=NOW, first_success=NOW - HOUR, listed=20)


@pytest.mark.parametrize(
    ("headers", "skew"),
    [
        ({"date": "Wed, 25 Nov 2026 12:00:00 GMT"}, timedelta()),
        ({"date": "Wed, 25 Nov 2026 17:00:00 GMT"}, 5 * HOUR),
        ({"date": "Wed, 25 Nov 2026 11:00:00 GMT"}, -HOUR),
        ({"date": "Wed, 25 Nov 2026 12:00:00 -0000"}, timedelta()),
        ({"date": "Wed, 25 Nov 2026 17:00:00 +0500"}, timedelta()),
        ({"date": "Wed, 25 Nov 2026 11:00:00 GMT", "age": "3600", "via": "1.1 cache"}, timedelta()),
        ({"date": "Wed, 25 Nov 2026 11:00:00 GMT", "age": "³"}, -HOUR),
        ({"date": "Wed, 25 Nov 2026 11:00:00 GMT", "x-cache": "HIT"}, None),
        ({"date": "Wed, 25 Nov 2026 13:00:00 GMT", "x-cache": "HIT"}, HOUR),
        ({"date": "yesterday"}, None),
        ({"date": "Fri, 31 Dec 9999 23:59:59 -1200"}, None),
        ({"date": "Mon, 20 Nov 99999999999999999999 19:12:08 GMT"}, None),
        ({"date": "Fri, 31 Dec 9999 23:59:59 GMT"}, MOST_SKEW),
        ({}, None),
    ],
)
def test_a_server_tells_its_clock(headers: dict[str, str], skew: timedelta | None) -> None:
    """Date and Age tell it; what a cache may have made old, and what cannot be read, tells nothing."""
    assert clock_skew(headers, NOW) == skew


def test_the_newest_item_is_the_latest_ever_listed() -> None:
    """Undated items, and those dated far ahead, do not count."""
    assert newest(None, [], NOW) is None
    assert newest(NOW - HOUR, [None, NOW - 2 * HOUR], NOW) == NOW - HOUR
    assert newest(NOW - HOUR, [NOW + 2 * HOUR], NOW) == NOW + 2 * HOUR
    assert newest(None, [NOW - HOUR, NOW + FARTHEST_AHEAD + HOUR], NOW) == NOW - HOUR


def listed(*, entries: int, recognised: int = 0, truncated: bool = False) -> ParsedFeed:
    """Return a body with so many items that are new to the parser, and others whose digests are known."""
    new = tuple(Entry(key=f"{number:064x}", guid=None, url=None, title="") for number in range(entries))
    hashes = b"8 bytes." * (entries + recognised)
    return ParsedFeed(
        title="", entries=new, total=entries + recognised, item_hashes=hashes, truncated=truncated
    )


def test_two_polls_without_a_common_item_leave_a_gap() -> None:
    """Unless it is the first poll, or the one before listed nothing, or the body was not seen to its end."""
    assert is_gap(BEFORE, listed(entries=20), known=False)
    assert not is_gap(BEFORE, listed(entries=19, recognised=1), known=False)
    assert not is_gap(BEFORE, listed(entries=20), known=True)
    assert not is_gap(BEFORE, listed(entries=0), known=False)
    assert not is_gap(BEFORE, listed(entries=20, truncated=True), known=False)
    assert not is_gap(replace(BEFORE, first_success=None), listed(entries=20), known=False)
    assert not is_gap(replace(BEFORE, listed=0), listed(entries=20), known=False)
