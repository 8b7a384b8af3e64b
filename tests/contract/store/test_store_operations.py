"""Status, heartbeats, snapshots, pruning."""

from dataclasses import replace
from datetime import timedelta

from store_samples import (
    HOUR,
    LEASE,
    NOW,
    add_articles,
    add_feeds,
    at_once,
    digest_delivery,
    entry,
    in_digest,
    match,
    matched,
    poll,
)

from db import SqlStore
from monitor.domain.alerts import DeliveryState


def test_the_status_of_a_new_database_is_all_zeros(store: SqlStore) -> None:
    """Every state is named, also those nothing is in."""
    status = store.status(NOW)
    assert (status.feeds, status.feeds_due, status.feeds_late, status.feeds_failing) == (0, 0, 0, 0)
    assert sorted(status.entries) == sorted(
        ["listed", "extracted", "matched", "nothing", "duplicate", "gone", "blocked", "failed"]
    )
    assert sorted(status.deliveries) == sorted(["todo", "sending", "in_doubt", "sent", "held", "dead"])
    assert status.waiting == dict.fromkeys(("read", "match", "digest", "notify", "poll"), 0)
    assert status.oldest == dict.fromkeys(status.waiting)
    assert (status.articles, status.flagged, status.stories, status.last_digest) == (0, 0, 0, None)
    assert (status.heartbeats, status.started_at) == ({}, None)
    assert status.size_bytes > 100_000


def test_the_status_tells_what_waits_and_since_when(store: SqlStore) -> None:
    """Per stage, with the instant of the oldest."""
    add_feeds(store, "steppe", "turan", "late")
    first, second, third = add_articles(store, 1, 2, 3)
    poll(store, entry(8), at=NOW + HOUR)
    poll(store, entry(9), at=NOW + HOUR / 2, feed_id="turan")
    store.record_matches([matched(first, match(), tell=[at_once(1), in_digest("chief")])])
    store.record_matches([matched(second)])
    failing = replace(store.feed_states()[1].state, failing_since=NOW)
    poll(store, state=failing)
    status = store.status(NOW + 2 * HOUR)
    assert (status.feeds, status.feeds_due, status.feeds_late, status.feeds_failing) == (3, 3, 1, 1)
    assert status.waiting == {"poll": 3, "read": 2, "match": 1, "digest": 1, "notify": 1}
    assert status.oldest == {
        "poll": NOW,
        "read": NOW + HOUR / 2,
        "match": NOW,
        "digest": NOW,
        "notify": NOW,
    }
    assert {state: count for state, count in status.entries.items() if count} == {
        "listed": 2,
        "extracted": 1,
        "matched": 1,
        "nothing": 1,
    }
    assert (status.articles, status.flagged, status.stories) == (3, 1, 1)
    assert third


def test_a_delivery_that_ended_waits_no_more(store: SqlStore) -> None:
    """Sent, held and dead are ends."""
    for recipient in ("a", "b"):
        store.record_digest(digest_delivery(recipient), [])
    for claimed in store.claim_deliveries(NOW, LEASE, 9):
        store.record_delivery(claimed.id, DeliveryState.DEAD, NOW)
    assert store.status(NOW).waiting["notify"] == 0


def test_heartbeats_are_the_latest_of_each_stage(store: SqlStore) -> None:
    """`started` is the start of the daemon."""
    store.heartbeat("started", NOW)
    store.heartbeat("poll", NOW)
    store.heartbeat("poll", NOW + HOUR)
    status = store.status(NOW)
    assert status.heartbeats == {"started": NOW, "poll": NOW + HOUR}
    assert status.started_at == NOW


def test_the_last_good_configuration_is_kept(store: SqlStore) -> None:
    """The latest save wins, also when an older state comes back."""
    assert store.last_snapshot() is None
    saves = [("a", "{}"), ("b", '{"b": "қ"}'), ("a", "{}"), ("a", "{}")]
    for hours, (digest, files) in enumerate(saves):
        store.save_snapshot(digest, files, NOW + hours * HOUR)
        assert store.last_snapshot() == (digest, files, NOW + hours * HOUR)


