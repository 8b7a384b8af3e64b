"""Feeds: what is due, what a poll changes, and what survives a change of configuration."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from store_samples import HOUR, LEASE, NOW, add_feeds, claim_entries, entry, feed, poll

from db import SqlStore
from monitor.domain.errors import StoreError
from monitor.domain.feeds import FeedState, Manners, Rhythm
from monitor.domain.records import PollRecord


def test_a_new_feed_is_due_at_once(store: SqlStore) -> None:
    """A feed that was never seen is claimed on the first try, with an empty memory."""
    add_feeds(store)
    (state,) = store.claim_feeds(NOW, LEASE, 10)
    assert state == FeedState(feed_id="steppe", url="https://steppe.example/rss", next_due=NOW)


def test_remembering_a_feed_again_changes_nothing_it_remembers(store: SqlStore) -> None:
    """A second start leaves due times and validators as they are."""
    add_feeds(store)
    poll(store)
    before = store.feed_states()
    add_feeds(store, now=NOW + HOUR)
    assert store.feed_states() == before


def test_another_declared_url_starts_over_with_the_validators(store: SqlStore) -> None:
    """What belonged to the old URL is forgotten; what the feed lived through is not."""
    add_feeds(store)
    (row,) = store.feed_states()
    known = replace(
        row.state,
        next_due=NOW + HOUR,
        etag='"1"',
        last_modified="Mon",
        body_hash=b"\x00\xff",
        item_hashes=b"12345678",
        failure_points=2.5,
        failing_since=NOW,
        last_error="dns",
        last_polled=NOW,
        last_success=NOW - HOUR,
        first_success=NOW - 2 * HOUR,
        moved_to="https://steppe.example/new",
        moved_seen=2,
        gone_since=NOW,
        full_at=NOW,
        listed=20,
        newest=NOW - HOUR,
        gap_at=NOW - HOUR,
        clock_skew=timedelta(seconds=-90),
        manners=Manners(ttl=HOUR, skip_hours=frozenset((0, 23)), skip_days=frozenset((6,))),
    )
    store.record_polls([PollRecord(state=known, at=NOW, outcome="dns")])
    assert store.feed_states()[0].state == known
    later = NOW + HOUR / 2
    store.remember_feeds([feed(url="https://steppe.example/other")], later)
    assert store.feed_states()[0].state == FeedState(
        feed_id="steppe",
        url="https://steppe.example/other",
        next_due=later,
        last_polled=NOW,
        last_success=NOW - HOUR,
        first_success=NOW - 2 * HOUR,
    )


def test_a_feed_that_is_no_longer_configured_is_kept_but_not_claimed(store: SqlStore) -> None:
    """Taking a feed out and putting it back costs none of its memory."""
    add_feeds(store, "steppe", "turan")
    poll(store, entry(1))
    add_feeds(store, "turan")
    assert [row.state.feed_id for row in store.feed_states()] == ["turan"]
    assert [state.feed_id for state in store.claim_feeds(NOW + 9 * HOUR, LEASE, 10)] == ["turan"]
    add_feeds(store, "steppe", "turan")
    assert [(row.state.feed_id, row.entries) for row in store.feed_states()] == [("steppe", 1), ("turan", 0)]


def test_no_feed_configured_is_no_feed_claimed(store: SqlStore) -> None:
    """An empty configuration is a valid one."""
    add_feeds(store)
    store.remember_feeds([], NOW)
    assert store.claim_feeds(NOW, LEASE, 10) == []


def test_whatever_was_a_source_keeps_its_id(store: SqlStore) -> None:
    """Ids are remembered with their address when nobody configures them any more."""
    assert store.feed_addresses() == {}
    store.remember_feeds([feed("steppe", url="https://steppe.example/rss")], NOW)
    store.remember_feeds([feed("turan", url="https://turan.example/rss")], NOW)
    assert store.feed_addresses() == {
        "steppe": "https://steppe.example/rss",
        "turan": "https://turan.example/rss",
    }


def test_feeds_are_claimed_longest_overdue_first_up_to_the_limit(store: SqlStore) -> None:
    """The limit cuts off those that have waited least."""
    for hours, name in ((2, "b"), (1, "c"), (3, "a")):
        store.remember_feeds([feed(n) for n in ("a", "b", "c")], NOW)
        poll(store, feed_id=name, at=NOW - hours * HOUR)
    assert [state.feed_id for state in store.claim_feeds(NOW + HOUR, LEASE, 2)] == ["a", "b"]


def test_a_feed_is_not_due_before_its_time(store: SqlStore) -> None:
    """Due means: the instant has come, to the microsecond."""
    add_feeds(store)
    poll(store)
    due = NOW + HOUR
    assert store.claim_feeds(due - timedelta(microseconds=1), LEASE, 10) == []
    assert len(store.claim_feeds(due, LEASE, 10)) == 1


def test_a_leased_feed_is_free_again_when_the_lease_is_over(store: SqlStore) -> None:
    """A crash between claim and record delays a poll by the lease and no more."""
    add_feeds(store)
    assert len(store.claim_feeds(NOW, LEASE, 10)) == 1
    assert store.claim_feeds(NOW + LEASE - timedelta(microseconds=1), LEASE, 10) == []
    assert len(store.claim_feeds(NOW + LEASE, LEASE, 10)) == 1


def test_recording_a_poll_ends_the_lease(store: SqlStore) -> None:
    """A feed that is due again within its old lease is claimed."""
    add_feeds(store)
    (state,) = store.claim_feeds(NOW, 9 * HOUR, 10)
    again = replace(state, next_due=NOW + timedelta(minutes=1))
    store.record_polls([PollRecord(state=again, at=NOW, outcome="unchanged")])
    assert store.claim_feeds(NOW + HOUR, LEASE, 10) == [again]


def test_concurrent_claimers_never_share_a_feed(store: SqlStore) -> None:
    """Eight claimers at once get forty feeds, each feed once."""
    add_feeds(store, *(f"feed{n:02}" for n in range(40)))
    claimed: list[str] = []
    barrier = Barrier(8)

    def work() -> None:
        barrier.wait()
        while states := store.claim_feeds(NOW, LEASE, 3):
            claimed.extend(state.feed_id for state in states)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [f"feed{n:02}" for n in range(40)]


def test_a_poll_stores_its_entries_as_listed(store: SqlStore) -> None:
    """An entry comes back as it was given, news before back-catalogue."""
    add_feeds(store)
    bare = entry(2, guid=None, url=None, published=None, lang=None, summary="", content="")
    full = entry(1, author="A", published_raw="Mon", updated=NOW)
    poll(store, bare, full, late=frozenset({bare.key}))
    news, old = claim_entries(store)
    assert (news.entry, news.url, news.late, news.listed_at) == (full, full.url, False, NOW)
    assert (old.entry, old.url, old.late) == (bare, None, True)
    assert (news.feed_id, news.state, news.page_attempts, news.article_id) == ("steppe", "listed", 0, None)


def test_replaying_a_poll_creates_no_row(store: SqlStore) -> None:
    """Ten times the same poll is once the same entries."""
    add_feeds(store)
    for _ in range(10):
        poll(store, entry(1), entry(2))
    assert store.feed_states()[0].entries == 2


def test_a_key_twice_in_one_poll_is_one_entry(store: SqlStore) -> None:
    """The first of two items with one key is kept."""
    add_feeds(store)
    poll(store, entry(1, title="first"), entry(1, title="second"))
    assert [pending.entry.title for pending in claim_entries(store)] == ["first"]


def test_two_feeds_may_list_the_same_key(store: SqlStore) -> None:
    """A key identifies an entry within its feed only."""
    add_feeds(store, "a", "b")
    poll(store, entry(1), feed_id="a")
    poll(store, entry(1), feed_id="b")
    assert sorted(pending.feed_id for pending in claim_entries(store)) == ["a", "b"]


def test_known_entries_tells_the_words_stored(store: SqlStore) -> None:
    """Keys never seen, or seen in another feed only, are not known."""
    add_feeds(store, "a", "b")
    many = [entry(number) for number in range(1200)]
    poll(store, *many, feed_id="a")
    keys = [one.key for one in many]
    poll(store, entry(7), feed_id="b")
    known = {one.key: one.words_digest for one in many}
    assert store.known_entries({"a": [*keys, "f" * 64]}) == {"a": known}
    assert store.known_entries({"b": keys, "a": keys[:2]}) == {
        "a": {key: known[key] for key in keys[:2]},
        "b": {keys[7]: known[keys[7]]},
    }
    # Asked for together, each feed still answers for its own keys only.
    assert store.known_entries({"b": keys[6:7], "a": keys[7:8]}) == {"a": {keys[7]: known[keys[7]]}}
    assert store.known_entries({"a": keys[:300], "b": keys[:300]}) == {
        "a": {key: known[key] for key in keys[:300]},
        "b": {keys[7]: known[keys[7]]},
    }
    assert store.known_entries({"b": ["f" * 64]}) == {}
    assert store.known_entries({"a": []}) == {}


def test_changed_words_are_stored_and_the_page_is_due_again(store: SqlStore) -> None:
    """An update replaces the words and keeps the entry."""
    add_feeds(store)
    poll(store, entry(1), entry(2))
    assert len(claim_entries(store)) == 2
    changed = entry(1, title="Corrected")
    later = NOW + HOUR
    poll(store, at=later, updated=(changed,))
    assert store.known_entries({"steppe": [changed.key]}) == {"steppe": {changed.key: changed.words_digest}}
    assert changed in [pending.entry for pending in claim_entries(store, later)]
    assert store.feed_states()[0].entries == 2


def test_polls_are_counted_with_their_failures(store: SqlStore) -> None:
    """The outcomes ok and unchanged are successes; everything else is a failure."""
    add_feeds(store)
    for outcome in ("ok", "unchanged", "dns", "status"):
        poll(store, outcome=outcome, status=500, message="m", size=10, elapsed=timedelta(seconds=1))
    poll(store, entry(1), at=NOW + HOUR, title="The Steppe")
    poll(store, at=NOW + 2 * HOUR)
    (row,) = store.feed_states()
    assert (row.polls, row.failures, row.entries, row.last_entry) == (6, 2, 1, NOW + HOUR)


def test_a_poll_of_an_unknown_feed_is_refused(store: SqlStore) -> None:
    """Nothing hangs in the air: there is no poll without its feed."""
    state = FeedState(feed_id="nobody", url="https://nobody.example", next_due=NOW)
    with pytest.raises(StoreError):
        store.record_polls([PollRecord(state=state, at=NOW, outcome="ok", new=(entry(1),))])
    assert claim_entries(store) == []


def test_nothing_to_record_is_nothing_done(store: SqlStore) -> None:
    """Empty batches are fine."""
    store.record_polls([])
    store.record_reads([])
    assert store.record_matches([]) == 0
    assert store.remember_first_seen("topic", [], NOW) == {}


def test_the_first_sight_of_a_topic_is_kept(store: SqlStore) -> None:
    """A later look adds the new names and leaves the old instants; kinds do not mix."""
    assert store.remember_first_seen("topic", ["a"], NOW) == {"a": NOW}
    later = NOW + HOUR
    assert store.remember_first_seen("topic", ["a", "b"], later) == {"a": NOW, "b": later}
    assert store.remember_first_seen("recipient", ["a"], later) == {"a": later}


def test_a_paused_feed_is_not_claimed_until_its_pause_is_over(store: SqlStore) -> None:
    """A pause has an end or none; a poll under way meanwhile does not end it; resuming makes it due."""
    add_feeds(store, "ended", "endless")
    store.pause_feed("ended", NOW, until=NOW + HOUR)
    store.pause_feed("endless", NOW)
    poll(store, feed_id="endless")
    assert store.claim_feeds(NOW, LEASE, 10) == []
    later = NOW + 2 * HOUR
    (state,) = store.claim_feeds(later, LEASE, 10)
    assert (state.feed_id, state.paused_since, state.paused_until) == ("ended", NOW, NOW + HOUR)
    store.resume_feed("endless", later)
    (state,) = store.claim_feeds(later, LEASE, 10)
    assert (state.feed_id, state.paused_since, state.next_due) == ("endless", None, later)


def test_a_rhythm_is_kept_beside_the_polls(store: SqlStore) -> None:
    """What was learned of a feed's week comes back with its memory, and a poll does not undo it."""
    add_feeds(store)
    rhythm = Rhythm(hourly=tuple(float(hour) / 4 for hour in range(168)), weeks=3.5)
    store.learn_rhythms({"steppe": rhythm})
    poll(store)
    (row,) = store.feed_states()
    assert row.state.rhythm == rhythm


