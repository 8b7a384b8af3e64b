"""What time is it? The one place that asks the machine."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock (implements `ports.Clock`)."""

    def now(self) -> datetime:
        """Return the current instant, aware UTC."""
        return datetime.now(UTC)
