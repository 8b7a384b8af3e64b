"""Is a recipient's daily digest due, for which local date, over which window?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.domain.alerts import Recipient, When

LATEST_START = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestDue:
    """A digest to make: the local date it is for, and its half-open window, aware UTC."""

    date: str
    since: datetime
    until: datetime


def wants_digest(recipient: Recipient) -> bool:
    """Tell whether anything of this recipient's ever waits for a digest.

    Subscriptions that tell at once count, too: their late finds travel in the digest.
    """
    return any(recipient.address(s.channel) is not None for s in recipient.subscriptions)


def digest_due(
    recipient: Recipient, *, last: tuple[str, datetime] | None, first_seen: datetime, now: datetime
) -> DigestDue | None:
    """Return the digest that is due at `now`, or None.

    There is exactly one for each local date, whatever clocks and daylight saving do: the key is the
    date, not the instant. A start that is late by up to a day still makes the digest of the latest
    date that has begun its hour.

    Args:
        recipient: its zone and hour of the day count.
        last: local date and creation of its latest digest.
        first_seen: when the recipient was first known; no digest for a time before.
        now: aware UTC.
    """
    zone = ZoneInfo(recipient.timezone)
    local = now.astimezone(zone)
    day = local.date()
    if local.time() < recipient.digest_at:
        day -= timedelta(days=1)
    at = datetime.combine(day, recipient.digest_at, zone).astimezone(UTC)
    if at < first_seen or (last is not None and last[0] >= day.isoformat()):
        return None
    since = last[1] if last else max(first_seen - LATEST_START, at - LATEST_START)
    return DigestDue(date=day.isoformat(), since=since, until=now)


def has_daily(recipient: Recipient) -> bool:
    """Tell whether the recipient subscribed to anything daily: then even an empty digest is sent."""
    return any(s.when is When.DAILY for s in recipient.subscriptions)
