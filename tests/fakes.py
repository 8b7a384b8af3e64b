"""What stands in for the world in tests? Only what the real thing cannot do on demand."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._now

    def advance(self, **step: float) -> datetime:
        """Move by a timedelta's arguments, forth or back, and return the new instant."""
        self._now += timedelta(**step)
        return self._now
