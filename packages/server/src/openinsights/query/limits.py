"""How much one query may take, and how many may run: bounds that the composition root fills."""

from __future__ import annotations

from dataclasses import dataclass, field

from openinsights.kql.limits import CompileLimits


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """Bounds of queries.

    Attributes:
        max_rows: rows of one result table; more are cut off and reported.
        max_cells: rows times columns of one result table, which bounds the memory it takes.
        timeout_s: time of a query whose caller names none.
        max_timeout_s: longest time that a caller may ask for.
        at_once: queries that run at the same time.
        max_waiting: queries that may wait for their turn.
        heavy_after_s: a query that has run for so long goes on beside those that run at once.
        heavy_at_once: queries that go on so.
        compile: what a query may ask of the compiler.
    """

    max_rows: int = 500_000
    max_cells: int = 2_500_000
    timeout_s: float = 180.0
    max_timeout_s: float = 600.0
    at_once: int = 4
    max_waiting: int = 200
    heavy_after_s: float = 3.0
    heavy_at_once: int = 2
    compile: CompileLimits = field(default_factory=CompileLimits)

    def granted_rows(self, wanted: int | None, columns: int, used_cells: int = 0) -> int:
        """Return how many rows of so many columns a caller gets that wants so many.

        The tables of one answer share its cells: `used_cells` are those of the tables before.
        """
        left = max(0, self.max_cells - used_cells)
        most = min(self.max_rows, max(1, left // max(1, columns)))
        return most if wanted is None else max(0, min(wanted, most))

    def granted_s(self, wanted: float | None) -> float:
        """Return how long a caller's query may run that wants so long."""
        return self.timeout_s if wanted is None else max(0.0, min(wanted, self.max_timeout_s))
