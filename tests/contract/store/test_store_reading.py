"""Entries and articles: what waits to be read, and what reading changes."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from store_samples import (
    HOUR,
    LEASE,
    NOW,
    add_articles,
    add_feeds,
    article,
    claim_entries,
    entry,
    match,
    matched,
    poll,
    read,
)

from db import SqlStore
from monitor.domain.articles import EntryState
from monitor.domain.errors import StoreError
from monitor.domain.records import ReadRecord


@pytest.fixture(autouse=True)
def _feeds(store: SqlStore) -> None:
    add_feeds(store, "steppe", "turan")


def test_entries_are_claimed_once_and_again_after_the_lease(store: SqlStore) -> None:
    """A crash while reading costs the lease, and no entry."""
    poll(store, entry(1), entry(2), entry(3))
    assert [pending.entry.key for pending in claim_entries(store, limit=2)] == [entry(1).key, entry(2).key]
    assert [pending.entry.key for pending in claim_entries(store)] == [entry(3).key]
    assert claim_entries(store, NOW + LEASE - timedelta(microseconds=1)) == []
    assert len(claim_entries(store, NOW + LEASE)) == 3


def test_concurrent_claimers_never_share_an_entry(store: SqlStore) -> None:
    """Eight claimers at once get two hundred entries, each entry once."""
    poll(store, *(entry(number) for number in range(200)))
    claimed: list[int] = []
    barrier = Barrier(8)

    def work() -> None:
        barrier.wait()
        while pending := claim_entries(store, limit=7):
            claimed.extend(one.id for one in pending)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 200


def test_news_is_read_before_back_catalogue_however_old(store: SqlStore) -> None:
    """A late find that has waited for a day still lets today's news pass."""
    old = [entry(number) for number in range(3)]
    poll(store, *old, late=frozenset(one.key for one in old))
    poll(store, entry(9), at=NOW + 24 * HOUR)
    pending = claim_entries(store, NOW + 25 * HOUR, 2)
    assert [one.entry.key for one in pending] == [entry(9).key, entry(0).key]


def test_a_read_entry_has_its_article(store: SqlStore) -> None:
    """The article comes back as it was given, with an id, and waits to be matched."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    store.record_reads([read(pending, article(1))])
    (unmatched,) = store.claim_articles(NOW, LEASE, 10)
    stored = store.article(unmatched.article.id)
    assert stored == unmatched.article == article(1, id=unmatched.article.id)
    assert (unmatched.late, unmatched.listed_at, unmatched.feed_first_success) == (False, NOW, None)
    assert not unmatched.story_alerted
    journey = store.journey("https://steppe.example/1")
    assert journey is not None
    assert (journey.state, journey.read_at, journey.fetch_note) == (EntryState.EXTRACTED, NOW, "200, 48 kB")
    assert (journey.versions, journey.page_due) == (1, None)
    assert claim_entries(store, NOW + 9 * HOUR) == []


@pytest.mark.parametrize("state", [EntryState.GONE, EntryState.BLOCKED, EntryState.FAILED])
def test_an_entry_without_an_article_ends_with_its_reason(store: SqlStore, state: EntryState) -> None:
    """Every end is counted and explained."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    store.record_reads([read(pending, state=state, reason="page gone: 404")])
    journey = store.journey("https://steppe.example/1")
    assert journey is not None
    assert (journey.state, journey.reason, journey.article) == (state, "page gone: 404", None)
    assert store.status(NOW).entries[state.value] == 1
    assert claim_entries(store, NOW + 999 * HOUR) == []


def test_a_page_that_is_down_is_tried_again_at_its_time(store: SqlStore) -> None:
    """The count of tries is kept; the entry comes back when its time has come, not before."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    due = NOW + HOUR
    store.record_reads([read(pending, state=EntryState.LISTED, reason="502", page_due=due, page_attempts=1)])
    assert claim_entries(store, due - timedelta(microseconds=1)) == []
    (again,) = claim_entries(store, due)
    assert (again.page_attempts, again.state) == (1, EntryState.LISTED)


def test_an_entry_on_its_way_is_never_forgotten(store: SqlStore) -> None:
    """An entry that is put back without a time is due at once."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    store.record_reads([read(pending, state=EntryState.LISTED)])
    assert len(claim_entries(store)) == 1


