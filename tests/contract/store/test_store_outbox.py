"""The outbox: digests put together, deliveries claimed, moved along the chart and released."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from threading import Barrier, Thread

import pytest
from store_samples import (
    HOUR,
    LEASE,
    NOW,
    add_articles,
    add_feeds,
    delivery,
    digest_delivery,
    in_digest,
    match,
    matched,
)

from db import SqlStore
from monitor.domain.alerts import DeliveryState, Kind
from monitor.domain.errors import StoreError

CHART = {
    DeliveryState.TODO: {DeliveryState.SENDING},
    DeliveryState.SENDING: {DeliveryState.IN_DOUBT, DeliveryState.TODO, DeliveryState.DEAD},
    DeliveryState.IN_DOUBT: {
        DeliveryState.SENT,
        DeliveryState.TODO,
        DeliveryState.HELD,
        DeliveryState.DEAD,
    },
    DeliveryState.SENT: set(),
    DeliveryState.HELD: set(),
    DeliveryState.DEAD: set(),
}
# How a delivery is brought into each state.
WAYS = {
    DeliveryState.TODO: (),
    DeliveryState.SENDING: (DeliveryState.SENDING,),
    DeliveryState.IN_DOUBT: (DeliveryState.SENDING, DeliveryState.IN_DOUBT),
    DeliveryState.SENT: (DeliveryState.SENDING, DeliveryState.IN_DOUBT, DeliveryState.SENT),
    DeliveryState.HELD: (DeliveryState.SENDING, DeliveryState.IN_DOUBT, DeliveryState.HELD),
    DeliveryState.DEAD: (DeliveryState.SENDING, DeliveryState.DEAD),
}


def state_counts(store: SqlStore) -> dict[str, int]:
    """Return the states that any delivery is in."""
    return {state: count for state, count in store.status(NOW).deliveries.items() if count}


def add(store: SqlStore, *recipients: str) -> None:
    """Put a digest for each recipient into the outbox."""
    for recipient in recipients or ("desk",):
        assert store.record_digest(digest_delivery(recipient), [])


def add_waiting(store: SqlStore, *relevances: int, recipient: str = "desk") -> list[int]:
    """Make a story for each relevance, waiting for the recipient's digest; return the story ids."""
    add_feeds(store)
    numbers = add_articles(store, *range(1, len(relevances) + 1))
    store.record_matches(
        [
            matched(
                number, match(relevance=relevance), tell=[in_digest(recipient, relevance, f"r{relevance}")]
            )
            for number, relevance in zip(numbers, relevances, strict=True)
        ]
    )
    return [stored.story_id or 0 for number in numbers if (stored := store.article(number))]


def test_waiting_stories_come_most_relevant_first(store: SqlStore) -> None:
    """Of equals the older story; each with the reason for its route."""
    low, high, also_high = add_waiting(store, 60, 90, 90)
    items = store.digest_candidates("desk")
    assert [item.story_id for item in items] == [high, also_high, low]
    assert [item.reason for item in items] == ["r90", "r90", "r60"]
    assert store.digest_candidates("chief") == []


def test_a_digest_takes_its_stories_off_the_list(store: SqlStore) -> None:
    """Only those it told, and only the recipient's own."""
    first, second = add_waiting(store, 90, 60)
    add_articles(store, 7)
    assert store.record_digest(digest_delivery("chief"), [first, second])
    assert store.record_digest(digest_delivery(), [first])
    assert [item.story_id for item in store.digest_candidates("desk")] == [second]


def test_an_occasion_has_one_digest(store: SqlStore) -> None:
    """A second digest of the same date changes nothing, whatever it holds."""
    (story,) = add_waiting(store, 90)
    assert store.record_digest(digest_delivery(), [])
    assert not store.record_digest(digest_delivery(), [story])
    assert len(store.digest_candidates("desk")) == 1
    assert store.record_digest(digest_delivery(date="2026-11-24"), [story])
    assert store.digest_candidates("desk") == []
    assert state_counts(store) == {"todo": 2}


def test_the_latest_digest_is_known_by_recipient(store: SqlStore) -> None:
    """Alerts are no digests, and other people's digests are not one's own."""
    assert store.last_digest("desk") is None
    add(store, "desk", "chief")
    later = digest_delivery(date="2026-11-24", created_at=NOW + HOUR)
    store.record_digest(later, [])
    assert store.last_digest("desk") == ("2026-11-24", NOW + HOUR)
    assert store.last_digest("chief") == ("2026-11-23", NOW)
    assert store.last_digest("nobody") is None
    assert store.status(NOW).last_digest == NOW + HOUR


def test_due_deliveries_are_claimed_oldest_first(store: SqlStore) -> None:
    """One that is not yet due stays; the claimed ones are being sent."""
    store.record_digest(digest_delivery("later", next_due=NOW + HOUR), [])
    add(store, "a", "b", "c")
    claimed = store.claim_deliveries(NOW, LEASE, 2)
    assert [one.recipient_id for one in claimed] == ["a", "b"]
    assert all(one.state is DeliveryState.SENDING for one in claimed)
    assert claimed[0].kind is Kind.DIGEST
    assert [one.recipient_id for one in store.claim_deliveries(NOW, LEASE, 9)] == ["c"]
    assert store.claim_deliveries(NOW, LEASE, 9) == []
    assert [one.recipient_id for one in store.claim_deliveries(NOW + HOUR, LEASE, 9)] == ["later"]


