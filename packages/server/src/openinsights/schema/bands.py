"""Values in bands: positive ones are counted by powers of e, so that a band is a few percent wide.

A band's number grows with its values. Percentiles are found by it, in the compiler's SQL as in what
a store keeps of a day; both have to count in the same bands.
"""

from __future__ import annotations

from typing import Final

BANDS_PER_E: Final = 24
"""Bands to a factor of e: a band is four percent wide."""
ZERO: Final = 745 * BANDS_PER_E
"""Makes the number of each positive value's band positive, down to the least double."""
LAST: Final = 4 * ZERO
"""The last band on DuckDB, to which NaN is a number beyond all others."""
NAN: Final = LAST + 1
"""What ClickHouse counts NaN in, which it has no order for."""
ALL: Final = 1e300
"""Beyond it, infinity included, everything is one band."""


def band(value: str, counts: str) -> str:
    """Return DuckDB's SQL of the band of a value, a whole number; null for one that does not count.

    Args:
        value: SQL of a number.
        counts: SQL of the condition on which it counts; a null never does.
    """
    number = f"CAST({value} AS DOUBLE)"
    return (
        f"CASE WHEN ({value} IS NOT NULL AND {counts}) IS NOT TRUE THEN NULL"
        f" WHEN {number} > {ALL} THEN {LAST}"
        f" WHEN {number} > 0 THEN CAST(ln({number}) * {BANDS_PER_E} AS INTEGER) + {ZERO}"
        f" WHEN {number} = 0 THEN 0 WHEN {number} < -{ALL} THEN -{LAST}"
        f" WHEN {number} < 0 THEN -{ZERO} - CAST(ln(-{number}) * {BANDS_PER_E} AS INTEGER)"
        f" END"
    )


def clickhouse_band(value: str, counts: str) -> str:
    """Return ClickHouse's SQL of the band of a value; null for one that does not count.

    Its bands end elsewhere than DuckDB's: neither reads what the other counted.

    Args:
        value: SQL of a number that may be null.
        counts: SQL of the condition on which it counts; a null never does.
    """
    number = f"toFloat64(assumeNotNull({value}))"
    return (
        f"CAST(multiIf(NOT ifNull({value} IS NOT NULL AND {counts}, false), NULL,"
        f" isNaN({number}), {NAN}, {number} > {ALL}, {LAST},"
        f" {number} > 0, toInt32(floor(log({number}) * {BANDS_PER_E})) + {ZERO},"
        f" {number} = 0, 0, {number} < -{ALL}, -{LAST},"
        f" -{ZERO} - toInt32(floor(log(-{number}) * {BANDS_PER_E}))) AS Nullable(Int32))"
    )
