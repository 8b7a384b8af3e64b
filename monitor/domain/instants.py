"""Is this an instant we may store? Every datetime in Newsmon is aware and in UTC."""

from datetime import UTC, datetime


def require_utc(name: str, value: datetime | None) -> None:
    """Refuse a datetime that is naive or in another zone than UTC.

    Raises:
        ValueError: naming the field, so that the culprit is found at once.
    """
    if value is not None and value.tzinfo is not UTC:
        raise ValueError(f"{name} must be an aware UTC datetime, not {value!r}")
