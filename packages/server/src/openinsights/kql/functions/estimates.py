"""Aggregates in bounded memory, for rows that are too many to be counted exactly.

Different values are counted with bitmaps: of the values' hashes each sets one bit of 65,536, fifteen
sixteenths of the values in the first bitmap, of the others fifteen sixteenths in the second, and so
on. The share of bits that are not set tells how many there were. From the first bitmap on that has
gaps enough, all that are left are counted, and stand for the share of values that they are.

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
_BITMAPS: Final = 4
_PART: Final = 16
"""Of so many values one is left for the next bitmaps."""
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
    found = f"hash({value})"
    which = " ".join(
        f"WHEN {found} & {_PART ** (place + 1) - 1} <> 0 THEN {place * _BITS}"
        for place in range(_BITMAPS - 1)
    )
    bit = f"(({found} >> 24) & {_BITS - 1}) + CASE {which} ELSE {(_BITMAPS - 1) * _BITS} END"
    bit = f"CAST({bit} AS INTEGER)"
    if bound[0].nullable:
        bit = f"CASE WHEN {value} IS NOT NULL THEN {bit} END"
    # one bitmap behind the other: the rows are gone through once
    bits = f"bitstring_agg({bit}, 0, {_BITMAPS * _BITS - 1}){{filter}}"
    counts = ", ".join(f"COALESCE(bit_count({bits}{_from(place)}), 0)" for place in range(_BITMAPS))
    estimates = " ".join(
        f"WHEN {_set(place)} <= {_FULL} THEN {_estimate(place)}" for place in range(_BITMAPS - 1)
    )
    return (
        f"list_transform([[{counts}, 0]], lambda b:"
        f" CASE {estimates} ELSE {_estimate(_BITMAPS - 1)} END)[1]"
    )


def _from(place: int) -> str:
    """What leaves the bits of a bitmap and of those behind it."""
    if not place:
        return ""
    zeros, ones = place * _BITS, (_BITMAPS - place) * _BITS
    return f" & CAST(repeat('0', {zeros}) || repeat('1', {ones}) AS BIT)"


def _set(place: int) -> str:
    """How many bits of a bitmap are set."""
    return f"(b[{place + 1}] - b[{place + 2}])"


def _estimate(first: int) -> str:
    """How many values there are, by the bitmaps from one on."""
    values = " + ".join(
        f"ln(1e0 - least({_set(place)}, {_BITS - 1}) / {_BITS}e0)"
        for place in range(first, _BITMAPS)
    )
    return f"CAST(round({-_BITS * _PART**first}e0 * ({values})) AS BIGINT)"


def percentile(value: str, share: float, bound: Sequence[Bound]) -> str | None:
    """A percentile by t-digest; None for types that it does not take."""
    if bound[0].type not in _SKETCHED:
        return None
    return f"approx_quantile({value}, {share!r}){{filter}}"
