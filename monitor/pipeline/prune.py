"""Prune: drop what has outlived its use, so that the database stays small."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from monitor.domain.ports import Clock, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruner:
    """Everything that pruning needs: how long the history of polls is kept."""

    store: Store
    clock: Clock
    keep_polls: timedelta

    def run(self) -> Counter[str]:
        """Return how many rows were deleted, by table."""
        return Counter(self.store.prune(self.clock.now(), self.keep_polls))
