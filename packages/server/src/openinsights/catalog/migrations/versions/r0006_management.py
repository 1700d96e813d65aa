"""Labels and groups of resources, workbooks with their revisions, and saved queries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column of labels and the tables."""
    op.add_column("resources", sa.Column("labels", sa.JSON, nullable=False, server_default="{}"))
    op.create_table(
        "resource_groups",
        sa.Column("path_key", sa.String(512), primary_key=True),
        sa.Column("subscription", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("location", sa.String(255), nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
    )
    op.create_table(
        "workbooks",
        sa.Column("path_key", sa.String(1024), primary_key=True),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("revision", sa.String(36), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_workbooks_app_id", "workbooks", ["app_id"])
    op.create_table(
        "workbook_revisions",
        sa.Column("path_key", sa.String(1024), primary_key=True),
        sa.Column("revision", sa.String(36), primary_key=True),
        sa.Column("modified_ticks", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "saved_queries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("name_key", sa.String(255), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.UniqueConstraint("app_id", "owner", "name_key", name="saved_queries_by_name"),
    )


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_table("saved_queries")
    op.drop_table("workbook_revisions")
    op.drop_table("workbooks")
    op.drop_table("resource_groups")
    op.drop_column("resources", "labels")
