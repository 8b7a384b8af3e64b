"""What do the tests of health look at? A source that was polled for weeks, with what a test changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from monitor.domain.feeds import Feed, FeedState, Rhythm
from monitor.domain.health import Episode, Evidence, Health, PageFact
from monitor.policy.rhythm import learned

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = NOW - 60 * DAY
URL = "https://outlet.example/feed"


def feed(**changes: Any) -> Feed:
    """Return the source as it is declared."""
    fields = {"id": "outlet", "url": URL, "outlet": "Outlet", "domain": "outlet.example", "lang": "kk"}
    return Feed(**(fields | changes))


def published(
    per_day: float, *, until: datetime = NOW, weekend: float = 1.0, seed: int = 1
) -> list[tuple[datetime, int]]:
    """Return four weeks of hourly polls of an outlet that works by day, by chance (Poisson)."""
    chance = Random(seed)
    news = []
    at = NOW - 28 * DAY
    while at <= until:
        by_day = 2.0 if 3 <= at.hour < 15 else 0.0
        rate = per_day / 24 * by_day * (weekend if at.weekday() >= 5 else 1.0)
        number = _poisson(rate, chance)
        if number:
            news.append((at, number))
        at += HOUR
    return news


def taught(news: list[tuple[datetime, int]]) -> Rhythm | None:
    """Return what was learned of the four weeks up to the last entry."""
    return learned(news, NOW - 28 * DAY, news[-1][0], interval=HOUR) if news else None


def watched(
    news: list[tuple[datetime, int]] | None = None,
    *,
    pages: tuple[PageFact, ...] = (),
    episodes: tuple[Episode, ...] = (),
    status: int | None = 200,
    outcome: str = "ok",
    **state: Any,
) -> Evidence:
    """Return what is known of a source that is well: 14 entries a day, polled just now."""
    came = published(14) if news is None else news
    fields = {
        "feed_id": "outlet",
        "url": URL,
        "next_due": NOW + HOUR,
        "last_polled": NOW,
        "last_success": NOW,
        "first_success": FIRST,
        "listed": 20,
        "newest": came[-1][0] if came else None,
        "rhythm": taught(came),
    }
    return Evidence(
        state=FeedState(**(fields | state)),
        added_at=FIRST,
        watched_at=NOW - HOUR,
        last_entry=came[-1][0] if came else None,
        status=status,
        outcome=outcome,
        news=tuple(came),
        pages=pages,
        episodes=episodes,
    )


def failing(hours: float, status: int | None, error: str, outcome: str = "status") -> Evidence:
    """Return what is known of a source that fails for so many hours."""
    return watched(
        published(14, until=NOW - (hours + 1) * HOUR),
        status=status,
        outcome=outcome,
        failing_since=NOW - hours * HOUR,
        last_success=NOW - (hours + 1) * HOUR,
        last_error=error,
    )


def episode(state: Health, since: datetime, until: datetime | None = None) -> Episode:
    """Return an episode of the source."""
    return Episode(feed_id="outlet", state=state, since=since, until=until)


def page(number: int, **changes: Any) -> PageFact:
    """Return the facts of an article that was read so many hours ago, whole and its own."""
    fact = PageFact(at=NOW - number * HOUR, print=f"3000 Text {number}", length=3000, lang="kk")
    return replace(fact, **changes)


def pages(number: int, **changes: Any) -> tuple[PageFact, ...]:
    """Return so many articles' facts, newest first."""
    return tuple(page(n, **changes) for n in range(1, number + 1))


def _poisson(mean: float, chance: Random) -> int:
    if not mean:
        return 0
    number, passed = 0, chance.expovariate(mean)
    while passed < 1:
        number += 1
        passed += chance.expovariate(mean)
    return number
