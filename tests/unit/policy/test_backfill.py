"""Where a source's past lies, and how much of a document of it counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.feeds import Entry, ParsedFeed
from monitor.domain.records import Backfill
from monitor.policy.backfill import counts, goes_on, is_numbered, is_past, next_page, older_document

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SINCE = NOW - 90 * DAY
URL = "https://courier.example/feed/"


def entry(days: float | None, *, changed: float | None = None) -> Entry:
    """Return an entry published so many days ago."""
    published = None if days is None else NOW - days * DAY
    updated = None if changed is None else NOW - changed * DAY
    return Entry(key=str(days), guid=None, url=None, title="", published=published, updated=updated)


def document(**changes: object) -> ParsedFeed:
    """Return a document that names no older one."""
    return replace(ParsedFeed(title="", entries=(), total=0, version="rss20"), **changes)  # type: ignore[arg-type]  # its fields


@pytest.mark.parametrize(
    ("one", "polled", "expected"),
    [
        (entry(2), True, True),
        (entry(2), False, True),
        (entry(0.5), True, False),
        (entry(0.5), False, True),
        (entry(None), True, False),
        (entry(None), False, True),
        (entry(None, changed=3), True, True),
        (entry(90), False, True),
        (entry(91), False, False),
        (entry(91, changed=1), False, False),
    ],
)
def test_an_entry_counts_by_its_date_and_by_who_else_sees_it(
    *, one: Entry, polled: bool, expected: bool
) -> None:
    """What polls see is left to them, unless it is back-catalogue; beyond the date nothing counts."""
    assert counts(one, SINCE, NOW, polled=polled) is expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [((), False), ((None,), False), ((100, 91), True), ((100, 89), False), ((None, 91), True)],
)
def test_a_document_is_past_when_all_its_dates_are(*, days: tuple[float | None, ...], expected: bool) -> None:
    """One old entry at its head proves nothing, and entries without dates neither."""
    assert is_past([entry(one) for one in days], SINCE) is expected


@pytest.mark.parametrize(
    ("url", "after"),
    [
        (URL, f"{URL}?paged=2"),
        (f"{URL}?paged=2", f"{URL}?paged=3"),
        (f"{URL}?paged=9#top", f"{URL}?paged=10"),
        (f"{URL}?cat=7", f"{URL}?cat=7&paged=2"),
        (f"{URL}?cat=7&paged=41&lang=ru", f"{URL}?cat=7&paged=42&lang=ru"),
        (f"{URL}?unpaged=7", f"{URL}?unpaged=7&paged=2"),
        (f"{URL}?paged=x", f"{URL}?paged=x&paged=2"),
    ],
)
def test_pages_are_numbered_from_two(url: str, after: str) -> None:
    """The other parameters stay, in their order; each step leads on."""
    assert next_page(url) == after
    assert is_numbered(after)
    assert next_page(after) != after


def test_the_older_document_is_named_or_numbered() -> None:
    """What a document says goes before numbers; an archive that names none is the last."""
    older = f"{URL}archive/7"
    assert older_document(document(older=older), URL, first=True) == older
    assert older_document(document(), URL, first=True) == f"{URL}?paged=2"
    assert older_document(document(), f"{URL}?paged=2", first=False) == f"{URL}?paged=3"
    assert older_document(document(), f"{URL}archive/6", first=False) is None
    assert older_document(document(version="json11"), URL, first=True) is None


def test_a_search_goes_on_where_one_was_broken_off() -> None:
    """One that is over does not, nor one that left out what is now asked for."""
    stored = Backfill(feed_id="c", since=SINCE, next_url=URL, started_at=NOW, updated_at=NOW)
    assert goes_on(stored, SINCE)
    assert goes_on(stored, SINCE + DAY)
    assert not goes_on(stored, SINCE - DAY)
    assert not goes_on(replace(stored, next_url=None), SINCE)
    assert not goes_on(None, SINCE)
