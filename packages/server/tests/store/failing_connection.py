"""A connection to the engine that fails as one does whose memory is taken by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable

NO_MEMORY = duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate data")


class FailingConnection:
    """Passes statements on; some fail.

    Args:
        connection: takes the others.
        fails: whether a statement is one of those; `rollback` is one, too.
        error: how they fail.
        is_done: whether what fails is done all the same.
        times: so many fail, then none.

    Attributes:
        failed: how many did.
    """

    def __init__(
        self,
        connection: Any,
        fails: Callable[[str], bool],
        *,
        error: Exception = NO_MEMORY,
        is_done: bool = False,
        times: int = 1_000_000,
    ) -> None:
        self._connection = connection
        self._fails = fails
        self._error = error
        self._is_done = is_done
        self._times = times
        self.failed = 0

    def execute(self, text: str, *parameters: Any) -> Any:
        if self.failed == self._times or not self._fails(text):
            return self._connection.execute(text, *parameters)
        self.failed += 1
        if self._is_done:
            self._connection.execute(text, *parameters)
        raise self._error

    def rollback(self) -> None:
        self.execute("rollback")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