def test_a_second_entry_with_the_same_page_is_a_duplicate(store: SqlStore) -> None:
    """One canonical URL is one article, also within one batch; the reason names it."""
    poll(store, entry(1), entry(2, url="https://steppe.example/1?from=home"))
    poll(store, entry(3, url="https://turan.example/copy"), feed_id="turan")
    first, second, third = claim_entries(store)
    store.record_reads([read(first, article(1)), read(second, article(1, title="Other"))])
    store.record_reads([read(third, article(1, feed_id="turan"))])
    (row,) = store.articles()
    assert row.article.title == "Title 1"
    for url in ("https://steppe.example/1?from=home", "https://turan.example/copy"):
        journey = store.journey(url)
        assert journey is not None
        assert journey.state is EntryState.DUPLICATE
        assert journey.reason == f"same page as article {row.article.id} (steppe)"
        assert journey.article == row.article
    assert store.status(NOW).entries["duplicate"] == 2


def test_replaying_a_read_creates_no_row(store: SqlStore) -> None:
    """Ten times the same read is one article in one version."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    for _ in range(10):
        store.record_reads([read(pending, article(1))])
    journey = store.journey("https://steppe.example/1")
    assert journey is not None
    assert (len(store.articles()), journey.versions, journey.state) == (1, 1, EntryState.EXTRACTED)


def test_other_words_on_the_page_become_a_version(store: SqlStore) -> None:
    """A correction is a new version, is matched again, and keeps the article's story."""
    (number,) = add_articles(store, 1)
    store.record_matches([matched(number, match())])
    before = store.article(number)
    assert before is not None
    poll(store, at=NOW + HOUR, updated=(entry(1, title="Corrected"),))
    (pending,) = claim_entries(store, NOW + HOUR)
    assert (pending.article_id, pending.state) == (number, EntryState.MATCHED)
    store.record_reads([read(pending, article(1, text="Corrected text.", read_at=NOW + HOUR))])
    (unmatched,) = store.claim_articles(NOW + HOUR, LEASE, 10)
    assert (unmatched.article.version, unmatched.article.text) == (2, "Corrected text.")
    assert unmatched.article.story_id == before.story_id
    journey = store.journey(str(number))
    assert journey is not None
    assert (journey.versions, journey.state, journey.matched_at) == (2, EntryState.EXTRACTED, None)


def test_the_same_words_on_the_page_change_no_verdict(store: SqlStore) -> None:
    """What was read from the feed and is the same on the page is only marked whole."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    due = NOW + HOUR
    store.record_reads([read(pending, article(1, incomplete="from the feed only"), page_due=due)])
    ((row,),) = ([store.articles()[0].article],)
    store.record_matches([matched(row.id, match())])
    (again,) = claim_entries(store, due)
    store.record_reads([read(again, article(1, read_at=due), at=due, page_attempts=2)])
    journey = store.journey(str(row.id))
    assert journey is not None
    assert journey.article is not None
    assert (journey.article.incomplete, journey.article.version, journey.versions) == ("", 1, 1)
    assert (journey.state, journey.reason, journey.page_due) == (
        EntryState.MATCHED,
        "flagged by 1 topic",
        None,
    )
    assert store.claim_articles(due, LEASE, 10) == []
    assert claim_entries(store, due + 99 * HOUR) == []


def test_the_same_words_read_before_the_match_still_wait_for_it(store: SqlStore) -> None:
    """A second read that overtakes the matcher leaves the article in the queue."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    store.record_reads([read(pending, article(1), page_due=NOW)])
    (again,) = claim_entries(store)
    store.record_reads([read(again, article(1))])
    assert len(store.claim_articles(NOW, LEASE, 10)) == 1
    assert store.status(NOW).entries["extracted"] == 1


