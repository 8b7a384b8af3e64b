"""What was the verdict on an article?"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from db import codec
from db.columns import Found
from db.models import matches
from monitor.domain.topics import Match


def matches_of(
    connection: Connection, article_ids: Sequence[int], *, flagged: bool
) -> dict[int, list[Match]]:
    """Return each article's matches, most relevant first; only those that flag where `flagged`."""
    query = (
        select(matches)
        .where(matches.c.article_id.in_(article_ids))
        .order_by(matches.c.flagged.desc(), matches.c.relevance.desc(), matches.c.topic_id)
    )
    if flagged:
        query = query.where(matches.c.flagged)
    found: dict[int, list[Match]] = {}
    for row in connection.execute(query):
        found.setdefault(row.article_id, []).append(_match(row))
    return found


def _match(row: Found) -> Match:
    return Match(
        topic_id=row.topic_id,
        topic_version=row.topic_version,
        flagged=row.flagged,
        relevance=row.relevance,
        total=row.total,
        threshold=row.threshold,
        clauses=codec.clauses_from_json(row.clauses),
        evidence=codec.evidence_from_json(row.evidence),
        quotes=codec.quotes_from_json(row.quotes),
    )
