"""Which tables are there, and which columns? README.md says what they mean, in which units, for how long."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from db.columns import Id, Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("declared_url", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("poll_every", Integer, nullable=False),
    Column("configured", Boolean, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text),
    Column("next_due", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", LargeBinary),
    Column("item_hashes", LargeBinary, nullable=False),
    Column("failure_points", Float, nullable=False),
    Column("failing_since", Instant),
    Column("last_error", Text),
    Column("last_polled", Instant),
    Column("last_success", Instant),
    Column("first_success", Instant),
    Column("moved_to", Text),
    Column("moved_seen", Integer, nullable=False),
    Column("gone_since", Instant),
    Column("last_entry", Instant),
    Column("polls", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("host", Text),
    Column("full_at", Instant),
    Column("listed", Integer),
    Column("newest", Instant),
    Column("gap_at", Instant),
    Column("clock_skew", Integer),
    Column("manners", Text),
    Column("rhythm", LargeBinary),
    Column("paused_since", Instant),
    Column("paused_until", Instant),
    Column("watched_at", Instant),
    Index("ix_feeds_next_due", "next_due"),
    Index("ix_feeds_host", "host"),
)

episodes = Table(
    "episodes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Text, ForeignKey("feeds.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("evidence", Text, nullable=False),
    Column("told_at", Instant),
    Column("over_told_at", Instant),
    UniqueConstraint("feed_id", "state", "since"),
    Index(
        "ix_episodes_open",
        "feed_id",
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
)

backfills = Table(
    "backfills",
    metadata,
    Column("feed_id", Text, ForeignKey("feeds.id"), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("next_url", Text),
    Column("pages", Integer, nullable=False),
    Column("found", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("note", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("url", Text, nullable=False),
    Column("kills", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
)

polls = Table(
    "polls",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Text, ForeignKey("feeds.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("message", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
    Column("listed", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Index("ix_polls_at", "at"),
    Index("ix_polls_feed_id_at", "feed_id", "at"),
    Index(
        "ix_polls_news",
        "feed_id",
        "at",
        sqlite_where=text("new > 0"),
        postgresql_where=text("new > 0"),
    ),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Text, ForeignKey("feeds.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("guid", Text),
    Column("url", Text),
    Column("url_hash", LargeBinary),
    Column("title", Text, nullable=False),
    Column("author", Text),
    Column("published", Instant),
    Column("published_raw", Text),
    Column("updated", Instant),
    Column("summary", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("lang", Text),
    Column("words_digest", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("listed_at", Instant, nullable=False),
    Column("read_at", Instant),
    Column("fetch_note", Text, nullable=False),
    Column("page_due", Instant),
    Column("page_attempts", Integer, nullable=False),
    Column("claimed_until", Instant),
    # No foreign key: it would go round in a circle with articles.entry_id; `db check` looks after it.
    Column("article_id", BigInteger),
    Column("publisher", Text),
    Column("publisher_url", Text),
    UniqueConstraint("feed_id", "key"),
    Index("ix_entries_url_hash", "url_hash"),
    Index("ix_entries_state", "state"),
    Index("ix_entries_feed_id_read_at", "feed_id", "read_at"),
    Index(
        "ix_entries_waiting",
        "late",
        "page_due",
        sqlite_where=text("page_due IS NOT NULL"),
        postgresql_where=text("page_due IS NOT NULL"),
    ),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Id, primary_key=True),
    Column("text_key", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("flagged_at", Instant),
    UniqueConstraint("text_key"),
    Index("ix_stories_flagged_at", "flagged_at"),
    # Deliveries name stories by id for ever: an id is never given twice.
    sqlite_autoincrement=True,
)

articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False),
    Column("url_hash", LargeBinary, nullable=False),
    Column("entry_id", BigInteger, ForeignKey("entries.id"), nullable=False),
    Column("feed_id", Text, ForeignKey("feeds.id"), nullable=False),
    Column("outlet", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text),
    Column("published", Instant),
    Column("published_from", Text, nullable=False),
    Column("lang", Text),
    Column("country", Text),
    Column("outlet_kind", Text),
    Column("section", Text),
    Column("incomplete", Text, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("text_hash", LargeBinary, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("listed_at", Instant, nullable=False),
    Column("matched_at", Instant),
    Column("claimed_until", Instant),
    Column("story_id", BigInteger, ForeignKey("stories.id")),
    Column("actors", Text, nullable=False),
    Column("themes", Text, nullable=False),
    UniqueConstraint("url_hash"),
    UniqueConstraint("entry_id"),
    Index("ix_articles_read_at", "read_at"),
    Index("ix_articles_feed_id", "feed_id"),
    Index("ix_articles_story_id", "story_id"),
    Index(
        "ix_articles_waiting",
        "late",
        "id",
        sqlite_where=text("matched_at IS NULL"),
        postgresql_where=text("matched_at IS NULL"),
    ),
    # People quote article ids (`explain 17`): an id is never given twice.
    sqlite_autoincrement=True,
)

article_versions = Table(
    "article_versions",
    metadata,
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("read_at", Instant, nullable=False),
)

matches = Table(
    "matches",
    metadata,
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    Column("topic_id", Text, primary_key=True),
    Column("topic_version", Text, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("relevance", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("clauses", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("quotes", Text, nullable=False),
    Column("matched_at", Instant, nullable=False),
    Index(
        "ix_matches_flagged",
        "topic_id",
        "article_id",
        sqlite_where=text("flagged"),
        postgresql_where=text("flagged"),
    ),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recipient_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("resent", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_due", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("last_error", Text),
    Column("sent_at", Instant),
    UniqueConstraint("recipient_id", "channel", "kind", "occasion"),
    Index(
        "ix_deliveries_open",
        "id",
        sqlite_where=text("state IN ('todo', 'sending', 'in_doubt')"),
        postgresql_where=text("state IN ('todo', 'sending', 'in_doubt')"),
    ),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recipient_id", Text, nullable=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("relevance", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id")),
    UniqueConstraint("recipient_id", "story_id", "kind"),
    Index("ix_alerts_story_id", "story_id"),
    Index(
        "ix_alerts_waiting",
        "recipient_id",
        sqlite_where=text("delivery_id IS NULL"),
        postgresql_where=text("delivery_id IS NULL"),
    ),
)

first_seen = Table(
    "first_seen",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("files", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
)

topic_versions = Table(
    "topic_versions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("snapshot_id", BigInteger, ForeignKey("snapshots.id"), nullable=False),
    Column("since", Instant, nullable=False),
    Index("ix_topic_versions_topic_id", "topic_id", "id"),
    Index("ix_topic_versions_snapshot_id", "snapshot_id"),
)

# Labels go by URL, not by article: they outlive it, and speak of pages that no source ever listed.
labels = Table(
    "labels",
    metadata,
    Column("url_hash", LargeBinary, primary_key=True),
    Column("topic_id", Text, primary_key=True),
    Column("labelled_by", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

label_pages = Table(
    "label_pages",
    metadata,
    Column("url_hash", LargeBinary, primary_key=True),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("lang", Text),
    Column("published", Instant),
    Column("read_at", Instant, nullable=False),
)

# On SQLite `search` is a virtual table (FTS5), which only the migration and db/search.py know of.
search = Table(
    "search",
    metadata,
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Index("ix_search_words", "words", postgresql_using="gin"),
    info={"only": "postgresql"},
)
