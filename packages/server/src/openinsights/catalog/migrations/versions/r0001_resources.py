"""The first catalog: resources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table of resources."""
    op.create_table(
        "resources",
        sa.Column("app_id", sa.String(36), primary_key=True),
        sa.Column("subscription", sa.String(255), nullable=False),
        sa.Column("resource_group", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("path_key", sa.String(1024), nullable=False, unique=True),
        sa.Column("location", sa.String(255), nullable=False),
        sa.Column("instrumentation_key", sa.String(36), nullable=False, unique=True),
        sa.Column("created_ticks", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop the table of resources."""
    op.drop_table("resources")
