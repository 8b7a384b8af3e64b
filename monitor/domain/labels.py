"""What do people say of verdicts, and with which rules did they come about?"""

from dataclasses import dataclass
from datetime import datetime

from monitor.domain.instants import require_utc
from monitor.domain.topics import Document

ANY_TOPIC = "*"
"""Stands for any topic at all: relevant to some topic, or to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One person's word on whether a page belongs to a topic. Unique on (url, topic, by).

    `url` is canonical. With `topic_id` ANY_TOPIC it says that some topic should flag the page, or none.
    """

    url: str
    topic_id: str
    by: str
    relevant: bool
    at: datetime

    def __post_init__(self) -> None:
        require_utc("at", self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A page that people have labelled for one topic, as the rules see it, and what they said.

    `article_id` is None for a page that is not in the archive.
    """

    document: Document
    labels: tuple[Label, ...]
    article_id: int | None = None

    @property
    def relevant(self) -> bool | None:
        """Return what those who labelled it agree on, None where they do not."""
        said = {label.relevant for label in self.labels}
        return said.pop() if len(said) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unflagged:
    """An article that was not flagged, with the verdict that came nearest to its threshold.

    `topic_id` is None where the text lacked what every topic requires; there are no points then.
    """

    article_id: int
    story_id: int | None = None
    topic_id: str | None = None
    relevance: int = 0
    threshold: int = 0

    @property
    def short(self) -> int:
        """Return how many points were lacking."""
        return self.threshold - self.relevance


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicVersion:
    """A version of a topic that was in force, since when, and the snapshot that holds its files."""

    topic_id: str
    version: str
    since: datetime
    snapshot_id: int
