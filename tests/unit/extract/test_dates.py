"""A date is what a feed says, or unknown; it is never made up."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from monitor.extract.dates import possible, read_date

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "instant"),
    [
        ("2026-11-10T10:00:00Z", (2026, 11, 10, 10, 0)),
        ("2026-11-10T10:00:00.123+06:00", (2026, 11, 10, 4, 0, 0, 123_000)),
        ("2026-11-10T10:00:07,1234567Z", (2026, 11, 10, 10, 0, 7, 123_456)),
        ("Tue, 10 Nov 2026 10:00:07.5 GMT", (2026, 11, 10, 10, 0, 7, 500_000)),
        ("2026-11-10 10:00:00 +0600", (2026, 11, 10, 4, 0)),
        ("2026-11-10T10:00+05", (2026, 11, 10, 5, 0)),
        ("20261110T100000Z", (2026, 11, 10, 10, 0)),
        ("2026-11-10", (2026, 11, 10, 0, 0)),
        ("Tue, 10 Nov 2026 10:00:00 GMT", (2026, 11, 10, 10, 0)),
        ("Tue, 10 Nov 2026 10:00:00 EST", (2026, 11, 10, 15, 0)),
        ("Tue, 10 Nov 2026 10:00:00 ALMT", (2026, 11, 10, 10, 0)),
        ("Tue, 10 Nov 26 10:00 -0330", (2026, 11, 10, 13, 30)),
        ("10 Nov 99 10:00:00 +0000 (UTC)", (1999, 11, 10, 10, 0)),
        ("  Tuesday,  10-November-2026 10:00:00 +06:00\n", (2026, 11, 10, 4, 0)),
        ("10 Nov 2026", (2026, 11, 10, 0, 0)),
    ],
)
def test_the_two_standards_are_read(raw: str, instant: tuple[int, ...]) -> None:
    """ISO 8601 and RFC 822 dates give instants in UTC."""
    assert read_date(raw) == datetime(*instant, tzinfo=UTC)  # type: ignore[misc,arg-type] # parts vary


def test_a_leap_second_is_the_last_second_of_its_minute() -> None:
    """23:59:60 is a time that exists."""
    assert read_date("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2024-13-45T99:99:99Z",
        "0000-00-00",
        "2023-02-29",
        "31 Feb 2024 10:00:00 GMT",
        "Tue, 10 Nov 2026 25:00:00 GMT",
        "2026-11-10T10:61:00Z",
        "2026-11-10T10:00:00+15:00",
        "2026-11-10T10:00:00+05:99",
        "Tue, 10 Nov 2026 10:00:00 +999999999",
        "9999-12-31T23:59:59-05:00",
        "2026",
        "2026-11",
        "soon",
        "",
    ],
)
def test_what_cannot_be_is_unknown(raw: str) -> None:
    """Impossible days, hours and offsets are not rolled over, even when another parser did so."""
    assert read_date(raw) is None
    if raw not in {"soon", ""}:
        assert read_date(raw, time.gmtime(0)) is None


def test_other_spellings_are_believed_to_the_feed_parser() -> None:
    """A date in words of another language comes from the parser that knows them."""
    assert read_date("2026-november-10", time.struct_time((2026, 11, 10, 0, 0, 0, 1, 314, 0))) == datetime(
        2026, 11, 10, tzinfo=UTC
    )


def test_a_parsed_year_out_of_range_is_unknown() -> None:
    """The feed parser gives years that datetime has not."""
    assert read_date("once upon a time", time.struct_time((-1, 11, 30, 0, 0, 0, 1, 334, 0))) is None


@pytest.mark.parametrize(
    ("instant", "is_possible"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(1990, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(days=1), True),
        (NOW + timedelta(days=1, seconds=1), False),
        (datetime(2090, 1, 1, tzinfo=UTC), False),
    ],
)
def test_dates_out_of_range_are_unknown(instant: datetime, is_possible: bool) -> None:  # noqa: FBT001
    """Before 1990 and later than tomorrow nothing was published."""
    assert possible(instant, NOW) == (instant if is_possible else None)


def test_unknown_stays_unknown() -> None:
    """No date is no date."""
    assert possible(None, NOW) is None
