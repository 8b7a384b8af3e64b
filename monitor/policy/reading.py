"""What becomes of an entry whose page came, did not come, or says nothing?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.domain.articles import EntryState, ExtractFailed
from monitor.domain.feeds import FetchFailed, FetchFault

RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
_GONE = frozenset({404, 410})
_BLOCKED_STATUSES = frozenset({401, 402, 403, 451})
_BLOCKED_FAULTS = frozenset({FetchFault.ROBOTS, FetchFault.PRIVATE_ADDRESS, FetchFault.BAD_URL})


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """What to do about a page that could not be read: the end it would have, why, when to try again.

    `state` holds where the feed's own text cannot serve instead. `retry_at` is None where another
    try is pointless or the tries are used up.
    """

    state: EntryState
    reason: str
    retry_at: datetime | None


def page_failed(failure: FetchFailed | ExtractFailed, *, attempts: int, now: datetime) -> PagePlan:
    """Return the plan after try number `attempts` (from 1) of a page failed at `now` (aware UTC).

    A page that is down is tried again after 1, 6 and 24 hours, or when its server's Retry-After is
    over; one that is gone, forbidden or unreadable is not.
    """
    if isinstance(failure, ExtractFailed):
        return PagePlan(
            state=EntryState.FAILED, reason=f"no text in the page ({failure.code})", retry_at=None
        )
    if failure.status in _GONE:
        return PagePlan(state=EntryState.GONE, reason=f"page gone: {failure.status}", retry_at=None)
    if failure.fault in _BLOCKED_FAULTS or failure.status in _BLOCKED_STATUSES:
        what = str(failure.status) if failure.status else failure.fault.value
        return PagePlan(state=EntryState.BLOCKED, reason=f"page refused: {what}", retry_at=None)
    what = str(failure.status) if failure.status else failure.fault.value
    retry_at = None
    if attempts <= len(RETRY_AFTER):
        retry_at = now + max(RETRY_AFTER[attempts - 1], failure.retry_after or timedelta())
    return PagePlan(state=EntryState.FAILED, reason=f"page down: {what}", retry_at=retry_at)
