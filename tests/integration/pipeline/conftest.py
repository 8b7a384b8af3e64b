"""What do the tests of the stages share? A desk on a real database, a web server, and a clock that stands."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, feed, workers
from fakes import FakeClock
from press import Press

from monitor.demo.mailbox import Mailbox

__all__ = ["workers"]


@pytest.fixture
def press() -> Iterator[Press]:
    """A web server that says what the test tells it to."""
    with Press() as opened:
        yield opened


@pytest.fixture
def desk(
    tmp_path: Path, workers: Any, clock: FakeClock, press: Press, sqlite_url: str
) -> Iterator[Callable[..., Desk]]:
    """Start a desk with one feed, `outlet`, or those given; a second start closes the first, as people do.

    All of a test's desks stand on one database, and go by the test's clock.
    """
    assert sqlite_url.endswith("newsmon.db")
    running: list[Desk] = []

    def start(**options: Any) -> Desk:
        for before in running:
            before.close()
        options.setdefault("feeds", [feed("outlet", press.url("/feed"))])
        options.setdefault("clock", clock)
        running[:] = [Desk(tmp_path, workers, **options)]
        return running[0]

    yield start
    for one in running:
        one.close()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A mail server that accepts everything."""
    with Mailbox(tmp_path / "mails") as opened:
        yield opened
