"""Functions of neighbouring rows; `{over}` and `{running}` are the emitter's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.sql.clickhouse_functions.arithmetic import bits_of
from openinsights.schema.types import DECIMAL, REAL, STRING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_FEW_BITS: Final = 32
"""Numbers of so many bits do not add up to more than a long."""


def _neighbour(word: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        value, *others = arguments
        if bound[0].type is not STRING:
            value = f"toNullable({value})"
        return f"{word}({', '.join([value, *others])}) {{over}}"

    return lower


def _running_sum(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value = arguments[0]
    if bound[0].type in (REAL, DECIMAL) or bits_of(bound[0]) < _FEW_BITS:
        return f"sum({value}) {{running}}"
    return f"accurateCast(sum(toInt128({value})) {{running}}, 'Nullable(Int64)')"


FUNCTIONS: Final[dict[str, Lowering]] = {
    "row": "toInt64(row_number() {over})",
    "lag": _neighbour("lag"),
    "lead": _neighbour("lead"),
    "sum of rows": _running_sum,
    "max of rows": "max({0}) {running}",
    "number in run": "toInt64(row_number() {over})",
    "number of key": "toInt64(dense_rank() {over})",
}
"""The family's rows."""
