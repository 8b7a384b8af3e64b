"""What do the acceptance tests share? The parsers, and a desk to every test's order."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, workers
from press import Press

__all__ = ["workers"]

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture
def press() -> Iterator[Press]:
    """A web server that says what the test tells it to."""
    with Press() as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path, workers: Any) -> Iterator[Callable[..., Desk]]:
    """Make a desk on an empty database; it is closed when the test is over."""
    made: list[Desk] = []

    def make(**options: Any) -> Desk:
        made.append(Desk(tmp_path, workers, **options))
        return made[-1]

    make.made = made
    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def seed() -> str:
    """The article that the project began with; skips the test where it is not there."""
    found = sorted((SHARED / "seed").glob("*.txt"))
    if not found:
        pytest.skip("no seed article beside this checkout (../shared/seed)")
    return found[0].read_text("utf-8")
