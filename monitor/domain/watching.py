"""What does looking after sources need of the memory? A protocol of its own; the store keeps it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from monitor.domain.alerts import Delivery, Kind
from monitor.domain.health import Episode, Evidence, HealthRecord


class HealthStore(Protocol):
    """What is known of the health of sources; every method is one short transaction."""

    def unwatched(self, before: datetime, limit: int) -> list[str]:
        """Return configured feeds that nobody looked after since then, longest ago first."""
        ...

    def health_evidence(self, feed_ids: Sequence[str], now: datetime) -> dict[str, Evidence]:
        """Return what is known of these feeds, by id; one that was never remembered is left out."""
        ...

    def record_health(self, records: Sequence[HealthRecord]) -> None:
        """Record looks at feeds: states that hold open or go on, others end, a rhythm is remembered.

        `ok` and `new` are no episodes. A state that is found again within its uniqueness (feed, state,
        since) goes on where it ended.
        """
        ...

    def episodes(self, since: datetime) -> list[Episode]:
        """Return the episodes of configured feeds that hold, or ended since then, oldest first."""
        ...

    def record_notice(self, delivery: Delivery, told: Sequence[int], over: Sequence[int]) -> bool:
        """Add a notice, and remember of which episodes it tells, and of which that they are over.

        Returns False, changing nothing, when this occasion's notice exists already.
        """
        ...

    def last_delivery(self, recipient_id: str, kind: Kind) -> tuple[str, datetime] | None:
        """Return the occasion and creation of a recipient's latest delivery of a kind."""
        ...

    def sources_by_state(self) -> Mapping[str, int]:
        """Return how many configured feeds are in each state, by the one that leads; ok is the rest."""
        ...
