"""What became of a URL or an article?"""

from dataclasses import replace

from sqlalchemy import Connection, func, select

from db.columns import Found, digest
from db.models import alerts, article_versions, articles, deliveries, entries
from db.queries.articles import find_article
from db.queries.matches import matches_of
from monitor.domain.alerts import DeliveryState, Route
from monitor.domain.articles import Article, EntryState
from monitor.domain.records import Journey

_LARGEST_ID = 2**63 - 1


def find_journey(connection: Connection, url_or_id: str) -> Journey | None:
    """Return all that is known of an article id, an article's URL or a URL as a feed listed it.

    Several entries may list one URL; the one whose article it became speaks for them. A delivery
    is (recipient, channel, kind, state); an alert that waits for a digest is told as one `todo`.
    """
    entry = _entry_of_id(connection, url_or_id) or _entry_of_url(connection, url_or_id)
    if entry is None:
        return None
    article = None if entry.article_id is None else find_article(connection, entry.article_id)
    journey = Journey(
        url=entry.url or "",
        feed_id=entry.feed_id,
        title=entry.title,
        state=EntryState(entry.state),
        reason=entry.reason,
        listed_at=entry.listed_at,
        read_at=entry.read_at,
        fetch_note=entry.fetch_note,
        page_due=entry.page_due,
    )
    return journey if article is None else _with_article(connection, journey, article)


def _with_article(connection: Connection, journey: Journey, article: Article) -> Journey:
    matched_at = select(articles.c.matched_at).where(articles.c.id == article.id)
    versions = select(func.count()).where(article_versions.c.article_id == article.id)
    return replace(
        journey,
        url=article.url,
        title=article.title,
        article=article,
        matched_at=connection.execute(matched_at).scalar(),
        matches=tuple(matches_of(connection, [article.id], flagged=False).get(article.id, ())),
        deliveries=_deliveries(connection, article.story_id),
        versions=connection.execute(versions).scalar_one(),
    )


def _entry_of_id(connection: Connection, text: str) -> "Found | None":
    if not (text.isascii() and text.isdecimal()) or int(text) > _LARGEST_ID:
        return None
    query = select(entries).join(articles, articles.c.entry_id == entries.c.id)
    return connection.execute(query.where(articles.c.id == int(text))).first()


def _entry_of_url(connection: Connection, url: str) -> "Found | None":
    query = select(entries).join(articles, articles.c.entry_id == entries.c.id)
    found = connection.execute(query.where(articles.c.url_hash == digest(url))).first()
    if found is not None:
        return found
    listed = (
        select(entries)
        .where(entries.c.url_hash == digest(url))
        .order_by(entries.c.state == EntryState.DUPLICATE.value, entries.c.id)
    )
    return connection.execute(listed).first()


def _deliveries(
    connection: Connection, story_id: int | None
) -> tuple[tuple[str, str, str, DeliveryState], ...]:
    query = (
        select(
            alerts.c.recipient_id,
            alerts.c.channel,
            alerts.c.route,
            deliveries.c.channel.label("sent_by"),
            deliveries.c.kind,
            deliveries.c.state,
        )
        .select_from(alerts.outerjoin(deliveries, deliveries.c.id == alerts.c.delivery_id))
        .where(alerts.c.story_id == story_id)
        .order_by(alerts.c.id)
    )
    told = []
    for row in connection.execute(query):
        if row.state is not None:
            told.append((row.recipient_id, row.sent_by, row.kind, DeliveryState(row.state)))
        elif row.route == Route.DIGEST.value:
            told.append((row.recipient_id, row.channel, "digest", DeliveryState.TODO))
    return tuple(told)
