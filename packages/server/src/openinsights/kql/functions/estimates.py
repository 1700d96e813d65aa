"""Aggregates in bounded memory, for rows that are too many to be counted exactly.

Different values are counted with bitmaps: of the values' hashes each sets one bit of 65,536; the
first bitmap takes all values, each further one an eighth of those before. The fullest bitmap that
still has gaps tells how many there are, by the share of its bits that are not set.

Source: Whang et al., "A linear-time probabilistic counting algorithm" (1990); Estan et al., "Bitmap
algorithms for counting active flows on high-speed links" (2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_BITS: Final = 1 << 16
_LEVELS: Final = 6
_FULL: Final = _BITS * 19 // 20
"""Bits set from which on a bitmap tells too little."""
_SKETCHED: Final = (
    KqlType.INT,
    KqlType.LONG,
    KqlType.REAL,
    KqlType.DATETIME,
    KqlType.TIMESPAN,
)


def distinct(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """How many different values there are, within about one percent."""
    value = arguments[0]
    known = f" AND {value} IS NOT NULL" if bound[0].nullable else ""
    place = f"CAST((hash({value}) >> 24) & {_BITS - 1} AS INTEGER)"
    counts = ", ".join(
        f"COALESCE(bit_count(bitstring_agg(CASE WHEN hash({value}) & {8**level - 1} = 0{known}"
        f" THEN {place} END, 0, {_BITS - 1}){{filter}}), 0)"
        for level in range(_LEVELS)
    )
    estimates = " ".join(
        f"WHEN b[{level + 1}] <= {_FULL} THEN {_estimate(level)}" for level in range(_LEVELS - 1)
    )
    return (
        f"list_transform([[{counts}]], lambda b:"
        f" CASE {estimates} ELSE {_estimate(_LEVELS - 1)} END)[1]"
    )


def _estimate(level: int) -> str:
    left = f"(1e0 - least(b[{level + 1}], {_BITS - 1}) / {_BITS}e0)"
    return f"CAST(round({-_BITS * 8**level}e0 * ln({left})) AS BIGINT)"


def percentile(value: str, share: float, bound: Sequence[Bound]) -> str | None:
    """A percentile by t-digest; None for types that it does not take."""
    if bound[0].type not in _SKETCHED:
        return None
    return f"approx_quantile({value}, {share!r}){{filter}}"
