"""Matches, stories and alerts: one transaction, each alert once."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from store_samples import (
    HOUR,
    LEASE,
    NOW,
    add_articles,
    add_feeds,
    article,
    at_once,
    claim_entries,
    delivery,
    entry,
    in_digest,
    match,
    matched,
    poll,
    read,
)

from db import SqlStore
from monitor.domain.alerts import DeliveryState
from monitor.domain.articles import EntryState
from monitor.domain.errors import StoreError


@pytest.fixture(autouse=True)
def _feeds(store: SqlStore) -> None:
    add_feeds(store)


def test_a_match_comes_back_as_it_was_found(store: SqlStore) -> None:
    """Clauses, evidence and quotes survive to the last field; flagged topics come first."""
    (number,) = add_articles(store, 1)
    flagged, below = match("energy", relevance=60), match("sport", flagged=False, relevance=90)
    bare = match("bare", clauses=(), evidence=(), quotes=(), relevance=70)
    store.record_matches([matched(number, below, flagged, bare)])
    journey = store.journey(str(number))
    assert journey is not None
    assert journey.matches == (bare, flagged, below)
    assert (journey.state, journey.reason) == (EntryState.MATCHED, "flagged by 2 topics")
    assert journey.matched_at == NOW


def test_an_article_without_a_topic_ends_as_nothing(store: SqlStore) -> None:
    """Also one with matches that all stay below their threshold."""
    first, second = add_articles(store, 1, 2)
    store.record_matches([matched(first), matched(second, match(flagged=False))])
    for number in (first, second):
        journey = store.journey(str(number))
        assert journey is not None
        assert (journey.state, journey.reason) == (EntryState.NOTHING, "no topic")
    assert store.claim_articles(NOW + LEASE, LEASE, 10) == []


def test_a_verdict_on_words_that_changed_meanwhile_is_not_kept(store: SqlStore) -> None:
    """What was read anew while it was judged waits to be judged again: its news is not lost."""
    (number,) = add_articles(store, 1)
    (claimed,) = store.claim_articles(NOW, LEASE, 10)
    poll(store, updated=(entry(1, title="Changed"),))
    (pending,) = claim_entries(store)
    store.record_reads([read(pending, article(1, text="Another text altogether."))])
    stale = matched(number, match(), tell=[at_once(1)], version=claimed.article.version)
    assert store.record_matches([stale]) == 0
    (again,) = store.claim_articles(NOW, LEASE, 10)
    assert (again.article.version, again.article.text) == (2, "Another text altogether.")
    assert store.record_matches([matched(number, match(), tell=[at_once(1)], version=2)]) == 1
    assert store.claim_articles(NOW + LEASE, LEASE, 10) == []


def test_articles_of_one_key_are_one_story(store: SqlStore) -> None:
    """Within a batch and across batches; another key is another story."""
    numbers = add_articles(store, 1, 2, 3, 4)
    seen: list[int] = []

    def tell(story_id: int) -> list[object]:
        seen.append(story_id)
        return []

    records = [replace(matched(number, match(), story_key="same"), tell=tell) for number in numbers[:2]]
    store.record_matches(records)
    store.record_matches([replace(matched(numbers[2], match(), story_key="same"), tell=tell)])
    store.record_matches([replace(matched(numbers[3], match(), story_key="other"), tell=tell)])
    assert len(set(seen[:3])) == 1
    assert seen[3] != seen[0]
    assert [stored.story_id for n in numbers if (stored := store.article(n))] == seen
    assert (store.status(NOW).stories, store.status(NOW).flagged) == (2, 4)


def test_an_article_keeps_its_story_when_it_is_matched_again(store: SqlStore) -> None:
    """A correction with another text stays in the story it was told in; its matches are replaced."""
    (number,) = add_articles(store, 1)
    store.record_matches([matched(number, match("a"), match("b"))])
    before = store.article(number)
    store.record_matches([matched(number, match("b", relevance=55), story_key="other")])
    assert store.article(number) == before
    journey = store.journey(str(number))
    assert journey is not None
    assert journey.matches == (match("b", relevance=55),)
    assert journey.reason == "flagged by 1 topic"
    assert store.status(NOW).stories == 1
    store.record_matches([matched(number)])
    journey = store.journey(str(number))
    assert journey is not None
    assert (journey.state, journey.matches) == (EntryState.NOTHING, ())


def test_an_alert_is_made_once_however_often_it_is_told(store: SqlStore) -> None:
    """Ten replays, and a copy elsewhere, are one alert and one delivery per recipient."""
    first, second = add_articles(store, 1, 2)
    tell = [at_once(1), at_once(1, "chief"), in_digest("reader")]
    made = [store.record_matches([matched(first, match(), tell=tell, story_key="s")]) for _ in range(10)]
    assert made == [3] + [0] * 9
    assert store.record_matches([matched(second, match(), tell=tell, story_key="s")]) == 0
    assert store.status(NOW).deliveries["todo"] == 2
    assert len(store.digest_candidates("reader")) == 1


def test_one_batch_with_two_copies_alerts_once(store: SqlStore) -> None:
    """The first telling of a story in a batch is the one that counts."""
    numbers = add_articles(store, 1, 2)
    records = [matched(number, match(), tell=[at_once(1)], story_key="s") for number in numbers]
    assert store.record_matches(records) == 1
    assert len(store.claim_deliveries(NOW, LEASE, 10)) == 1


def test_a_delivery_whose_occasion_is_taken_is_not_added_twice(store: SqlStore) -> None:
    """The alert is new but its message exists: the alert belongs to that message."""
    first, second = add_articles(store, 1, 2)
    store.record_matches([matched(first, match(), tell=[at_once(1)])])
    assert store.record_matches([matched(second, match(), tell=[at_once(1)])]) == 1
    assert len(store.claim_deliveries(NOW, LEASE, 10)) == 1
    journey = store.journey(str(second))
    assert journey is not None
    assert journey.deliveries == (("desk", "email", "alert", DeliveryState.SENDING),)


def test_a_journey_tells_who_was_told(store: SqlStore) -> None:
    """By mail, or waiting for the next digest; an alert that cannot be sent is not shown as sent."""
    (number,) = add_articles(store, 1)
    unreachable = replace(at_once(1, "nobody"), delivery=None)
    store.record_matches([matched(number, match(), tell=[at_once(1), in_digest("chief"), unreachable])])
    journey = store.journey(str(number))
    assert journey is not None
    assert journey.deliveries == (
        ("chief", "email", "digest", DeliveryState.TODO),
        ("desk", "email", "alert", DeliveryState.TODO),
    )


def test_the_next_copy_of_an_alerted_story_is_known_as_such(store: SqlStore) -> None:
    """An article that is matched again is told that its story was alerted."""
    (number,) = add_articles(store, 1)
    store.record_matches([matched(number, match(), tell=[at_once(1)])])
    poll(store, at=NOW + HOUR, updated=(entry(1, title="x"),))
    (pending,) = claim_entries(store, NOW + HOUR)
    store.record_reads([read(pending, article(1, text="Corrected."))])
    (unmatched,) = store.claim_articles(NOW, LEASE, 10)
    assert unmatched.story_alerted


def test_nothing_is_stored_when_telling_fails(store: SqlStore) -> None:
    """Matches, story, alerts and state commit together or not at all."""
    first, second = add_articles(store, 1, 2)

    def fail(_story_id: int) -> list[object]:
        raise RuntimeError("a bug")

    records = [matched(first, match(), tell=[at_once(1)]), replace(matched(second, match()), tell=fail)]
    with pytest.raises(RuntimeError, match="a bug"):
        store.record_matches(records)
    status = store.status(NOW)
    assert (status.flagged, status.stories, status.deliveries["todo"]) == (0, 0, 0)
    assert status.entries["extracted"] == 2
    assert len(store.claim_articles(NOW, LEASE, 10)) == 2


def test_matching_an_unknown_article_is_refused(store: SqlStore) -> None:
    """A verdict needs its article."""
    with pytest.raises(StoreError, match="no article 77"):
        store.record_matches([matched(77)])


def test_concurrent_writers_make_one_story_and_one_alert(store: SqlStore) -> None:
    """Four writers find the same text at once; one recipient hears of it once."""
    numbers = add_articles(store, *range(1, 41))
    made: list[int] = []
    barrier = Barrier(4)

    def work(mine: list[int]) -> None:
        barrier.wait()
        for number in mine:
            key = f"story{number % 3}"
            tell = [at_once(number % 3), in_digest("chief")]
            made.append(store.record_matches([matched(number, match(), tell=tell, story_key=key)]))

    threads = [Thread(target=work, args=(numbers[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 6
    assert len(made) == 40
    assert store.status(NOW).stories == 3
    assert len(store.claim_deliveries(NOW, LEASE, 100)) == 3


def test_a_delivery_is_stored_whole(store: SqlStore) -> None:
    """The message, its pictures and its addresses come out of the outbox as they went in."""
    (number,) = add_articles(store, 1)
    store.record_matches([matched(number, match(), tell=[at_once(1)])])
    (claimed,) = store.claim_deliveries(NOW, LEASE, 10)
    assert claimed == delivery(id=claimed.id, state=DeliveryState.SENDING)