def test_a_page_that_tells_its_canonical_url_late_keeps_its_article(store: SqlStore) -> None:
    """Read from the feed first, the article takes the URL that its page states."""
    poll(store, entry(1), entry(2))
    first, second = claim_entries(store)
    store.record_reads([read(first, article(1), page_due=NOW), read(second, article(2), page_due=NOW)])
    first, second = claim_entries(store)
    changed = article(1, url="https://steppe.example/canonical", text="The whole text.")
    same = article(2, url="https://steppe.example/canonical2")
    store.record_reads([read(first, changed), read(second, same)])
    assert sorted(row.article.url for row in store.articles()) == [changed.url, same.url]
    for url, versions in (("canonical", 2), ("1", 2), ("canonical2", 1), ("2", 1)):
        journey = store.journey(f"https://steppe.example/{url}")
        assert journey is not None
        assert journey.versions == versions


def test_an_article_whose_page_is_anothers_becomes_a_duplicate(store: SqlStore) -> None:
    """Its own article stays as it was read; the entry points to the one with that URL."""
    poll(store, entry(1), entry(2))
    first, second = claim_entries(store)
    store.record_reads([read(first, article(1)), read(second, article(2), page_due=NOW)])
    (again,) = claim_entries(store)
    store.record_reads([read(again, article(1, text="As the page has it."))])
    assert len(store.articles()) == 2
    journey = store.journey("https://steppe.example/2")
    assert journey is not None
    assert journey.state is EntryState.DUPLICATE
    # Its article is matched all the same; the entry's end stands.
    for unmatched in store.claim_articles(NOW, LEASE, 10):
        store.record_matches([matched(unmatched.article.id)])
    assert store.status(NOW).entries["duplicate"] == 1
    assert store.status(NOW).entries["nothing"] == 1


def test_a_retry_that_finds_no_page_keeps_the_article(store: SqlStore) -> None:
    """What the feed gave stays readable when the page never comes."""
    (number,) = add_articles(store, 1)
    poll(store, at=NOW + HOUR, updated=(entry(1, title="x"),))
    (pending,) = claim_entries(store, NOW + HOUR)
    store.record_reads([read(pending, state=EntryState.GONE, reason="404")])
    journey = store.journey("https://steppe.example/1")
    assert journey is not None
    assert journey.article is not None
    assert (journey.article.id, journey.state) == (number, EntryState.GONE)


def test_words_that_change_while_being_read_are_read_again(store: SqlStore) -> None:
    """The record of reading the old words does not swallow the wish to read the new ones."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    later = NOW + timedelta(minutes=1)
    poll(store, at=later, updated=(entry(1, content="new"),))
    store.record_reads([read(pending, article(1), at=later)])
    (again,) = claim_entries(store, later)
    assert again.entry.content == "new"
    store.record_reads([read(again, article(1), at=later)])
    assert claim_entries(store, later + 99 * HOUR) == []


def test_reading_an_unknown_entry_is_refused_whole(store: SqlStore) -> None:
    """One wrong id, and nothing of the batch is stored."""
    poll(store, entry(1))
    (pending,) = claim_entries(store)
    stranger = ReadRecord(entry_id=999, at=NOW, state=EntryState.GONE, reason="")
    with pytest.raises(StoreError, match="no entry 999"):
        store.record_reads([read(pending, article(1)), stranger])
    assert store.articles() == []


def test_unmatched_articles_come_news_first_and_by_lease(store: SqlStore) -> None:
    """Back-catalogue waits; a lease that is over frees what was not recorded."""
    poll(store, entry(1), late=frozenset({entry(1).key}), state=_after_success(store))
    poll(store, entry(2))
    pending = claim_entries(store)
    store.record_reads([read(one, article(int(one.entry.key, 16))) for one in reversed(pending)])
    claimed = store.claim_articles(NOW, LEASE, 10)
    assert [(one.article.url[-1], one.late) for one in claimed] == [("2", False), ("1", True)]
    assert claimed[0].feed_first_success == NOW
    assert store.claim_articles(NOW, LEASE, 10) == []
    assert len(store.claim_articles(NOW + LEASE, LEASE, 1)) == 1


def _after_success(store: SqlStore) -> object:
    from dataclasses import replace

    state = store.feed_states()[0].state
    return replace(state, first_success=NOW, last_success=NOW)
