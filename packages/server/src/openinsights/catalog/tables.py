"""The catalog's tables as they stand after the newest migration."""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "0004"
"""The revision of the newest migration; a database that stands there needs no migration."""

metadata = sa.MetaData()

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("app_id", sa.String(36), primary_key=True),
    sa.Column("subscription", sa.String(255), nullable=False),
    sa.Column("resource_group", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("path_key", sa.String(1024), nullable=False, unique=True),
    sa.Column("location", sa.String(255), nullable=False),
    sa.Column("instrumentation_key", sa.String(36), nullable=False, unique=True),
    sa.Column("created_ticks", sa.BigInteger, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("retention", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("settings", sa.JSON, nullable=False, server_default="{}"),
)
"""One row per resource; `path_key` is the resource id in lower case, `retention` days by table,
`settings` what differs from the defaults of `resource_settings`."""

purges = sa.Table(
    "purges",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("app_id", sa.String(36), nullable=False),
    sa.Column("table_name", sa.String(255), nullable=False),
    sa.Column("filters", sa.JSON, nullable=False),
    sa.Column("requested_ticks", sa.BigInteger, nullable=False),
    sa.Column("deleted_rows", sa.BigInteger, nullable=False),
    sa.Column("finished", sa.Boolean, nullable=False),
)
"""One row per purge that was asked for, with the rows that it has deleted so far."""

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("app_id", sa.String(36), primary_key=True),
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("items", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
)
"""One row per resource and hour (counted from year 1) in which it sent something."""

versions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where alembic keeps the revision that a database stands at; apart, for it is alembic's own."""
