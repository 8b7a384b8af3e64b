"""How long does a server ask us to wait?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.policy.retry_after import CEILING, parse_http_date, parse_retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta()),
        ("120", timedelta(minutes=2)),
        (" 120 ", timedelta(minutes=2)),
        ("000120", timedelta(minutes=2)),
        ("1.5", timedelta(seconds=1)),
        ("604800", CEILING),
        ("604801", CEILING),
        ("9" * 10_000, CEILING),
        ("Thu, 01 Jan 2026 00:10:00 GMT", timedelta(minutes=10)),
        ("Thursday, 01-Jan-26 00:10:00 GMT", timedelta(minutes=10)),
        ("Thu Jan  1 00:10:00 2026", timedelta(minutes=10)),
        ("Thu, 01 Jan 2026 02:10:00 +0200", timedelta(minutes=10)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta()),
        ("Fri, 01 Jan 2027 00:00:00 GMT", CEILING),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
        ("Fri, 31 Feb 2026 00:00:00 GMT", None),
        ("-5", None),
        ("٣", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_both_forms_are_read(value: str, wait: timedelta | None) -> None:
    """Seconds and dates become a wait of at most seven days; what is neither becomes None."""
    assert parse_retry_after(value, NOW) == wait


@given(st.text())
def test_any_text_is_a_wait_within_bounds_or_none(value: str) -> None:
    """No value raises or leads beyond the bounds."""
    wait = parse_retry_after(value, NOW)
    assert wait is None or timedelta() <= wait <= CEILING


def test_a_date_is_an_instant_in_utc() -> None:
    """HTTP dates are aware and in UTC."""
    assert parse_http_date("Thu, 01 Jan 2026 00:00:00 GMT") == NOW
    assert parse_http_date("Thu, 01 Jan 2026 00:00:00 GMT").tzinfo is UTC
    assert parse_http_date("yesterday") is None
