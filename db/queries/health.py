"""What is known of the health of feeds? Their memory, polls with news, latest pages and episodes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from db.columns import Found
from db.models import article_versions, articles, entries, episodes, feeds, polls
from db.queries.sources import STATE_COLUMNS, feed_state
from db.statements import chunks
from monitor.domain.articles import EntryState
from monitor.domain.health import Episode, Evidence, Health, PageFact
from monitor.policy.volume import WINDOW

PAGES = 30
"""Of the latest pages so many are looked at."""

_PRINT = 120
_LOST = (EntryState.BLOCKED.value, EntryState.GONE.value, EntryState.FAILED.value)
_READ = (EntryState.EXTRACTED.value, EntryState.MATCHED.value, EntryState.NOTHING.value)

_feeds = (
    select(
        *STATE_COLUMNS,
        feeds.c.added_at,
        feeds.c.watched_at,
        feeds.c.last_entry,
        polls.c.status,
        polls.c.outcome,
    )
    .join(polls, and_(polls.c.feed_id == feeds.c.id, polls.c.at == feeds.c.last_polled), isouter=True)
    .where(feeds.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(feeds.c.id, polls.c.id)
)
_news = (
    select(polls.c.feed_id, polls.c.at, polls.c.new)
    .where(
        polls.c.feed_id.in_(bindparam("ids", expanding=True)),
        polls.c.new > 0,
        polls.c.at >= bindparam("start"),
    )
    .order_by(polls.c.feed_id, polls.c.at, polls.c.id)
)
_pages = (
    select(
        entries.c.read_at,
        entries.c.state,
        entries.c.reason,
        articles.c.lang,
        articles.c.incomplete,
        func.length(article_versions.c.text).label("length"),
        func.substr(article_versions.c.text, 1, _PRINT).label("beginning"),
    )
    .join(articles, articles.c.entry_id == entries.c.id, isouter=True)
    .join(
        article_versions,
        and_(
            article_versions.c.article_id == articles.c.id, article_versions.c.version == articles.c.version
        ),
        isouter=True,
    )
    .where(
        entries.c.feed_id == bindparam("feed_id"),
        entries.c.read_at.is_not(None),
        or_(
            entries.c.state.in_(_LOST),
            and_(entries.c.state.in_(_READ), articles.c.id.is_not(None)),
        ),
    )
    .order_by(entries.c.read_at.desc(), entries.c.id.desc())
    .limit(PAGES)
)
_past = (
    select(episodes)
    .where(
        episodes.c.feed_id.in_(bindparam("ids", expanding=True)),
        or_(episodes.c.until.is_(None), episodes.c.until >= bindparam("start")),
    )
    .order_by(episodes.c.since, episodes.c.id)
)


def health_evidence(connection: Connection, feed_ids: Sequence[str], now: datetime) -> dict[str, Evidence]:
    """Return what is known of feeds, by id; four statements for each 500, and one for each feed's pages."""
    found: dict[str, Evidence] = {}
    for ids in chunks(feed_ids):
        news: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
        past: dict[str, list[Episode]] = defaultdict(list)
        window = {"ids": ids, "start": now - WINDOW}
        for poll in connection.execute(_news, window):
            news[poll.feed_id].append((poll.at, poll.new))
        for ended in connection.execute(_past, window):
            past[ended.feed_id].append(episode(ended))
        for row in connection.execute(_feeds, {"ids": ids}):
            found[row.id] = Evidence(
                state=feed_state(row),
                added_at=row.added_at,
                watched_at=row.watched_at,
                last_entry=row.last_entry,
                status=row.status,
                outcome=row.outcome or "",
                news=tuple(news[row.id]),
                pages=tuple(_page(page) for page in connection.execute(_pages, {"feed_id": row.id})),
                episodes=tuple(past[row.id]),
            )
    return found


def episode(row: Found) -> Episode:
    """Return an episode from its row."""
    return Episode(
        id=row.id,
        feed_id=row.feed_id,
        state=Health(row.state),
        since=row.since,
        until=row.until,
        evidence=row.evidence,
        told_at=row.told_at,
        over_told_at=row.over_told_at,
    )


def _page(row: Found) -> PageFact:
    if row.length is None:
        reason = row.reason or "no text"
        return PageFact(at=row.read_at, lost=reason, refused=row.state == EntryState.BLOCKED.value)
    return PageFact(
        at=row.read_at,
        print=f"{row.length} {row.beginning}",
        length=row.length,
        lang=row.lang,
        incomplete=row.incomplete,
    )
