"""Opens the store that the settings name: the one place that knows the engines by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import StoreError
from openinsights.store.times import UNTIMED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from openinsights.clock import Clock
    from openinsights.store.api import EngineFunction, Store
    from openinsights.store.limits import StoreLimits
    from openinsights.store.times import StoreTimes


def open_store(
    url: str,
    directory: Path | None,
    clock: Clock,
    *,
    limits: StoreLimits | None = None,
    functions: Sequence[EngineFunction] = (),
    retention_of: Callable[[str, str], int] | None = None,
    times: StoreTimes = UNTIMED,
) -> Store:
    """Open a store.

    Args:
        url: `clickhouse://…`; "" for day files.
        directory: where day files lie; None holds everything in memory.
        clock: tells which days still take telemetry.
        limits: bounds.
        functions: what the compiler's SQL calls beyond the engine's own functions, where the engine
            can call Python.
        retention_of: returns for an app id and a table how many days are kept, for engines that let
            go of old parts themselves.
        times: told how long things take.

    Raises:
        StoreError: it cannot be opened, and what to do.
    """
    if not url:
        return open_duckdb_store(directory, clock, limits=limits, functions=functions, times=times)
    if not url.startswith("clickhouse://"):
        raise StoreError(
            f"cannot open the store {url.partition(':')[0]}:…: it is clickhouse://…, or nothing for"
            " day files in the data folder"
        )
    from openinsights.store.clickhouse.store import open_clickhouse_store

    return open_clickhouse_store(url, clock, limits=limits, retention_of=retention_of, times=times)