def test_concurrent_senders_never_share_a_delivery(store: SqlStore) -> None:
    """Six senders at once take sixty deliveries, each once."""
    add(store, *(f"r{number:02}" for number in range(60)))
    claimed: list[int] = []
    barrier = Barrier(6)

    def work() -> None:
        barrier.wait()
        while deliveries := store.claim_deliveries(NOW, LEASE, 4):
            claimed.extend(one.id for one in deliveries)

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.parametrize(("source", "target"), list(product(DeliveryState, DeliveryState)))
def test_a_delivery_moves_along_the_arrows_only(
    store: SqlStore, source: DeliveryState, target: DeliveryState
) -> None:
    """Every arrow of the chart is allowed, every other one refused and nothing changed."""
    add(store)
    for step in WAYS[source]:
        store.record_delivery(1, step, NOW)
    assert state_counts(store) == {source.value: 1}
    if target in CHART[source]:
        store.record_delivery(1, target, NOW)
        assert state_counts(store) == {target.value: 1}
    else:
        with pytest.raises(StoreError, match=f"delivery 1 cannot go from {source} to {target}"):
            store.record_delivery(1, target, NOW)
        assert state_counts(store) == {source.value: 1}


def test_an_unknown_delivery_cannot_move(store: SqlStore) -> None:
    """The mistake is told apart from a forbidden arrow."""
    with pytest.raises(StoreError, match="no delivery 5"):
        store.record_delivery(5, DeliveryState.SENDING, NOW)


def test_a_failed_try_waits_for_its_next_time(store: SqlStore) -> None:
    """Attempts, error and next time are kept; a try that was nobody's fault counts nothing."""
    add(store)
    (claimed,) = store.claim_deliveries(NOW, LEASE, 1)
    due = NOW + HOUR
    store.record_delivery(claimed.id, DeliveryState.TODO, NOW, error="451 later", next_due=due, failed=True)
    assert store.claim_deliveries(due - timedelta(microseconds=1), LEASE, 1) == []
    (again,) = store.claim_deliveries(due, LEASE, 1)
    assert again == replace(claimed, attempts=1, last_error="451 later", next_due=due)
    store.record_delivery(again.id, DeliveryState.TODO, due)
    assert store.claim_deliveries(due, LEASE, 1) == [replace(again, last_error=None)]


def test_sent_is_the_end(store: SqlStore) -> None:
    """What was accepted is never claimed or released again."""
    add(store)
    (claimed,) = store.claim_deliveries(NOW, LEASE, 1)
    store.record_delivery(claimed.id, DeliveryState.IN_DOUBT, NOW)
    store.record_delivery(claimed.id, DeliveryState.SENT, NOW)
    assert store.release_deliveries(NOW + 99 * HOUR, hold_doubtful=False) == (0, 0)
    assert store.claim_deliveries(NOW + 99 * HOUR, LEASE, 1) == []
    assert state_counts(store) == {"sent": 1}


@pytest.mark.parametrize("hold", [False, True])
def test_a_crash_while_sending_is_mended_when_the_lease_is_over(store: SqlStore, *, hold: bool) -> None:
    """Unsent goes back; unanswered is sent again and says so, or is held, as the operator chose."""
    add(store, "unsent", "unanswered")
    unsent, unanswered = store.claim_deliveries(NOW, LEASE, 2)
    store.record_delivery(unanswered.id, DeliveryState.IN_DOUBT, NOW)
    before, after = NOW + LEASE - timedelta(microseconds=1), NOW + LEASE
    assert store.release_deliveries(before, hold_doubtful=hold) == (0, 0)
    assert store.release_deliveries(after, hold_doubtful=hold) == ((1, 1) if hold else (2, 0))
    assert store.release_deliveries(after, hold_doubtful=hold) == (0, 0)
    claimed = {one.recipient_id: one.resent for one in store.claim_deliveries(after, LEASE, 9)}
    assert claimed == ({"unsent": False} if hold else {"unsent": False, "unanswered": True})
    assert state_counts(store) == ({"sending": 1, "held": 1} if hold else {"sending": 2})
    assert unsent.id != unanswered.id


def test_a_delivery_that_was_released_keeps_its_message_id(store: SqlStore) -> None:
    """The second copy of a mail can be recognised."""
    add(store)
    (first,) = store.claim_deliveries(NOW, LEASE, 1)
    store.record_delivery(first.id, DeliveryState.IN_DOUBT, NOW)
    store.release_deliveries(NOW + LEASE, hold_doubtful=False)
    (second,) = store.claim_deliveries(NOW + LEASE, LEASE, 1)
    assert second == replace(first, resent=True)
    assert first.message == delivery().message


def test_a_message_whose_answer_was_missed_is_marked_for_its_second_try(store: SqlStore) -> None:
    """Only then: a server that said no has not taken the first one."""
    add(store, "refused", "unanswered")
    for claimed in store.claim_deliveries(NOW, LEASE, 2):
        store.record_delivery(claimed.id, DeliveryState.IN_DOUBT, NOW)
        unanswered = claimed.recipient_id == "unanswered"
        store.record_delivery(claimed.id, DeliveryState.TODO, NOW, failed=True, resent=unanswered)
    again = {one.recipient_id: one.resent for one in store.claim_deliveries(NOW, LEASE, 2)}
    assert again == {"refused": False, "unanswered": True}
