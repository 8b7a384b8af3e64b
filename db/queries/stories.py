"""What does a report show of a story? Its leading article, the other outlets, the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from db.codec import mentions_from_json
from db.models import articles
from db.queries.matches import matches_of
from db.statements import chunks
from monitor.domain.alerts import StoryItem
from monitor.domain.topics import Match

_NO_REASONS: Mapping[int, str] = {}


def story_items(
    connection: Connection, story_ids: Sequence[int], reasons: Mapping[int, str] = _NO_REASONS
) -> list[StoryItem]:
    """Return stories in the order asked for; an id without a story is left out.

    The leading article is the one with the most relevant flagged match, of equals the first stored.
    `topics` pairs every topic's id with itself: names are the configuration's. `reasons` says by
    story id why its alert took its route.
    """
    members: dict[int, list[Any]] = {}
    for chunk in chunks(story_ids):
        query = (
            select(
                articles.c.id,
                articles.c.story_id,
                articles.c.title,
                articles.c.url,
                articles.c.outlet,
                articles.c.published,
                articles.c.lang,
                articles.c.actors,
                articles.c.themes,
                articles.c.incomplete,
            )
            .where(articles.c.story_id.in_(chunk))
            .order_by(articles.c.id)
        )
        for row in connection.execute(query):
            members.setdefault(row.story_id, []).append(row)
    verdicts: dict[int, list[Match]] = {}
    for chunk in chunks([row.id for rows in members.values() for row in rows]):
        verdicts |= matches_of(connection, chunk, flagged=True)
    return [
        _item(story_id, members[story_id], verdicts, reasons.get(story_id, ""))
        for story_id in story_ids
        if story_id in members
    ]


def _item(
    story_id: int, members: Sequence[Any], verdicts: Mapping[int, list[Match]], reason: str
) -> StoryItem:
    lead = max(members, key=lambda row: verdicts[row.id][0].relevance if row.id in verdicts else -1)
    matches = tuple(verdicts.get(lead.id, ()))
    also: dict[str, str] = {}
    for row in members:
        if row.outlet != lead.outlet:
            also.setdefault(row.outlet, row.url)
    return StoryItem(
        story_id=story_id,
        article_id=lead.id,
        title=lead.title,
        url=lead.url,
        outlet=lead.outlet,
        published=lead.published,
        lang=lead.lang,
        matches=matches,
        topics=tuple((match.topic_id, match.topic_id) for match in matches),
        also=tuple(also.items()),
        actors=tuple((mention.id, mention.name) for mention in mentions_from_json(lead.actors)),
        themes=tuple((mention.id, mention.name) for mention in mentions_from_json(lead.themes)),
        incomplete=lead.incomplete,
        reason=reason,
    )
