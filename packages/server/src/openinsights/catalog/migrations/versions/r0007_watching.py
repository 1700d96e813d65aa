"""Alert rules and what fired, whom to tell, availability tests, and findings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "alert_rules",
        sa.Column("path_key", sa.String(1024), primary_key=True),
        sa.Column("rule_id", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("ix_alert_rules_app_id", "alert_rules", ["app_id"])
    op.create_table(
        "rule_states",
        sa.Column("rule_id", sa.String(64), primary_key=True),
        sa.Column("last_due", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("alert_id", sa.String(36), primary_key=True),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("rule_id", sa.String(64), nullable=False),
        sa.Column("split_key", sa.String(1024), nullable=False),
        sa.Column("condition", sa.String(16), nullable=False),
        sa.Column("user_state", sa.String(16), nullable=False),
        sa.Column("fired_ticks", sa.BigInteger, nullable=False),
        sa.Column("resolved_ticks", sa.BigInteger, nullable=True),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("alerts_of_rule", "alerts", ["app_id", "rule_id", "split_key", "condition"])
    op.create_index("alerts_by_time", "alerts", ["app_id", "fired_ticks"])
    op.create_table(
        "alert_history",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("at_ticks", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("ix_alert_history_alert_id", "alert_history", ["alert_id"])
    op.create_table(
        "action_groups",
        sa.Column("path_key", sa.String(1024), primary_key=True),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("secret", sa.String(128), nullable=False),
    )
    op.create_table(
        "processing_rules",
        sa.Column("path_key", sa.String(1024), primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("condition", sa.String(16), nullable=False),
        sa.Column("group_key", sa.String(1024), nullable=False),
        sa.Column("receiver", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_ticks", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    op.create_index("deliveries_by_time", "deliveries", ["state", "due_ticks"])
    op.create_index(
        "deliveries_by_receiver", "deliveries", ["state", "group_key", "receiver", "due_ticks"]
    )
    op.create_table(
        "availability_tests",
        sa.Column("path_key", sa.String(1024), primary_key=True),
        sa.Column("test_id", sa.String(36), nullable=False, unique=True),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("ix_availability_tests_app_id", "availability_tests", ["app_id"])
    op.create_table(
        "detector_settings",
        sa.Column("app_id", sa.String(36), primary_key=True),
        sa.Column("detector", sa.String(64), primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_table(
        "detector_runs",
        sa.Column("app_id", sa.String(36), primary_key=True),
        sa.Column("detector", sa.String(64), primary_key=True),
        sa.Column("last_due", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_table(
        "findings",
        sa.Column("finding_id", sa.String(36), primary_key=True),
        sa.Column("app_id", sa.String(36), nullable=False),
        sa.Column("detector", sa.String(64), nullable=False),
        sa.Column("about_key", sa.String(1024), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("first_ticks", sa.BigInteger, nullable=False),
        sa.Column("last_ticks", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("findings_by_time", "findings", ["app_id", "last_ticks"])


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_table("findings")
    op.drop_table("detector_runs")
    op.drop_table("detector_settings")
    op.drop_table("availability_tests")
    op.drop_table("deliveries")
    op.drop_table("processing_rules")
    op.drop_table("action_groups")
    op.drop_table("alert_history")
    op.drop_table("alerts")
    op.drop_table("rule_states")
    op.drop_table("alert_rules")
