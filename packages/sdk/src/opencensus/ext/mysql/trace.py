"""A span for each statement that an application sends with MySQL Connector/Python."""

from __future__ import annotations

import inspect  # noqa: F401
import logging
from importlib import import_module
from typing import Any

import mysql.connector
from mysql.connector.abstracts import MySQLCursorAbstract

# Older code reads and replaces this module here.
from opencensus.ext.dbapi import trace  # noqa: F401
from opencensus.ext.dbapi.methods import Remembered, server_name, trace_methods
from opencensus.ext.dbapi.statement import Database, choose_sql_parameters
from opencensus.trace import execution_context, integrations

MODULE_NAME = "mysql"
CONN_WRAP_METHOD = "connect"
STATEMENT_METHODS = ("execute", "executemany", "callproc")
CURSOR_MODULES = ("cursor", "cursor_cext", "aio.cursor")
"""Modules of the connector with cursors; the second needs its part in C, the third is newer."""
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
    types: list[type] = [MySQLCursorAbstract]
    for name in CURSOR_MODULES:
        try:
            module = import_module(f"{mysql.connector.__name__}.{name}")
        except ImportError:
            continue
        types += [
            kind
            for kind in vars(module).values()
            if isinstance(kind, type) and kind.__module__ == module.__name__
        ]
    trace_methods(types, STATEMENT_METHODS, _database_of)
    integrations.add_integration(integrations._Integrations.MYSQL)


def _database(connection: Any) -> Database:
    # What was asked for: the database that is current now costs a statement of its own.
    name = getattr(connection, "_database", None)
    socket = getattr(connection, "_unix_socket", None)
    server = socket or server_name(connection.server_host, connection.server_port)
    return Database("mysql", name or None, server)


_database_of_connection = Remembered(_database, UNKNOWN)


def _database_of(cursor: Any) -> Database:
    try:
        connection = cursor._connection
        # Cursors in plain Python hold their connection weakly.
        return _database_of_connection(getattr(connection, "__repr__").__self__)  # noqa: B009
    except Exception:
        # A closed cursor has no connection any more.
        return UNKNOWN
