"""A span for each statement that Django sends to one of its databases.

Django keeps connections per thread, or per task, and opens them when they are needed: each is
wrapped when it is opened.
"""

from __future__ import annotations

import os
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created

from opencensus.ext.dbapi.methods import server_name
from opencensus.ext.dbapi.statement import STATEMENT, TYPE, Database, open_statement, shown_text

PREFIX = "django"
"""By this name the environment's choice about values is made."""

_RECEIVER = "opencensus.databases"
"""By this name Django connects the receiver once, however often it is asked."""


def trace_databases() -> None:
    """Trace the statements of all connections, open ones and later ones; doing so twice does it once."""
    connection_created.connect(_wrap_created, dispatch_uid=_RECEIVER)
    for connection in connections.all(initialized_only=True):
        wrap(connection)


def wrap(connection: Any) -> None:
    """Trace the statements of a connection."""
    if trace_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(trace_statement)


def _wrap_created(connection: Any, **_: Any) -> None:
    wrap(connection)


def trace_statement(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Send a statement inside a span of its own, as one of Django's wrappers."""
    connection = context["connection"]
    settings = connection.settings_dict
    server = server_name(settings.get("HOST"), settings.get("PORT"))
    database = Database(connection.vendor, _instance(connection), server)
    attributes = {STATEMENT: shown_text(sql, connection.vendor, PREFIX), TYPE: "sql"}
    method = "executemany" if many else "execute"
    opened = open_statement(database, method, sql, attributes=attributes)
    if opened is None:
        return execute(sql, params, many, context)
    with opened:
        return execute(sql, params, many, context)


def _instance(connection: Any) -> str:
    """Return the database's name, of a file without its folders, or else Django's name for it."""
    name = connection.settings_dict.get("NAME")
    if isinstance(name, (str, os.PathLike)) and name:
        return os.path.basename(os.fspath(name)) or str(name)  # noqa: PTH119 (may be a URI)
    return str(connection.alias)
