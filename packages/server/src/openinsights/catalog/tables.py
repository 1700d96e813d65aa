"""The catalog's tables as they stand after the newest migration."""

from __future__ import annotations

import sqlalchemy as sa

HEAD = "0006"
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
    sa.Column("labels", sa.JSON, nullable=False, server_default="{}"),
)
"""One row per resource; `path_key` is the resource id in lower case, `retention` days by table,
`settings` what differs from the defaults of `resource_settings`, `labels` what is kept for tools."""

resource_groups = sa.Table(
    "resource_groups",
    metadata,
    sa.Column("path_key", sa.String(512), primary_key=True),
    sa.Column("subscription", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("location", sa.String(255), nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
)
"""One row per resource group that was made before, or apart from, its first resource."""

workbooks = sa.Table(
    "workbooks",
    metadata,
    sa.Column("path_key", sa.String(1024), primary_key=True),
    sa.Column("app_id", sa.String(36), nullable=False, index=True),
    sa.Column("revision", sa.String(36), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)
"""One row per workbook; `app_id` is the resource that it is about, "" when it names none."""

workbook_revisions = sa.Table(
    "workbook_revisions",
    metadata,
    sa.Column("path_key", sa.String(1024), primary_key=True),
    sa.Column("revision", sa.String(36), primary_key=True),
    sa.Column("modified_ticks", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)
"""What a workbook was, the newest one included."""

saved_queries = sa.Table(
    "saved_queries",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("app_id", sa.String(36), nullable=False),
    sa.Column("owner", sa.String(255), nullable=False),
    sa.Column("name_key", sa.String(255), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.UniqueConstraint("app_id", "owner", "name_key", name="saved_queries_by_name"),
)
"""One row per saved query or function of a resource; `owner` is whose it is, "" when all share it."""

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

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("name_key", sa.String(255), nullable=False, unique=True),
    sa.Column("password_hash", sa.String(255), nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("created_ticks", sa.BigInteger, nullable=False),
)
"""One row per person; `name_key` is the name in lower case, `roles` roles by application id, and
the hash is empty for those who sign in elsewhere."""

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id_hash", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(36), nullable=False, index=True),
    sa.Column("created_ticks", sa.BigInteger, nullable=False),
    sa.Column("seen_ticks", sa.BigInteger, nullable=False),
)
"""One row per browser in which somebody is signed in; the id itself is kept nowhere."""

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("app_id", sa.String(36), nullable=False, index=True),
    sa.Column("rights", sa.JSON, nullable=False),
    sa.Column("created_ticks", sa.BigInteger, nullable=False),
    sa.Column("expires_ticks", sa.BigInteger, nullable=True),
    sa.Column("used_ticks", sa.BigInteger, nullable=True),
)
"""One row per API key; the key itself is kept nowhere, `app_id` may stand for every resource."""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at_ticks", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(255), nullable=False),
    sa.Column("actor_kind", sa.String(32), nullable=False),
    sa.Column("action", sa.String(64), nullable=False),
    sa.Column("target", sa.String(1024), nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
)
"""One row per deed; rows are added and never changed."""

versions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where alembic keeps the revision that a database stands at; apart, for it is alembic's own."""
