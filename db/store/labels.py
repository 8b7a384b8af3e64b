"""What did people say of verdicts?"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from db.columns import digest, storable
from db.models import articles, label_pages
from db.models import labels as table
from db.queries.articles import article_from_row, article_query
from db.queries.labels import speaking_of
from db.queries.sampling import unflagged_since
from db.statements import chunks
from db.store.part import StorePart
from monitor.domain.articles import Article
from monitor.domain.labels import Label, Labelled, Unflagged
from monitor.domain.topics import Document


class LabelStore(StorePart):
    """Labels, and the pages that were fetched only to be labelled."""

    def record_label(self, label: Label, page: Article | None = None) -> None:
        """See `Store.record_label`."""
        row = {
            "url_hash": digest(label.url),
            "topic_id": label.topic_id,
            "labelled_by": label.by,
            "url": label.url,
            "relevant": label.relevant,
            "at": label.at,
        }
        labelled = storable("labels", [row], ("topic_id", "labelled_by"))
        pages = storable("label_pages", [_page_row(label.url, page)] if page else [], ())
        with self.database.writing() as connection:
            dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
            if pages:
                connection.execute(dialect.insert(label_pages).on_conflict_do_nothing(), pages)
            added = dialect.insert(table)
            changed = {name: added.excluded[name] for name in ("relevant", "at")}
            keys = ["url_hash", "topic_id", "labelled_by"]
            connection.execute(added.on_conflict_do_update(index_elements=keys, set_=changed), labelled)

    def remove_label(self, url: str, topic_id: str, by: str) -> bool:
        """See `Store.remove_label`."""
        this = (table.c.url_hash == digest(url), table.c.topic_id == topic_id, table.c.labelled_by == by)
        with self.database.writing() as connection:
            removed = connection.execute(delete(table).where(*this))
            unlabelled = label_pages.c.url_hash.not_in(select(table.c.url_hash))
            connection.execute(delete(label_pages).where(unlabelled))
        return removed.rowcount > 0

    def labels_on(self, url: str) -> list[Label]:
        """See `Store.labels_on`."""
        query = select(table).where(table.c.url_hash == digest(url))
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(table.c.topic_id, table.c.labelled_by))
            return [_label(row) for row in rows]

    def labelled(self, topic_id: str) -> list[Labelled]:
        """See `Store.labelled`."""
        said: dict[bytes, list[Label]] = defaultdict(list)
        query = select(table).where(speaking_of(topic_id))
        found: list[Labelled] = []
        with self.database.reading() as connection:
            for row in connection.execute(query.order_by(table.c.url, table.c.labelled_by)):
                said[bytes(row.url_hash)].append(_label(row))
            for some in chunks(said):
                archived = article_query(articles.c.url_hash).where(articles.c.url_hash.in_(some))
                rows = list(connection.execute(archived))
                found += [_of_article(article_from_row(row), said[bytes(row.url_hash)]) for row in rows]
                known = {bytes(row.url_hash) for row in rows}
                pages = select(label_pages).where(label_pages.c.url_hash.in_(some))
                found += [
                    Labelled(document=_document(row), labels=tuple(said[bytes(row.url_hash)]))
                    for row in connection.execute(pages)
                    if bytes(row.url_hash) not in known
                ]
        return sorted(found, key=lambda one: one.document.url or "")

    def unflagged(self, topic_id: str, since: datetime) -> list[Unflagged]:
        """See `Store.unflagged`."""
        with self.database.reading() as connection:
            return unflagged_since(connection, topic_id, since)


def _page_row(url: str, page: Article) -> dict[str, Any]:
    return {
        "url_hash": digest(url),
        "url": url,
        "title": page.title,
        "text": page.text,
        "lang": page.lang,
        "published": page.published,
        "read_at": page.read_at,
    }


def _label(row: Row[Any]) -> Label:
    return Label(url=row.url, topic_id=row.topic_id, by=row.labelled_by, relevant=row.relevant, at=row.at)


def _of_article(article: Article, labels: Iterable[Label]) -> Labelled:
    return Labelled(document=article.document, labels=tuple(labels), article_id=article.id)


def _document(row: Row[Any]) -> Document:
    return Document(title=row.title, body=row.text, lang=row.lang, url=row.url, published=row.published)