def test_an_overloaded_host_is_asked_nothing_for_a_while(store: SqlStore) -> None:
    """A pause of a host holds for all of its feeds, and shortens nobody's wait."""
    urls = {
        "one": "https://big.example/1",
        "two": "https://big.example/2",
        "other": "https://other.example/1",
    }
    store.remember_feeds([feed(name, url=url) for name, url in urls.items()], NOW)
    poll(store, feed_id="one", host_pause=NOW + 3 * HOUR)
    due = {row.state.feed_id: row.state.next_due for row in store.feed_states()}
    assert due == {"one": NOW + 3 * HOUR, "two": NOW + 3 * HOUR, "other": NOW}
    poll(store, feed_id="two", host_pause=NOW + 2 * HOUR)
    assert {row.state.feed_id: row.state.next_due for row in store.feed_states()}["one"] == NOW + 3 * HOUR


def test_a_pause_of_a_host_outlasts_polls_under_way(store: SqlStore) -> None:
    """Who was asked before the host complained, and is recorded after, is asked no sooner for that."""
    urls = {"one": "https://big.example/1", "two": "https://big.example/2"}
    store.remember_feeds([feed(name, url=url) for name, url in urls.items()], NOW)
    (two,) = (state for state in store.claim_feeds(NOW, LEASE, 9) if state.feed_id == "two")
    poll(store, feed_id="one", host_pause=NOW + 3 * HOUR)
    soon = replace(two, next_due=NOW + HOUR)
    store.record_polls([PollRecord(state=soon, at=NOW, outcome="ok", elapsed=timedelta())])
    due = {row.state.feed_id: row.state.next_due for row in store.feed_states()}
    assert due == {"one": NOW + 3 * HOUR, "two": NOW + 3 * HOUR}
    store.resume_feed("two", NOW)
    store.record_polls([PollRecord(state=soon, at=NOW, outcome="ok", elapsed=timedelta())])
    assert {row.state.feed_id: row.state.next_due for row in store.feed_states()}["two"] == NOW + HOUR
