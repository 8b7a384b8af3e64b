"""Which articles are there, and what became of one?"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from db.columns import digest
from db.models import articles as table
from db.models import matches
from db.queries.articles import article_from_row, article_query, article_rows, find_article, flagged_by
from db.queries.journey import find_journey
from db.search import holds, worth_a_look
from db.statements import chunks
from db.store.part import StorePart
from monitor.domain.articles import Article
from monitor.domain.records import ArticleRow, Flagged, Journey
from monitor.domain.searching import Sought


class ArticleStore(StorePart):
    """The archive."""

    def journey(self, url_or_id: str) -> Journey | None:
        """See `Store.journey`."""
        with self.database.reading() as connection:
            return find_journey(connection, url_or_id)

    def articles(
        self,
        *,
        search: Sequence[Sequence[str]] = (),
        topic: str | None = None,
        flagged: bool = False,
        since: datetime | None = None,
        feed_id: str | None = None,
        limit: int = 50,
    ) -> list[ArticleRow]:
        """See `Store.articles`."""
        conditions = []
        if any(search):
            conditions.append(holds(self.database.engine.dialect.name, search))
        if topic is not None or flagged:
            conditions.append(flagged_by(topic))
        if since is not None:
            conditions.append(table.c.read_at >= since)
        if feed_id is not None:
            conditions.append(table.c.feed_id == feed_id)
        with self.database.reading() as connection:
            return article_rows(connection, conditions, limit)

    def select_articles(
        self,
        sought: Sought | None,
        *,
        since: datetime | None = None,
        feed_id: str | None = None,
        lang: str | None = None,
    ) -> list[int]:
        """See `Store.select_articles`."""
        conditions: list[ColumnElement[bool]] = [table.c.matched_at.is_not(None)]
        if sought is not None:
            conditions.append(worth_a_look(self.database.engine.dialect.name, sought))
        if since is not None:
            conditions.append(table.c.read_at >= since)
        if feed_id is not None:
            conditions.append(table.c.feed_id == feed_id)
        if lang is not None:
            conditions.append((table.c.lang == lang) | table.c.lang.startswith(f"{lang}-", autoescape=True))
        with self.database.reading() as connection:
            query = select(table.c.id).where(*conditions).order_by(table.c.id.desc())
            return list(connection.execute(query).scalars())

    def articles_of(self, ids: Sequence[int]) -> list[Article]:
        """See `Store.articles_of`."""
        found: dict[int, Article] = {}
        with self.database.reading() as connection:
            for some in chunks(ids):
                rows = connection.execute(article_query().where(table.c.id.in_(some)))
                found |= {row.id: article_from_row(row) for row in rows}
        return [found[number] for number in ids if number in found]

    def oldest_article(self) -> datetime | None:
        """See `Store.oldest_article`."""
        with self.database.reading() as connection:
            return connection.execute(select(func.min(table.c.read_at))).scalar()

    def flagged_since(self, since: datetime) -> list[Flagged]:
        """See `Store.flagged_since`."""
        query = (
            select(matches.c.article_id, table.c.story_id, matches.c.topic_id, matches.c.relevance)
            .join(table, table.c.id == matches.c.article_id)
            .where(matches.c.flagged, table.c.read_at >= since, table.c.story_id.is_not(None))
            .order_by(matches.c.article_id, matches.c.topic_id)
        )
        with self.database.reading() as connection:
            return [
                Flagged(
                    article_id=row.article_id,
                    story_id=row.story_id,
                    topic_id=row.topic_id,
                    relevance=row.relevance,
                )
                for row in connection.execute(query)
            ]

    def known_pages(self, urls: Sequence[str]) -> dict[str, int]:
        """See `Store.known_pages`."""
        wanted = {digest(url): url for url in urls}
        found: dict[str, int] = {}
        with self.database.reading() as connection:
            for some in chunks(list(wanted)):
                rows = connection.execute(
                    select(table.c.id, table.c.url_hash).where(table.c.url_hash.in_(some))
                )
                found |= {wanted[row.url_hash]: row.id for row in rows}
        return found

    def article(self, article_id: int) -> Article | None:
        """See `Store.article`."""
        with self.database.reading() as connection:
            return find_article(connection, article_id)
