"""Every lowering by the name of its function, gathered from the families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.sql.clickhouse_functions import (
    aggregates,
    arithmetic,
    choices,
    conversion,
    dynamics,
    numbers,
    strings,
    text,
    times,
    windows,
)

if TYPE_CHECKING:
    from openinsights.kql.functions.row import Lowering

FUNCTIONS: Final[dict[str, Lowering]] = {
    **conversion.FUNCTIONS,
    **arithmetic.FUNCTIONS,
    **strings.FUNCTIONS,
    **text.FUNCTIONS,
    **times.FUNCTIONS,
    **numbers.FUNCTIONS,
    **choices.FUNCTIONS,
    **dynamics.FUNCTIONS,
    **windows.FUNCTIONS,
}
"""Scalar functions, and functions of neighbouring rows."""

AGGREGATES: Final = aggregates.AGGREGATES
ORDERED: Final = aggregates.ORDERED
