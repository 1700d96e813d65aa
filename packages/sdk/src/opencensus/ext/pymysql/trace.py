"""A span for each statement that an application sends with PyMySQL, pooled or not."""

from __future__ import annotations

import inspect  # noqa: F401
import logging
from typing import Any

import pymysql.cursors

# Older code reads and replaces this module here.
from opencensus.ext.dbapi import trace  # noqa: F401
from opencensus.ext.dbapi.methods import Remembered, server_name, trace_methods
from opencensus.ext.dbapi.statement import Database, choose_sql_parameters
from opencensus.trace import execution_context, integrations

MODULE_NAME = "pymysql"
CONN_WRAP_METHOD = "connect"
STATEMENT_METHODS = ("execute", "executemany", "callproc")
UNKNOWN = Database("mysql")


def trace_integration(tracer: Any = None, sql_parameters: bool | None = None) -> None:
    """Trace the statements of all connections from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
        sql_parameters: Whether values in statements, and parameters, are recorded; None leaves
            that to the environment.
    """
    logging.getLogger(__name__).info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    choose_sql_parameters(UNKNOWN.component, sql_parameters)
    trace_methods((pymysql.cursors.Cursor,), STATEMENT_METHODS, _database_of)
    integrations.add_integration(integrations._Integrations.PYMYSQL)


def _database(connection: Any) -> Database:
    name = connection.db
    server = connection.unix_socket or server_name(connection.host, connection.port)
    return Database(
        "mysql", name.decode(errors="replace") if isinstance(name, bytes) else name, server
    )


_database_of_connection = Remembered(_database, UNKNOWN)


def _database_of(cursor: Any) -> Database:
    return _database_of_connection(getattr(cursor, "connection", None))
