"""Keep which outlet an item names as its own publisher, where a feed lists others' articles."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

NEW = ("publisher", "publisher_url")


def upgrade() -> None:
    for name in NEW:
        op.add_column("entries", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in reversed(NEW):
        op.drop_column("entries", name)
