"""What does a digest say of a source that does not deliver?"""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.health import LOWER_BOUND, Episode, Health
from monitor.policy.coverage import leading, note

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def episode(state: Health, feed_id: str = "a", days: int = 0, evidence: str = "") -> Episode:
    """Return an open episode."""
    return Episode(feed_id=feed_id, state=state, since=NOW - timedelta(days=days), evidence=evidence)


@pytest.mark.parametrize("state", sorted(LOWER_BOUND))
def test_every_state_that_concerns_a_reader_has_words(state: Health) -> None:
    """Since when, and what it means, in one short line."""
    line = note(episode(state, evidence="shown"))
    assert "25 Nov 2026, 12:00 UTC" in line
    assert len(line) <= 160
    assert "{" not in line


def test_a_cause_stands_beside_what_it_caused() -> None:
    """What the source usually brings, or what its server said, where it tells a reader something."""
    assert note(episode(Health.SILENT, evidence="usually 14 a day")) == (
        "nothing new since 25 Nov 2026, 12:00 UTC (usually 14 a day): what it published may be missing"
    )
    assert "(" not in note(episode(Health.GONE, evidence="status 410"))
    assert "(" not in note(episode(Health.FAILING))


def test_the_worst_comes_first() -> None:
    """Each source once, by its weightiest state; what has lasted longest before the rest."""
    told = leading(
        [
            episode(Health.SILENT, "a", 2),
            episode(Health.FAILING, "a", 1),
            episode(Health.FAILING, "b", 3),
            episode(Health.SLOW, "c", 9),
            episode(Health.MOVED, "d", 9),
        ]
    )
    assert [(one.feed_id, one.state) for one in told] == [
        ("b", Health.FAILING),
        ("a", Health.FAILING),
        ("c", Health.SLOW),
    ]
