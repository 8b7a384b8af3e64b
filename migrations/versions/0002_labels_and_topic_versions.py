"""Keep what people say of verdicts, and which topics changed with which configuration."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("url_hash", sa.LargeBinary(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("labelled_by", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("url_hash", "topic_id", "labelled_by", name=op.f("pk_labels")),
    )
    op.create_table(
        "label_pages",
        sa.Column("url_hash", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=True),
        sa.Column("published", INSTANT, nullable=True),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("url_hash", name=op.f("pk_label_pages")),
    )
    op.create_table(
        "topic_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshots.id"], name=op.f("fk_topic_versions_snapshot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_versions")),
    )
    op.create_index("ix_topic_versions_topic_id", "topic_versions", ["topic_id", "id"])
    op.create_index("ix_topic_versions_snapshot_id", "topic_versions", ["snapshot_id"])


def downgrade() -> None:
    op.drop_table("topic_versions")
    op.drop_table("label_pages")
    op.drop_table("labels")
