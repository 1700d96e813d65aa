"""A span for each command that an application sends to MongoDB with PyMongo."""

from __future__ import annotations

import logging
from typing import Any

from pymongo import monitoring

from opencensus.ext.dbapi.literals import HIDDEN, MOST_CHARACTERS
from opencensus.ext.dbapi.methods import server_name
from opencensus.ext.dbapi.statement import (
    STATEMENT,
    TYPE,
    Database,
    OpenStatement,
    choose_sql_parameters,
    open_statement,
    records_values,
)
from opencensus.trace import execution_context, integrations
from opencensus.trace import status as status_module

log = logging.getLogger(__name__)

MODULE_NAME = "pymongo"
COMPONENT = "mongodb"
COMMAND_ATTRIBUTES = ["filter", "sort", "skip", "limit", "pipeline"]
VALUE_ATTRIBUTES = frozenset({"filter", "pipeline"})
"""Which of them hold values; the others say how many and in which order."""
OK = 0
UNKNOWN_ERROR = 2
"""The status code of a command that failed (`UNKNOWN` of google.rpc.Code)."""

_listener: MongoCommandListener | None = None


def trace_integration(tracer: Any = None, sql_parameters: bool | None = None) -> None:
    """Trace the commands of clients that are made from now on; doing so twice traces them once.

    Args:
        tracer: Receives the spans; by default each goes to the tracer of its context.
        sql_parameters: Whether values in filters and pipelines are recorded; None leaves that to
            the environment.
    """
    global _listener
    log.info("Integrated module: %s", MODULE_NAME)
    choose_sql_parameters(MODULE_NAME, sql_parameters)
    if _listener is None:
        _listener = MongoCommandListener(tracer=tracer)
        monitoring.register(_listener)
    else:
        _listener.use(tracer)
    integrations.add_integration(integrations._Integrations.PYMONGO)


class MongoCommandListener(monitoring.CommandListener):
    """Opens a span when a command is sent and ends it with the reply.

    Args:
        tracer: Receives the spans; by default each goes to the tracer of its context.
    """

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer
        self._open: dict[tuple[Any, Any], OpenStatement] = {}

    def use(self, tracer: Any) -> None:
        """Send spans to another tracer from now on."""
        self._tracer = tracer

    @property
    def tracer(self) -> Any:
        """The tracer that receives the spans here."""
        return self._tracer or execution_context.get_opencensus_tracer()

    def started(self, event: Any) -> None:
        """Open the span of a command."""
        try:
            collection = _collection(event)
            parts = (MODULE_NAME, event.database_name, collection, event.command_name)
            opened = open_statement(
                Database(COMPONENT, event.database_name, _server(event.connection_id), MODULE_NAME),
                event.command_name,
                event.command,
                name=".".join(str(part) for part in parts if part),
                attributes=_described(event, collection),
                tracer=self._tracer,
                # Where its task is cancelled, nobody tells of its end.
                covers=False,
            )
        except Exception:
            log.warning("command cannot be traced", exc_info=True)
            return
        if opened is not None:
            self._open[_key(event)] = opened

    def succeeded(self, event: Any) -> None:
        """End the span of a command that was answered."""
        self._stop(event, status_module.Status(OK, ""))

    def failed(self, event: Any) -> None:
        """End the span of a command that failed."""
        self._stop(event, status_module.Status(UNKNOWN_ERROR, "MongoDB error", event.failure))

    def _stop(self, event: Any, status: status_module.Status) -> None:
        opened = self._open.pop(_key(event), None)
        if opened is not None:
            opened.end(status=status)


def _key(event: Any) -> tuple[Any, Any]:
    return event.connection_id, event.request_id


def _collection(event: Any) -> str | None:
    """Return the collection of a command; that of a cursor's next rows stands beside its number."""
    named = event.command.get(event.command_name)
    if isinstance(named, str):
        return named
    beside = event.command.get("collection")
    return beside if isinstance(beside, str) else None


def _described(event: Any, collection: str | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        TYPE: COMPONENT,
        STATEMENT: collection or event.command_name,
    }
    for name in COMMAND_ATTRIBUTES:
        value = event.command.get(name)
        if value is not None:
            if name in VALUE_ATTRIBUTES and not records_values(MODULE_NAME):
                value = without_values(value)
            described[name] = str(value)[:MOST_CHARACTERS]
    described["request_id"] = event.request_id
    described["connection_id"] = str(event.connection_id)
    return described


def _server(connection_id: Any) -> str | None:
    if isinstance(connection_id, tuple) and len(connection_id) >= 2:
        return server_name(*connection_id[:2])
    return None


def without_values(value: Any) -> Any:
    """Return a filter, a pipeline or a part of one with a `?` for each value; keys stay."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): without_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_values(inner) for inner in value]
    return HIDDEN
