"""Back-fills: how far each came, and that what they find is back-catalogue, once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from store_samples import HOUR, LEASE, NOW, add_feeds, claim_entries, entry, poll

from db import SqlStore
from monitor.domain.records import Backfill

SINCE = NOW - timedelta(days=90)


def progress(**changes: Any) -> Backfill:
    """Return how far a back-fill is after its first document."""
    begun = Backfill(
        feed_id="steppe",
        since=SINCE,
        next_url="https://steppe.example/rss?paged=2",
        started_at=NOW,
        updated_at=NOW,
        pages=1,
    )
    return replace(begun, **changes)


def test_a_feed_that_was_never_searched_has_no_back_fill(store: SqlStore) -> None:
    """Unknown is None."""
    add_feeds(store)
    assert store.backfill("steppe") is None


def test_a_back_fill_is_remembered_with_the_number_it_found(store: SqlStore) -> None:
    """Each step takes the place of the one before; new entries are counted on."""
    add_feeds(store)
    assert store.record_backfill(progress(), [entry(1), entry(2)]) == 2
    assert store.backfill("steppe") == progress(found=2)
    later = progress(found=2, pages=2, next_url=None, updated_at=NOW + HOUR, note="the date is reached")
    assert store.record_backfill(later, [entry(3)]) == 1
    assert store.backfill("steppe") == replace(later, found=3)


def test_what_is_found_is_back_catalogue_and_due_to_be_read(store: SqlStore) -> None:
    """However young it is: a back-fill never alerts. News are read before it."""
    add_feeds(store)
    store.record_backfill(progress(), [entry(1, published=NOW)])
    poll(store, entry(2))
    assert [(one.entry.key, one.late) for one in store.claim_entries(NOW, LEASE, 10)] == [
        (entry(2).key, False),
        (entry(1).key, True),
    ]


def test_entries_that_are_known_stay_as_they_are(store: SqlStore) -> None:
    """Their words, and that they were news, are the poll's; one key counts once."""
    add_feeds(store)
    poll(store, entry(1))
    found = [entry(1, title="Another"), entry(2), entry(2)]
    assert store.record_backfill(progress(), found) == 1
    claimed = claim_entries(store)
    assert [(one.entry.title, one.late) for one in claimed] == [("Title 1", False), ("Title 2", True)]


def test_a_poll_that_lists_what_a_back_fill_found_adds_nothing(store: SqlStore) -> None:
    """Two ways to one entry leave one entry."""
    add_feeds(store)
    store.record_backfill(progress(), [entry(1)])
    poll(store, entry(1))
    assert len(store.claim_entries(NOW, LEASE, 10)) == 1


def test_back_fills_of_two_feeds_are_apart(store: SqlStore) -> None:
    """The same key in another feed is another entry."""
    add_feeds(store, "steppe", "turan")
    store.record_backfill(progress(), [entry(1)])
    assert store.record_backfill(progress(feed_id="turan"), [entry(1)]) == 1
    store.record_backfill(progress(feed_id="turan", found=1), [])
    assert (store.backfill("steppe"), store.backfill("turan")) == (
        progress(found=1),
        progress(feed_id="turan", found=1),
    )
