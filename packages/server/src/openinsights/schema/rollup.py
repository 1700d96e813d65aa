"""The shape of a rollup: which rows of a table are put together, and what is kept of them.

Rows of a period that are equal in a rollup's keys become one row with its measures. Whatever a query
asks that keys and measures can say is the same from either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PERIOD_TICKS: Final = 36_000_000_000
"""An hour: times of rows that are put together lie between one multiple of it and the next."""


_TIMES: Final = " * "
_NAME: Final = re.compile(r"(count|sum|min|max|band)\(([\w *]*)\)")


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that stands for those of several rows.

    Attributes:
        function: `count`, `sum`, `min`, `max`, or `band` (see bands.py), which makes no number of
            several but tells rows apart.
        factors: columns; the function is of their product. A band is that of the first one, for
            rows whose second one, the weight, is more than 0.
    """

    function: str
    factors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a relation's column of it is called; no column of a table is called so."""
        return f"{self.function}({_TIMES.join(self.factors)})"


def measure_named(name: str) -> Measure | None:
    """Return the measure that a relation's column is, None when it is another column."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return Measure(found[1], tuple(found[2].split(_TIMES)) if found[2] else ())


@dataclass(frozen=True, slots=True)
class Rollup:
    """What is kept of a table.

    Attributes:
        name: tells it from the table's others.
        table: name of a classic table.
        keys: columns, the one that tells resources apart among them.
        measures: of the rows that are equal in keys and bands.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    measures: tuple[Measure, ...]

    def says(self, keys: Iterable[str], measures: Iterable[Measure]) -> bool:
        """Return whether it has all of these."""
        return set(keys) <= set(self.keys) and set(measures) <= set(self.measures)
