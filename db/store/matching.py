"""Which articles wait to be matched, and what did matching change?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from db import codec
from db.columns import Values, storable
from db.models import alerts, articles, deliveries, entries, feeds, matches, stories
from db.queries.articles import article_from_row, article_query
from db.search import index, search_row
from db.statements import chunks, claim, free, insert_new
from db.store.outbox import DELIVERY_KEY, delivery_row
from db.store.part import StorePart
from monitor.domain.alerts import Route
from monitor.domain.articles import EntryState
from monitor.domain.errors import StoreError
from monitor.domain.records import MatchRecord, Telling, UnmatchedArticle
from monitor.domain.topics import Match

_unmatched = (
    article_query(
        articles.c.late,
        articles.c.listed_at,
        feeds.c.first_success,
        exists().where(alerts.c.story_id == articles.c.story_id).label("story_alerted"),
    )
    .join(feeds, feeds.c.id == articles.c.feed_id)
    .where(articles.c.matched_at.is_(None), free(articles))
    .order_by(articles.c.late, articles.c.id)
)
# Locked, so that no reader gives an article other words before its verdict on these is written.
_to_match = (
    select(articles.c.id, articles.c.story_id, articles.c.version)
    .where(articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(articles.c.id)
    .with_for_update()
)
_story_ids = select(stories.c.text_key, stories.c.id).where(
    stories.c.text_key.in_(bindparam("keys", expanding=True))
)
_forget_matches = delete(matches).where(matches.c.article_id == bindparam("b_article_id"))
_matched = (
    update(articles)
    .where(articles.c.id == bindparam("b_id"))
    .values(
        story_id=bindparam("b_story_id"),
        matched_at=bindparam("b_at"),
        claimed_until=None,
        actors=bindparam("b_actors"),
        themes=bindparam("b_themes"),
    )
)
# An entry that in the meantime became something else (its page proved another's) keeps its end.
_entry_matched = (
    update(entries)
    .where(
        entries.c.id
        == select(articles.c.entry_id).where(articles.c.id == bindparam("b_article_id")).scalar_subquery(),
        entries.c.state != EntryState.DUPLICATE.value,
    )
    .values(state=bindparam("b_state"), reason=bindparam("b_reason"))
)
_flag_story = (
    update(stories)
    .where(stories.c.id == bindparam("b_id"), stories.c.flagged_at.is_(None))
    .values(flagged_at=bindparam("b_at"))
)
_delivery_ids = select(
    deliveries.c.id, deliveries.c.recipient_id, deliveries.c.channel, deliveries.c.kind, deliveries.c.occasion
).where(deliveries.c.occasion.in_(bindparam("occasions", expanding=True)))
_alert_sent = (
    update(alerts)
    .where(
        alerts.c.recipient_id == bindparam("b_recipient_id"),
        alerts.c.story_id == bindparam("b_story_id"),
        alerts.c.kind == bindparam("b_kind"),
    )
    .values(delivery_id=bindparam("b_delivery_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A record with the rows that can be made before the transaction."""

    record: MatchRecord
    matches: list[Values]
    search: Values
    actors: str
    themes: str
    flagged: int


class MatchingStore(StorePart):
    """The queue of articles to match, and the record of matches."""

    def claim_articles(self, now: datetime, lease: timedelta, limit: int) -> list[UnmatchedArticle]:
        """See `Store.claim_articles`."""
        with self.database.writing() as connection:
            rows = claim(connection, _unmatched.limit(limit), articles, now, now + lease)
        return [
            UnmatchedArticle(
                article=article_from_row(row),
                late=row.late,
                listed_at=row.listed_at,
                feed_first_success=row.first_success,
                story_alerted=row.story_alerted,
            )
            for row in rows
        ]

    def record_matches(self, records: Sequence[MatchRecord]) -> int:
        """See `Store.record_matches`."""
        prepared = [_prepare(record) for record in records]
        if not prepared:
            return 0
        with self.database.writing() as connection:
            known = _known_articles(connection, records)
            # What was read anew in the meantime waits to be matched again, by its present words.
            prepared = [one for one in prepared if one.record.article_id in known]
            if not prepared:
                return 0
            records = [one.record for one in prepared]
            told = _stories(connection, records, known)
            again = [number for number, story_id in known.items() if story_id is not None]
            if again:
                connection.execute(_forget_matches, [{"b_article_id": number} for number in again])
            _write_matches(connection, prepared, told, again)
            return _tell(connection, records, told)


def _prepare(record: MatchRecord) -> _Prepared:
    storable("stories", [{"text_key": record.story_key}], ("text_key",))
    return _Prepared(
        record=record,
        matches=list(
            storable("matches", [_match_row(record, match) for match in record.matches], ("topic_id",))
        ),
        search=search_row(record.article_id, record.search),
        actors=codec.mentions_to_json("articles.actors", record.actors),
        themes=codec.mentions_to_json("articles.themes", record.themes),
        flagged=sum(match.flagged for match in record.matches),
    )


def _known_articles(connection: Connection, records: Sequence[MatchRecord]) -> dict[int, int | None]:
    """Return the story, if any, of each article that still has the words which were judged."""
    judged = {record.article_id: record.version for record in records}
    rows = [row for chunk in chunks(sorted(judged)) for row in connection.execute(_to_match, {"ids": chunk})]
    if missing := judged.keys() - {row.id for row in rows}:
        raise StoreError(f"there is no article {min(missing)}")
    return {row.id: row.story_id for row in rows if row.version == judged[row.id]}


