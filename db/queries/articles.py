"""Which articles are there, and what does a row of them mean?"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from db.columns import Found
from db.models import article_versions, articles, matches
from monitor.domain.articles import Article, DateSource
from monitor.domain.records import ArticleRow

ARTICLE_COLUMNS = (
    articles.c.id,
    articles.c.url,
    articles.c.feed_id,
    articles.c.outlet,
    articles.c.domain,
    articles.c.title,
    article_versions.c.text,
    articles.c.author,
    articles.c.published,
    articles.c.published_from,
    articles.c.lang,
    articles.c.country,
    articles.c.outlet_kind,
    articles.c.section,
    articles.c.incomplete,
    articles.c.read_at,
    articles.c.story_id,
    articles.c.version,
)
"""What `article_from_row` needs, from `articles` joined with its present version."""

PRESENT_VERSION = (article_versions.c.article_id == articles.c.id) & (
    article_versions.c.version == articles.c.version
)


def article_query(*more: ColumnElement[Any]) -> Select[Any]:
    """Return the query for articles with their text, and whatever `more` columns of `articles`."""
    return select(*ARTICLE_COLUMNS, *more).select_from(articles.join(article_versions, PRESENT_VERSION))


def article_from_row(row: Found) -> Article:
    """Return the article of a row that has ARTICLE_COLUMNS."""
    return Article(
        id=row.id,
        url=row.url,
        feed_id=row.feed_id,
        outlet=row.outlet,
        domain=row.domain,
        title=row.title,
        text=row.text,
        author=row.author,
        published=row.published,
        published_from=DateSource(row.published_from),
        lang=row.lang,
        country=row.country,
        outlet_kind=row.outlet_kind,
        section=row.section,
        incomplete=row.incomplete,
        read_at=row.read_at,
        story_id=row.story_id,
        version=row.version,
    )


def find_article(connection: Connection, article_id: int) -> Article | None:
    """Return one article, None where there is none of this id."""
    row = connection.execute(article_query().where(articles.c.id == article_id)).first()
    return None if row is None else article_from_row(row)


def flagged_by(topic: str | None) -> ColumnElement[bool]:
    """Return the condition that this topic flagged the article, or any topic did."""
    verdict = exists().where(matches.c.article_id == articles.c.id, matches.c.flagged).correlate(articles)
    return verdict if topic is None else verdict.where(matches.c.topic_id == topic)


def article_rows(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[ArticleRow]:
    """Return articles that meet every condition, the last one stored first."""
    query = article_query().where(*conditions).order_by(articles.c.id.desc()).limit(limit)
    found = [article_from_row(row) for row in connection.execute(query)]
    topics = _topics(connection, [article.id for article in found])
    return [ArticleRow(article=article, topics=tuple(topics.get(article.id, ()))) for article in found]


def _topics(connection: Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    query = (
        select(matches.c.article_id, matches.c.topic_id, matches.c.relevance)
        .where(matches.c.article_id.in_(ids), matches.c.flagged)
        .order_by(matches.c.relevance.desc(), matches.c.topic_id)
    )
    topics: dict[int, list[tuple[str, int]]] = {}
    for row in connection.execute(query):
        topics.setdefault(row.article_id, []).append((row.topic_id, row.relevance))
    return topics
