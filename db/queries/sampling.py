"""Which articles did a topic not flag that nobody has judged yet, and how near did they come?"""

from datetime import datetime

from sqlalchemy import Connection, and_, exists, not_, select

from db.models import articles, labels, matches
from db.queries.articles import flagged_by
from db.queries.labels import speaking_of
from monitor.domain.labels import ANY_TOPIC, Unflagged


def unflagged_since(connection: Connection, topic_id: str, since: datetime) -> list[Unflagged]:
    """Return the matched articles read since then that are neither flagged nor labelled, newest first.

    Each comes with the verdict that lay nearest to its threshold, of this topic or (for "*") of all.
    """
    topic = None if topic_id == ANY_TOPIC else topic_id
    verdict = and_(matches.c.article_id == articles.c.id, not_(matches.c.flagged))
    if topic is not None:
        verdict = and_(verdict, matches.c.topic_id == topic)
    labelled = exists().where(labels.c.url_hash == articles.c.url_hash, speaking_of(topic_id))
    query = (
        select(
            articles.c.id,
            articles.c.story_id,
            matches.c.topic_id,
            matches.c.relevance,
            matches.c.threshold,
        )
        .select_from(articles.outerjoin(matches, verdict))
        .where(
            articles.c.matched_at.is_not(None),
            articles.c.read_at >= since,
            not_(flagged_by(topic)),
            not_(labelled),
        )
        .order_by(articles.c.id.desc(), matches.c.threshold - matches.c.relevance, matches.c.topic_id)
    )
    nearest: dict[int, Unflagged] = {}
    for row in connection.execute(query):
        one = Unflagged(
            article_id=row.id,
            story_id=row.story_id,
            topic_id=row.topic_id,
            relevance=row.relevance or 0,
            threshold=row.threshold or 0,
        )
        nearest.setdefault(one.article_id, one)
    return list(nearest.values())
