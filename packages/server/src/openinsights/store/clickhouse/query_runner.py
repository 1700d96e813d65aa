"""Runs read-only queries, with an end in time and in rows."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from openinsights.store.clickhouse.literals import bound, text_literal
from openinsights.store.errors import (
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    QueryTooLarge,
    StoreError,
    StoreUnavailable,
)
from openinsights.store.rowset import RowSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.schema.sql import Sql
    from openinsights.store.api import Cancellation
    from openinsights.store.clickhouse.connection import Clients
    from openinsights.store.limits import StoreLimits

logger = logging.getLogger(__name__)

_GRACE_S = 2.0
"""What the engine itself may take longer than its time before it is told to stop."""
_BLOCK_ROWS = 16_384
_KILL_WITHIN_S = 5
_DESCRIBE_WITHIN_S = 10
_DIALECT = {
    "join_use_nulls": 1,
    "data_type_default_nullable": 0,
    "prefer_column_name_to_alias": 1,
    "max_ast_elements": 10_000_000,
    "max_expanded_ast_elements": 10_000_000,
    "max_subquery_depth": 1_000,
}
"""What the compiler's SQL relies on."""


def run_query(
    clients: Clients,
    sql: Sql,
    timeout_s: float,
    max_rows: int,
    limits: StoreLimits,
    cancellation: Cancellation | None,
    take: Callable[[list[tuple[Any, ...]]], None] | None,
) -> RowSet:
    """Run a query; see `Store.run`."""
    running = _Running(clients, str(uuid.uuid4()))
    if cancellation is not None:
        if cancellation.cancelled:
            raise _cancelled(cancellation)
        cancellation.attach(running.stop)
    if timeout_s <= 0:
        raise QueryTimeout(f"cannot finish the query within {timeout_s:g} s")
    rows: list[tuple[Any, ...]] = []
    handed_over, room, truncated, out_of_time = 0, limits.result_bytes, False, False
    columns: tuple[str, ...] = ()
    due = threading.Timer(timeout_s + _GRACE_S, running.stop)
    due.daemon = True
    due.start()
    begun_s = time.monotonic()
    try:
        client = clients.client(timeout_s + 2 * _GRACE_S)
        stream = client.query_row_block_stream(
            bound(sql), settings=_settings(running.query_id, timeout_s, max_rows, limits)
        )
        with stream:
            columns = tuple(stream.source.column_names)
            for found in stream:
                block = [tuple(row) for row in found]
                room -= _size(block)
                if room < 0 or handed_over + len(block) > max_rows:
                    truncated = True
                    # a first row stays, however large it is
                    while (room < 0 and handed_over + len(block) > 1) or handed_over + len(
                        block
                    ) > max_rows:
                        room += _size([block.pop()])
                (take or rows.extend)(block)
                handed_over += len(block)
                if truncated:
                    # else the client reads the rest to its end
                    running.stop()
                    break
    except clients.errors.Error as error:
        if truncated:
            return RowSet(columns, rows, truncated)
        if cancellation is not None and cancellation.cancelled:
            raise _cancelled(cancellation) from error
        told = clients.told_of_query(error, sql.text, timeout_s)
        is_late = time.monotonic() - begun_s >= timeout_s
        if not (isinstance(told, QueryTimeout) or (is_late and isinstance(told, QueryCancelled))):
            raise told from error
        if not handed_over:
            raise QueryTimeout(f"cannot finish the query within {timeout_s:g} s") from error
        out_of_time = True
    finally:
        due.cancel()
        running.end()
        if cancellation is not None:
            cancellation.attach(None)
    if cancellation is not None and cancellation.cancelled and not truncated:
        raise _cancelled(cancellation)
    return RowSet(columns or _names(clients, sql), rows, truncated, out_of_time)


def _names(clients: Clients, sql: Sql) -> tuple[str, ...]:
    """The columns of a query without rows: an empty answer says nothing of them."""
    try:
        found = clients.rows(f"DESCRIBE TABLE ({bound(sql)})", _DESCRIBE_WITHIN_S, _DIALECT)
    except StoreUnavailable:
        raise
    except StoreError as error:  # not a query that returns rows
        raise QueryFailed("cannot run the query: it is none") from error
    return tuple(row[0] for row in found)


def _settings(
    query_id: str, timeout_s: float, max_rows: int, limits: StoreLimits
) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "query_id": query_id,
        "readonly": 2,
        **_DIALECT,
        "max_execution_time": max(0.001, timeout_s),
        "timeout_overflow_mode": "throw",
        "max_result_rows": max_rows + 1,
        "result_overflow_mode": "break",
        "max_block_size": _BLOCK_ROWS,
        "max_memory_usage": limits.engine_memory_bytes * _MEMORY_FACTOR,
        "wait_end_of_query": 0,
    }
    if limits.engine_threads:
        settings["max_threads"] = limits.engine_threads
    return settings


_MEMORY_FACTOR = 32
"""A server of ClickHouse has more memory than one that keeps everything in its own process."""


class _Running:
    """A query that can be told to stop from another thread, as often as one likes."""

    def __init__(self, clients: Clients, query_id: str) -> None:
        self._clients = clients
        self.query_id = query_id
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._stopping = False

    def stop(self) -> None:
        """Have the query stopped; returns at once."""
        with self._lock:
            if self._stopping or self._ended.is_set():
                return
            self._stopping = True
        threading.Thread(target=self._kill, name="openinsights-kill", daemon=True).start()

    def end(self) -> None:
        """It has ended: nothing is to be stopped any more."""
        self._ended.set()

    def _kill(self) -> None:
        # the engine forgets what it is told before it has begun to run the query
        pause_s = 0.02
        while not self._ended.is_set():
            on = self._clients.address.cluster
            where = f" ON CLUSTER {text_literal(on)}" if on else ""
            with suppress(StoreError):
                self._clients.command(
                    f"KILL QUERY{where} WHERE query_id = {text_literal(self.query_id)} ASYNC",
                    _KILL_WITHIN_S,
                )
            self._ended.wait(pause_s)
            pause_s = min(1.0, pause_s * 2)


def _cancelled(cancellation: Cancellation) -> StoreError:
    if cancellation.too_large:
        return QueryTooLarge(cancellation.too_large)
    return QueryCancelled("cannot finish the query: it was cancelled")


def _size(rows: list[tuple[Any, ...]]) -> int:
    return sum(len(cell) for row in rows for cell in row if isinstance(cell, str))
