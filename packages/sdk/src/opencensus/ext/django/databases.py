"""A span for each statement that Django sends to one of its databases.

Django keeps connections per thread, or per task, and opens them when they are needed: each is
wrapped when it is opened.
"""

from __future__ import annotations

import os
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created

from opencensus.ext.dbapi.statement import STATEMENT, TYPE, traced_statement

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
    statement = str(sql)
    with traced_statement(
        connection.vendor,
        "executemany" if many else "execute",
        statement,
        _instance(connection),
        {STATEMENT: statement, TYPE: "sql"},
    ):
        return execute(sql, params, many, context)


def _instance(connection: Any) -> str:
    """Return the database's name, of a file without its folders, or else Django's name for it."""
    name = connection.settings_dict.get("NAME")
    if isinstance(name, (str, os.PathLike)) and name:
        return os.path.basename(os.fspath(name)) or str(name)  # noqa: PTH119 (may be a URI)
    return str(connection.alias)
