"""Several servers on one catalog: who does what, what changed, and who may use it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_WATCHED = {
    "resources": "INSERT OR UPDATE OR DELETE",
    "people": "INSERT OR UPDATE OR DELETE",
    "sessions": "INSERT OR DELETE",
    "api_keys": "INSERT OR UPDATE OF name, key_hash, app_id, rights, expires_ticks OR DELETE",
    "alert_rules": "INSERT OR UPDATE OR DELETE",
    "availability_tests": "INSERT OR UPDATE OR DELETE",
}
"""What servers hold in memory; when a key or a session was last used is not worth the news."""

_COUNT_UP = """
CREATE FUNCTION openinsights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (topic, version) VALUES (TG_TABLE_NAME, 1)
        ON CONFLICT (topic) DO UPDATE SET version = changes.version + 1;
    PERFORM pg_notify('openinsights_changes', TG_TABLE_NAME);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Add the tables, and on PostgreSQL what counts changes."""
    op.create_table(
        "changes",
        sa.Column("topic", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("secret_hash", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("until_ticks", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_table("oldest_schema", sa.Column("version_num", sa.String(32), primary_key=True))
    op.execute("INSERT INTO oldest_schema (version_num) VALUES ('0008')")
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(_COUNT_UP)
    for table, deeds in _WATCHED.items():
        op.execute(
            f"CREATE TRIGGER openinsights_changed AFTER {deeds} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION openinsights_changed()"
        )


def downgrade() -> None:
    """Drop what `upgrade` made."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION openinsights_changed() CASCADE")
    op.drop_table("oldest_schema")
    op.drop_table("tickets")
    op.drop_table("leases")
    op.drop_table("changes")
