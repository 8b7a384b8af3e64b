"""When is a source's word that nothing changed not enough?"""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.domain.feeds import FeedState, Fetched

FULL_EVERY = timedelta(hours=12)
"""How long a server may answer 304 before it has to show a whole body: some say it for ever."""


def as_asked(state: FeedState, now: datetime) -> FeedState:
    """Return the memory that a poll at `now` goes by: without validators where a full fetch is due."""
    if state.full_at is not None and now - state.full_at < FULL_EVERY:
        return state
    return replace(state, etag=None, last_modified=None)


def full_fetch(state: FeedState, fetched: Fetched, now: datetime) -> FeedState:
    """Return the memory with the instant of a body that came without validators being sent."""
    request = fetched.request
    return replace(state, full_at=now) if request.etag is None and request.last_modified is None else state
