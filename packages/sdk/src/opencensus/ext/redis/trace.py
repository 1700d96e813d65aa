"""A span for each command that an application sends to Redis, and one for each pipeline."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import redis
import redis.asyncio
import redis.client

from opencensus.ext.dbapi.literals import HIDDEN, MOST_CHARACTERS
from opencensus.ext.dbapi.methods import Remembered, around, server_name
from opencensus.ext.dbapi.statement import (
    STATEMENT,
    TYPE,
    Database,
    OpenStatement,
    choose_sql_parameters,
    open_statement,
    records_values,
)
from opencensus.ext.patched import is_patched
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

MODULE_NAME = "redis"
UNKNOWN = Database(MODULE_NAME)
PIPELINE = "PIPELINE"
MOST_COMMANDS = 50
"""How many commands of a pipeline are written down."""


def trace_integration(tracer: Any = None, sql_parameters: bool | None = None) -> None:
    """Trace the commands of all clients from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
        sql_parameters: Whether keys and values are recorded; None leaves that to the environment.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    choose_sql_parameters(MODULE_NAME, sql_parameters)
    for kind in _clients():
        _replace(kind, "execute_command", _one_command)
    for kind in _pipelines():
        _replace(kind, "execute", _pipeline)
        _replace(kind, "immediate_execute_command", _one_command)


def _clients() -> tuple[type, ...]:
    clusters = (getattr(redis, "RedisCluster", None), getattr(redis.asyncio, "RedisCluster", None))
    return (redis.Redis, redis.asyncio.Redis, *(kind for kind in clusters if kind is not None))


def _pipelines() -> tuple[type, ...]:
    return redis.client.Pipeline, redis.asyncio.client.Pipeline


def _replace(kind: type, name: str, opened: Callable[..., OpenStatement | None]) -> None:
    method = kind.__dict__.get(name)
    if method is not None and not is_patched(method):
        setattr(kind, name, around(method, opened))


def _one_command(client: Any, args: tuple[Any, ...], _: object) -> OpenStatement | None:
    text = command_text(args)
    return _opened(client, str(args[0]).upper() if args else MODULE_NAME, text)


def _pipeline(pipeline: Any, args: tuple[Any, ...], _: object) -> OpenStatement | None:
    stack = list(getattr(pipeline, "command_stack", ()))
    if not stack:
        # Nothing is sent.
        return None
    lines = [command_text(_arguments(command)) for command in stack[:MOST_COMMANDS]]
    if len(stack) > MOST_COMMANDS:
        lines.append(f"… {len(stack) - MOST_COMMANDS} more")
    return _opened(pipeline, PIPELINE, "\n".join(lines))


def _arguments(command: Any) -> Sequence[Any]:
    arguments = command[0] if isinstance(command, tuple) else getattr(command, "args", ())
    return arguments if isinstance(arguments, list | tuple) else (arguments,)


def _opened(client: Any, name: str, text: str) -> OpenStatement | None:
    attributes = {TYPE: MODULE_NAME, STATEMENT: text}
    database = _database_of(getattr(client, "connection_pool", None))
    return open_statement(database, name, text, name=name, attributes=attributes)


def command_text(arguments: Sequence[Any]) -> str:
    """Return a command with a `?` for each argument: keys hold names of people as values do."""
    if not arguments:
        return ""
    name, *rest = arguments
    if not records_values(MODULE_NAME):
        return " ".join([str(name), *([HIDDEN] * min(len(rest), MOST_COMMANDS))])
    shown = (one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in rest)
    return " ".join([str(name), *shown])[:MOST_CHARACTERS]


def _database(pool: Any) -> Database:
    given = pool.connection_kwargs
    server = given.get("path") or server_name(given.get("host"), given.get("port"))
    return Database(MODULE_NAME, str(given.get("db") or 0), server)


_database_of = Remembered(_database, UNKNOWN)
