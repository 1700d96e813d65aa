"""How much each resource sends, by the hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table of hours."""
    op.create_table(
        "usage",
        sa.Column("app_id", sa.String(36), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the table of hours."""
    op.drop_table("usage")
