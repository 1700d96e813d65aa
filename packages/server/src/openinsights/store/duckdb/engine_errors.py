"""What an error of the engine says: of the engine itself, and of what it was asked to do."""

from __future__ import annotations

from typing import Final

import duckdb

ENGINE_ERRORS: Final = (duckdb.Error, MemoryError, SystemError)
"""Whatever a call of the engine raises.

DuckDB's Python interface raises SystemError when memory runs out as it makes an error's text.
"""
PASSING: Final = (
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    MemoryError,
    SystemError,
)
"""What may not happen another time: too little memory, a transaction that was not ended, a dead engine."""


def is_fatal(error: BaseException) -> bool:
    """Return whether an error, or what caused it, says that the engine refuses everything now."""
    return isinstance(error, duckdb.FatalException) or isinstance(
        error.__cause__, duckdb.FatalException
    )
