"""Resources have settings of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column that holds what differs from the defaults."""
    op.add_column("resources", sa.Column("settings", sa.JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("resources", "settings")
