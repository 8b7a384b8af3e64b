"""What do the tests of real worker processes share? Pools with small limits, closed in the end."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from monitor.domain.articles import WorkerLimits
from monitor.extract import ParserProcesses

Pools = Callable[..., ParserProcesses]


@pytest.fixture
def pools() -> Iterator[Pools]:
    """Make pools of workers: `pools(deadline=…, workers=…, memory=…, recycle_after=…)`."""
    made: list[ParserProcesses] = []

    def make(
        deadline: float = 20.0, workers: int = 1, memory: int = 768 << 20, recycle_after: int = 200
    ) -> ParserProcesses:
        limits = WorkerLimits(
            deadline=timedelta(seconds=deadline), memory=memory, recycle_after=recycle_after, workers=workers
        )
        made.append(ParserProcesses(limits))
        return made[-1]

    yield make
    for pool in made:
        pool.close()