def test_pruning_keeps_what_is_young_and_the_feeds_counts(store: SqlStore) -> None:
    """Polls older than asked go; of snapshots the last twenty stay."""
    add_feeds(store)
    for hours in range(4):
        poll(store, at=NOW - hours * HOUR)
    for number in range(23):
        store.save_snapshot(str(number), "{}", NOW)
    assert store.prune(NOW, timedelta(hours=2)) == {
        "polls": 1,
        "topic_versions": 0,
        "snapshots": 3,
        "quarantine": 0,
        "episodes": 0,
    }
    assert store.prune(NOW, timedelta(hours=2)) == {
        "polls": 0,
        "topic_versions": 0,
        "snapshots": 0,
        "quarantine": 0,
        "episodes": 0,
    }
    assert store.counts_since(NOW - 9 * HOUR, NOW) == (1, 0)
    assert store.feed_states()[0].polls == 4
    assert store.last_snapshot() == ("22", "{}", NOW)


def test_a_version_is_kept_as_long_after_its_successor_as_promised(store: SqlStore) -> None:
    """What was in force for years is still there on the day after it was followed by another."""
    day = 24 * HOUR
    store.save_snapshot("a", "{}", NOW - 900 * day, {"minerals": "v1"})
    store.save_snapshot("b", "{}", NOW - 500 * day, {"minerals": "v2"})
    store.save_snapshot("c", "{}", NOW - day, {"minerals": "v3"})
    assert store.prune(NOW, HOUR)["topic_versions"] == 1
    assert [one.version for one in store.topic_versions("minerals")] == ["v3", "v2"]
    assert store.prune(NOW + 400 * day, HOUR)["topic_versions"] == 1
    assert [one.version for one in store.topic_versions("minerals")] == ["v3"]


def test_a_restart_frees_what_the_dead_process_had_claimed(store: SqlStore) -> None:
    """Feeds, entries, articles and deliveries alike; ended leases stay ended, free rows stay free."""
    add_feeds(store, "steppe", "turan")
    add_articles(store, 1, 2)
    poll(store, entry(3), entry(4))
    store.record_digest(digest_delivery("a"), [])
    store.record_digest(digest_delivery("b"), [])
    for limit in (1, 0):
        claims = (
            store.claim_feeds(NOW + HOUR, HOUR, 2 - limit),
            store.claim_entries(NOW + HOUR, HOUR, 2 - limit),
            store.claim_articles(NOW + HOUR, HOUR, 2 - limit),
            store.claim_deliveries(NOW + HOUR, HOUR, 2 - limit),
        )
        assert [len(claimed) for claimed in claims] == [2 - limit] * 4
        store.release_leases(NOW + HOUR)
        freed, held = store.release_deliveries(NOW + HOUR, hold_doubtful=True)
        assert (freed, held) == (2 - limit, 0)


def test_a_person_may_hasten_a_feed(store: SqlStore) -> None:
    """Only the feeds named become due."""
    add_feeds(store, "steppe", "turan", "other")
    for name in ("steppe", "turan", "other"):
        poll(store, feed_id=name)
    store.hasten_feeds(["steppe", "turan", "nobody"], NOW)
    store.hasten_feeds([], NOW)
    assert [state.feed_id for state in store.claim_feeds(NOW, LEASE, 9)] == ["steppe", "turan"]


def test_documents_that_killed_are_remembered_for_thirty_days(store: SqlStore) -> None:
    """Each kill counts, the latest stands last; thirty days after it the document is forgotten."""
    store.strike(b"one", "https://a.example/1", NOW)
    store.strike(b"two", "https://a.example/2", NOW + HOUR)
    store.strike(b"one", "https://a.example/1", NOW + 2 * HOUR)
    assert list(store.strikes().items()) == [(b"two", 1), (b"one", 2)]
    later = NOW + timedelta(days=30) + 1.5 * HOUR
    assert store.prune(later, timedelta(days=90))["quarantine"] == 1
    assert store.strikes() == {b"one": 2}
