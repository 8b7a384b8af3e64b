"""A server's word that nothing changed is believed for half a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.domain.feeds import FeedState, Fetched, FetchRequest
from monitor.policy.validators import FULL_EVERY, as_asked, full_fetch

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
STATE = FeedState(feed_id="e", url="https://e.example/feed", next_due=NOW, etag='"1"', last_modified="Mon")


def answer(**validators: str | None) -> Fetched:
    """Return a body that came to a request with these validators."""
    request = FetchRequest(key="e", url=STATE.url, **validators)  # type: ignore[arg-type]  # two of its fields
    return Fetched(request=request, url=STATE.url, status=200, headers={}, body=b"x")


def test_validators_are_sent_until_a_full_fetch_is_due() -> None:
    """Before it is, they are sent as they are; from then on, or where none ever was, they are not."""
    fresh = replace(STATE, full_at=NOW - FULL_EVERY + timedelta(seconds=1))
    assert as_asked(fresh, NOW) is fresh
    for full_at in (NOW - FULL_EVERY, None):
        asked = as_asked(replace(STATE, full_at=full_at), NOW)
        assert (asked.etag, asked.last_modified, asked.full_at) == (None, None, full_at)


def test_only_a_body_that_nobody_could_withhold_is_a_full_fetch() -> None:
    """One that came in spite of validators does not count."""
    assert full_fetch(STATE, answer(), NOW).full_at == NOW
    assert full_fetch(STATE, answer(etag='"1"'), NOW).full_at is None
    assert full_fetch(STATE, answer(last_modified="Mon"), NOW).full_at is None
