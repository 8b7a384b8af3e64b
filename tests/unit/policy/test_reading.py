"""What becomes of an entry whose page did not come?"""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.articles import EntryState, ExtractFailed
from monitor.domain.feeds import FetchFailed, FetchFault, FetchRequest
from monitor.policy.reading import page_failed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REQUEST = FetchRequest(key="1", url="https://a.example/1")


def failed(fault: FetchFault, status: int | None = None, retry_after: timedelta | None = None) -> FetchFailed:
    """Return a failure to fetch."""
    return FetchFailed(request=REQUEST, fault=fault, message="", status=status, retry_after=retry_after)


@pytest.mark.parametrize(("attempt", "hours"), [(1, 1), (2, 6), (3, 24)])
def test_a_page_that_is_down_is_tried_again(attempt: int, hours: int) -> None:
    """The tries come after 1, 6 and 24 hours."""
    plan = page_failed(failed(FetchFault.TIMEOUT), attempts=attempt, now=NOW)
    assert plan.retry_at == NOW + timedelta(hours=hours)
    assert plan.reason == "page down: timeout"


def test_the_fourth_failure_is_the_end() -> None:
    """After three more tries the page is given up, with the reason."""
    plan = page_failed(failed(FetchFault.STATUS, 503), attempts=4, now=NOW)
    assert (plan.state, plan.reason, plan.retry_at) == (EntryState.FAILED, "page down: 503", None)


def test_a_server_may_ask_for_a_later_try() -> None:
    """Retry-After lengthens the wait."""
    busy = failed(FetchFault.STATUS, 429, timedelta(hours=3))
    assert page_failed(busy, attempts=1, now=NOW).retry_at == NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("failure", "state", "reason"),
    [
        (failed(FetchFault.STATUS, 404), EntryState.GONE, "page gone: 404"),
        (failed(FetchFault.STATUS, 410), EntryState.GONE, "page gone: 410"),
        (failed(FetchFault.STATUS, 403), EntryState.BLOCKED, "page refused: 403"),
        (failed(FetchFault.ROBOTS), EntryState.BLOCKED, "page refused: robots"),
        (failed(FetchFault.PRIVATE_ADDRESS), EntryState.BLOCKED, "page refused: private-address"),
        (ExtractFailed(code="empty", message=""), EntryState.FAILED, "no text in the page (empty)"),
    ],
)
def test_what_another_try_cannot_mend_is_not_tried(
    failure: FetchFailed | ExtractFailed, state: EntryState, reason: str
) -> None:
    """A page that is gone, refused or without text ends at once."""
    plan = page_failed(failure, attempts=1, now=NOW)
    assert (plan.state, plan.reason, plan.retry_at) == (state, reason, None)
