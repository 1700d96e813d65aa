"""What the compiler's SQL calls beyond the engine's own functions, in the store's form."""

from __future__ import annotations

from openinsights.kql.sql.udf import ANNOUNCING, FUNCTIONS
from openinsights.store.api import EngineFunction


def engine_functions() -> tuple[EngineFunction, ...]:
    """Return the functions that a store must offer for compiled queries to run."""
    return tuple(
        EngineFunction(
            row.name, row.function, row.parameters, row.result, announces=row.name == ANNOUNCING
        )
        for row in FUNCTIONS
    )
