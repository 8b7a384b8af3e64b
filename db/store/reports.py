"""What do digests and alerts say of stories, coverage and days?"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import distinct, func, select

from db.models import articles, polls
from db.queries.coverage import coverage_notes
from db.queries.days import flagged_stories
from db.queries.stories import story_items
from db.store.part import StorePart
from monitor.domain.alerts import CoverageNote, StoryItem
from monitor.domain.records import PastPoll


class ReportStore(StorePart):
    """The queries behind reports."""

    def stories(self, story_ids: Sequence[int]) -> list[StoryItem]:
        """See `Store.stories`."""
        with self.database.reading() as connection:
            return story_items(connection, story_ids)

    def coverage(self) -> list[CoverageNote]:
        """See `Store.coverage`."""
        with self.database.reading() as connection:
            return coverage_notes(connection)

    def past_polls(self, feed_id: str, limit: int) -> list[PastPoll]:
        """See `Store.past_polls`."""
        mine = select(polls).where(polls.c.feed_id == feed_id)
        latest = mine.order_by(polls.c.at.desc(), polls.c.id.desc()).limit(limit)
        with self.database.reading() as connection:
            return [
                PastPoll(
                    at=row.at,
                    outcome=row.outcome,
                    status=row.status,
                    message=row.message,
                    size=row.size,
                    elapsed=timedelta(milliseconds=row.elapsed_ms),
                    listed=row.listed,
                    new=row.new,
                    updated=row.updated,
                )
                for row in connection.execute(latest)
            ]

    def counts_since(self, since: datetime, until: datetime) -> tuple[int, int]:
        """See `Store.counts_since`; the window is half-open."""
        polled = select(func.count(distinct(polls.c.feed_id))).where(polls.c.at >= since, polls.c.at < until)
        read = select(func.count()).where(articles.c.read_at >= since, articles.c.read_at < until)
        with self.database.reading() as connection:
            return connection.execute(polled).scalar_one(), connection.execute(read).scalar_one()

    def flagged_per_day(self, first: date, last: date, timezone: str) -> list[tuple[str, int]]:
        """See `Store.flagged_per_day`."""
        with self.database.reading() as connection:
            return flagged_stories(connection, first, last, timezone)
