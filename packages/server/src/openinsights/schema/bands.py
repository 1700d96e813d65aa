"""Values in bands: positive ones are counted by powers of e, so that a band is a few percent wide.

A band's number grows with its values. Percentiles are found by it, in the compiler's SQL as in what
a store keeps of a day; both have to count in the same bands.
"""

from __future__ import annotations

from typing import Final

_BANDS_PER_E: Final = 24
"""Bands to a factor of e: a band is four percent wide."""
_ZERO: Final = 745 * _BANDS_PER_E
"""Makes the number of each positive value's band positive, down to the least double."""
_LAST: Final = 4 * _ZERO
_ALL: Final = 1e300
"""Beyond it, infinity and NaN included, everything is one band."""


def band(value: str, counts: str) -> str:
    """Return SQL of the band of a value, a whole number; null for one that does not count.

    Args:
        value: SQL of a number.
        counts: SQL of the condition on which it counts; a null never does.
    """
    number = f"CAST({value} AS DOUBLE)"
    return (
        f"CASE WHEN ({value} IS NOT NULL AND {counts}) IS NOT TRUE THEN NULL"
        f" WHEN {number} > {_ALL} THEN {_LAST}"
        f" WHEN {number} > 0 THEN CAST(ln({number}) * {_BANDS_PER_E} AS INTEGER) + {_ZERO}"
        f" WHEN {number} = 0 THEN 0 WHEN {number} < -{_ALL} THEN -{_LAST}"
        f" WHEN {number} < 0 THEN -{_ZERO} - CAST(ln(-{number}) * {_BANDS_PER_E} AS INTEGER)"
        f" END"
    )
