"""How long each resource's telemetry is kept, and the purges that were asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the days of retention to resources, and the table of purges."""
    op.add_column("resources", sa.Column("retention", sa.JSON, nullable=False, server_default="{}"))
    op.create_table(
        "purges",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("table_name", sa.String(255), nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("requested_ticks", sa.BigInteger, nullable=False),
        sa.Column("deleted_rows", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_table("purges")
    op.drop_column("resources", "retention")
