"""When is a delivery tried again, and when is it given up?"""

from datetime import datetime, timedelta

LONGEST_WAIT = timedelta(hours=6)
FIRST_WAIT = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=7)


def next_try(
    attempts: int, *, age: timedelta, now: datetime, jitter: float, give_up_after: timedelta = GIVE_UP_AFTER
) -> datetime | None:
    """Return when to try again after `attempts` failures (from 1), or None to give up.

    The wait doubles from one minute to six hours, and up to a quarter is added by `jitter`
    in [0, 1). A delivery that would be older than `give_up_after` then becomes a dead letter; `age`
    is how old it is at `now` (aware UTC).
    """
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 12), LONGEST_WAIT) * (1 + 0.25 * jitter)
    return now + wait if age + wait <= give_up_after else None