def _stories(
    connection: Connection, records: Sequence[MatchRecord], known: dict[int, int | None]
) -> dict[int, int]:
    """Return each article's story: the one it has, the one of its text, or a new one."""
    fresh = [record for record in records if known[record.article_id] is None]
    # In one order, so that two writers that make the same stories never wait for each other.
    first_at = {record.story_key: record.at for record in sorted(fresh, key=lambda record: record.story_key)}
    if first_at:
        rows = [{"text_key": key, "created_at": at} for key, at in first_at.items()]
        connection.execute(insert_new(connection, stories), rows)
    by_key: dict[str, int] = {}
    for chunk in chunks(first_at):
        by_key |= dict(connection.execute(_story_ids, {"keys": chunk}).all())
    kept = {number: story_id for number, story_id in known.items() if story_id is not None}
    return kept | {record.article_id: by_key[record.story_key] for record in fresh}


def _write_matches(
    connection: Connection, prepared: Sequence[_Prepared], told: dict[int, int], again: Sequence[int]
) -> None:
    if rows := [row for one in prepared for row in one.matches]:
        connection.execute(insert(matches), rows)
    connection.execute(_matched, [_matched_row(one, told[one.record.article_id]) for one in prepared])
    index(connection, [one.search for one in prepared], again)
    connection.execute(_entry_matched, [_entry_row(one) for one in prepared])
    flagged = [
        {"b_id": told[one.record.article_id], "b_at": one.record.at} for one in prepared if one.flagged
    ]
    if flagged:
        connection.execute(_flag_story, flagged)


def _tell(connection: Connection, records: Sequence[MatchRecord], told: dict[int, int]) -> int:
    """Add the alerts that are new, with their deliveries; return how many."""
    wanted: dict[tuple[str, int, str], tuple[Telling, datetime]] = {}
    for record in records:
        story_id = told[record.article_id]
        for telling in record.tell(story_id):
            key = (telling.alert.recipient_id, story_id, telling.alert.kind)
            wanted.setdefault(key, (telling, record.at))
    if not wanted:
        return 0
    rows = storable(
        "alerts",
        [_alert_row(key[1], telling, at) for key, (telling, at) in sorted(wanted.items(), key=_by_key)],
        ("recipient_id", "kind"),
    )
    added = connection.execute(
        insert_new(connection, alerts).returning(alerts.c.recipient_id, alerts.c.story_id, alerts.c.kind),
        rows,
    )
    new = [(row.recipient_id, row.story_id, row.kind) for row in added]
    sent = {key: wanted[key][0].delivery for key in new}
    _deliver(connection, {key: delivery_row(delivery) for key, delivery in sent.items() if delivery})
    return len(new)


def _by_key(item: tuple[tuple[str, int, str], Any]) -> tuple[str, int, str]:
    return item[0]


def _deliver(connection: Connection, rows: dict[tuple[str, int, str], Values]) -> None:
    """Add the deliveries of new alerts to the outbox, and tie the alerts to them."""
    if not rows:
        return
    connection.execute(insert_new(connection, deliveries), list(rows.values()))
    ids: dict[tuple[Any, ...], int] = {}
    for chunk in chunks({row["occasion"] for row in rows.values()}):
        for row in connection.execute(_delivery_ids, {"occasions": chunk}):
            ids[(row.recipient_id, row.channel, row.kind, row.occasion)] = row.id
    ties = [
        {
            "b_recipient_id": recipient_id,
            "b_story_id": story_id,
            "b_kind": kind,
            "b_delivery_id": ids[tuple(row[name] for name in DELIVERY_KEY)],
        }
        for (recipient_id, story_id, kind), row in rows.items()
    ]
    connection.execute(_alert_sent, ties)


def _match_row(record: MatchRecord, match: Match) -> Values:
    return {
        "article_id": record.article_id,
        "topic_id": match.topic_id,
        "topic_version": match.topic_version,
        "flagged": match.flagged,
        "relevance": match.relevance,
        "total": match.total,
        "threshold": match.threshold,
        "clauses": codec.clauses_to_json(match.clauses),
        "evidence": codec.evidence_to_json(match.evidence),
        "quotes": codec.quotes_to_json(match.quotes),
        "matched_at": record.at,
    }


def _matched_row(one: _Prepared, story_id: int) -> Values:
    return {
        "b_id": one.record.article_id,
        "b_story_id": story_id,
        "b_at": one.record.at,
        "b_actors": one.actors,
        "b_themes": one.themes,
    }


def _entry_row(one: _Prepared) -> Values:
    plural = "" if one.flagged == 1 else "s"
    return {
        "b_article_id": one.record.article_id,
        "b_state": (EntryState.MATCHED if one.flagged else EntryState.NOTHING).value,
        "b_reason": f"flagged by {one.flagged} topic{plural}" if one.flagged else "no topic",
    }


def _alert_row(story_id: int, telling: Telling, at: datetime) -> Values:
    alert = telling.alert
    return {
        "recipient_id": alert.recipient_id,
        "story_id": story_id,
        "kind": alert.kind,
        "route": Route(alert.route).value,
        "reason": alert.reason,
        "channel": alert.channel,
        "topics": codec.names_to_json(alert.topics),
        "relevance": alert.relevance,
        "created_at": at,
    }
