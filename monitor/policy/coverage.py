"""What does a source's state mean for whoever reads a digest? One line of its honesty."""

from collections.abc import Iterable
from datetime import datetime

from monitor.domain.health import LOWER_BOUND, RANK, Episode, Health

_MISSING = "what it published may be missing"
_WORDS = {
    Health.PAUSED: ("paused since {since}", "nothing of it was read"),
    Health.GONE: ("gone for good since {since}", "the outlet ended this feed; look for another"),
    Health.BLOCKED: ("closed to us since {since}", _MISSING),
    Health.FAILING: ("not reachable since {since}", _MISSING),
    Health.EMPTY: ("lists nothing since {since}", _MISSING),
    Health.SAME_TEXT: ("one text stands on many of its pages since {since}", "its articles were not read"),
    Health.STALE: ("its newest item is of {since}", _MISSING),
    Health.SILENT: ("nothing new since {since}", _MISSING),
    Health.TEASER_ONLY: ("gives beginnings only since {since}", "topics saw no more than those"),
    Health.GAP: ("two polls had nothing in common on {since}", "something between them may be missing"),
    Health.SLOW: ("brings less than usual since {since}", "something may be missing"),
    Health.LANGUAGE_CHANGED: ("in another language since {since}", "topics may not know its words"),
}
_CAUSES = LOWER_BOUND - {Health.GONE, Health.GAP, Health.STALE, Health.EMPTY, Health.SAME_TEXT}


def note(episode: Episode) -> str:
    """Return what a state of `LOWER_BOUND` means for a reader: "nothing new since …: … may be missing"."""
    words, meaning = _WORDS[episode.state]
    cause = f" ({episode.evidence})" if episode.evidence and episode.state in _CAUSES else ""
    return f"{words.format(since=_instant(episode.since))}{cause}: {meaning}"


def leading(episodes: Iterable[Episode]) -> list[Episode]:
    """Return of each feed the episode that a reader is told of, worst first, then the longest."""
    told: dict[str, Episode] = {}
    for episode in episodes:
        if episode.state in LOWER_BOUND:
            known = told.setdefault(episode.feed_id, episode)
            told[episode.feed_id] = min(known, episode, key=lambda one: RANK[one.state])
    return sorted(told.values(), key=lambda one: (RANK[one.state], one.since, one.feed_id))


def _instant(at: datetime) -> str:
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
