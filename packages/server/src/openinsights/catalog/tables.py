"""The catalog's tables as they stand after the newest migration."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

HEAD = "0008"
"""The revision of the newest migration; a database that stands there needs no migration."""

metadata = sa.MetaData()


class Key(sa.types.TypeDecorator[str]):
    """A text by which rows are found, however long: telemetry has its say in it.

    SQLite takes any text. PostgreSQL takes no NUL, and no more than the column and its index hold,
    so that a longer one becomes its beginning and a hash.
    """

    impl = sa.String
    cache_ok = True
    _LONGEST = 600

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Return what is kept, and looked for."""
        if value is None or dialect.name != "postgresql":
            return value
        if len(value) <= self._LONGEST and "\0" not in value:
            return value
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{value[: self._LONGEST]} {digest}".replace("\0", "?")


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

alert_rules = sa.Table(
    "alert_rules",
    metadata,
    sa.Column("path_key", sa.String(1024), primary_key=True),
    sa.Column("rule_id", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("app_id", sa.String(36), nullable=False, index=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per alert rule; `path_key` is its resource id in lower case, `kind` metric, log or
availability, `app_id` the resource that it watches, and `facts` the rule itself."""

rule_states = sa.Table(
    "rule_states",
    metadata,
    sa.Column("rule_id", sa.String(64), primary_key=True),
    sa.Column("last_due", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per rule: the last instant for which it was evaluated, and what came out for each
combination of dimensions."""

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", sa.String(36), primary_key=True),
    sa.Column("app_id", sa.String(36), nullable=False),
    sa.Column("rule_id", sa.String(64), nullable=False),
    sa.Column("split_key", Key(1024), nullable=False),
    sa.Column("condition", sa.String(16), nullable=False),
    sa.Column("user_state", sa.String(16), nullable=False),
    sa.Column("fired_ticks", sa.BigInteger, nullable=False),
    sa.Column("resolved_ticks", sa.BigInteger, nullable=True),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Index("alerts_of_rule", "app_id", "rule_id", "split_key", "condition"),
    sa.Index("alerts_by_time", "app_id", "fired_ticks"),
)
"""One row per alert that ever fired: `condition` is Fired or Resolved, `user_state` New,
Acknowledged or Closed; at most one of a rule and combination of dimensions is fired."""

alert_history = sa.Table(
    "alert_history",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("alert_id", sa.String(36), nullable=False, index=True),
    sa.Column("at_ticks", sa.BigInteger, nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per change of an alert, deliveries included; rows are added and never changed."""

action_groups = sa.Table(
    "action_groups",
    metadata,
    sa.Column("path_key", sa.String(1024), primary_key=True),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("secret", sa.String(128), nullable=False),
)
"""One row per action group; `path_key` is its resource id in lower case, `secret` signs what its
webhooks are sent."""

processing_rules = sa.Table(
    "processing_rules",
    metadata,
    sa.Column("path_key", sa.String(1024), primary_key=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per rule about what is told when: windows of silence, and groups that are added."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery_id", sa.String(36), primary_key=True),
    sa.Column("alert_id", sa.String(36), nullable=False, index=True),
    sa.Column("condition", sa.String(16), nullable=False),
    sa.Column("group_key", sa.String(1024), nullable=False),
    sa.Column("receiver", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_ticks", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Index("deliveries_by_time", "state", "due_ticks"),
    sa.Index("deliveries_by_receiver", "state", "group_key", "receiver", "due_ticks"),
)
"""One row per receiver that is told of a change of an alert; written in one transaction with the
change. `state` is waiting, delivered or given up."""

availability_tests = sa.Table(
    "availability_tests",
    metadata,
    sa.Column("path_key", sa.String(1024), primary_key=True),
    sa.Column("test_id", sa.String(36), nullable=False, unique=True),
    sa.Column("app_id", sa.String(36), nullable=False, index=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per availability test; `path_key` is its resource id in lower case."""

detector_settings = sa.Table(
    "detector_settings",
    metadata,
    sa.Column("app_id", sa.String(36), primary_key=True),
    sa.Column("detector", sa.String(64), primary_key=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per resource and detector whose settings differ from what is usual, with its mutes."""

detector_runs = sa.Table(
    "detector_runs",
    metadata,
    sa.Column("app_id", sa.String(36), primary_key=True),
    sa.Column("detector", sa.String(64), primary_key=True),
    sa.Column("last_due", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per resource and detector: the last instant for which it looked, and what it remembers."""

findings = sa.Table(
    "findings",
    metadata,
    sa.Column("finding_id", sa.String(36), primary_key=True),
    sa.Column("app_id", sa.String(36), nullable=False),
    sa.Column("detector", sa.String(64), nullable=False),
    sa.Column("about_key", Key(1024), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("first_ticks", sa.BigInteger, nullable=False),
    sa.Column("last_ticks", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Index("findings_by_time", "app_id", "last_ticks"),
)
"""One row per finding; `about_key` says what it is about, `state` is active, resolved or muted."""

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("topic", sa.String(64), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
"""One row per table that servers hold in memory: the database counts its changes up where several
servers share it."""

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)
"""One row per kind of work that one server does for all: who does, until when (milliseconds of the
database's clock since 1970), and how often it has passed from one to another."""

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("secret_hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("until_ticks", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per secret that is good for one step of signing in, on whichever server it is shown."""

oldest_schema = sa.Table(
    "oldest_schema",
    metadata,
    sa.Column("version_num", sa.String(32), primary_key=True),
)
"""One row: the revision that a program has to know at least to use the catalog. Servers of the
release before go on while a newer one has migrated already."""

OLDEST_SCHEMA = "0008"

versions = sa.Table(
    "alembic_version",
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Where alembic keeps the revision that a database stands at; apart, for it is alembic's own."""
