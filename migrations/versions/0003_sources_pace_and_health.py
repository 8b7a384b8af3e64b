"""Keep a source's pace, manners, rhythm, pauses and ailments, back-fills, and documents that killed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
NEW = (
    ("host", sa.Text()),
    ("full_at", INSTANT),
    ("listed", sa.Integer()),
    ("newest", INSTANT),
    ("gap_at", INSTANT),
    ("clock_skew", sa.Integer()),
    ("manners", sa.Text()),
    ("rhythm", sa.LargeBinary()),
    ("paused_since", INSTANT),
    ("paused_until", INSTANT),
    ("watched_at", INSTANT),
)


def upgrade() -> None:
    for name, kind in NEW:
        op.add_column("feeds", sa.Column(name, kind, nullable=True))
    op.create_index("ix_feeds_host", "feeds", ["host"])
    op.create_index("ix_entries_feed_id_read_at", "entries", ["feed_id", "read_at"])
    op.create_index(
        "ix_polls_news",
        "polls",
        ["feed_id", "at"],
        sqlite_where=sa.text("new > 0"),
        postgresql_where=sa.text("new > 0"),
    )
    op.create_table(
        "episodes",
        sa.Column("id", ID, nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("over_told_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_episodes_feed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
        sa.UniqueConstraint("feed_id", "state", "since", name=op.f("uq_episodes_feed_id_state_since")),
    )
    op.create_index(
        "ix_episodes_open",
        "episodes",
        ["feed_id"],
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "backfills",
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("next_url", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_backfills_feed_id")),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_backfills")),
    )
    op.create_table(
        "quarantine",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kills", sa.Integer(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_quarantine")),
    )


def downgrade() -> None:
    for table in ("quarantine", "backfills", "episodes"):
        op.drop_table(table)
    op.drop_index("ix_polls_news", "polls")
    op.drop_index("ix_entries_feed_id_read_at", "entries")
    op.drop_index("ix_feeds_host", "feeds")
    for name, _ in reversed(NEW):
        op.drop_column("feeds", name)
