"""hash() and hash_xxhash64(): xxHash64 with seed 0, as a signed long.

Strings are hashed as UTF-8, whole numbers and times as eight bytes, lowest first. How other types
were hashed by the original engine is not known, so they are refused. The cryptographic digests
stand in text.py.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions.row import Function, Kind, Udf
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_MASK: Final = (1 << 64) - 1
_P1: Final = 0x9E3779B185EBCA87
_P2: Final = 0xC2B2AE3D27D4EB4F
_P3: Final = 0x165667B19E3779F9
_P4: Final = 0x85EBCA77C2B2AE63
_P5: Final = 0x27D4EB2F165667C5


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _round(state: int, lane: int) -> int:
    return _rotated((state + lane * _P2) & _MASK, 31) * _P1 & _MASK


def xxhash64(data: bytes) -> int:
    """The 64-bit xxHash of bytes, seed 0, unsigned. Source: the xxHash specification."""
    size, at = len(data), 0
    if size >= 32:
        lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        while at <= size - 32:
            lanes = [
                _round(state, lane)
                for state, lane in zip(lanes, struct.unpack_from("<4Q", data, at), strict=True)
            ]
            at += 32
        state = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            state = ((state ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        state = _P5
    return _finished(_tail(data, at, (state + size) & _MASK))


def _tail(data: bytes, at: int, state: int) -> int:
    while at <= len(data) - 8:
        state ^= _round(0, struct.unpack_from("<Q", data, at)[0])
        state = (_rotated(state, 27) * _P1 + _P4) & _MASK
        at += 8
    if at <= len(data) - 4:
        state ^= struct.unpack_from("<I", data, at)[0] * _P1 & _MASK
        state = (_rotated(state, 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        state = _rotated(state ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    return state


def _finished(state: int) -> int:
    state = (state ^ (state >> 33)) * _P2 & _MASK
    state = (state ^ (state >> 29)) * _P3 & _MASK
    return state ^ (state >> 32)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def hash_text(text: str) -> int:
    """The hash of a string."""
    return _signed(xxhash64(text.encode("utf-8", "surrogatepass")))


def hash_long(value: int) -> int:
    """The hash of a whole number, or of a time's ticks."""
    return _signed(xxhash64(struct.pack("<q", value)))


UDFS: Final = {
    "kql_hash_text": Udf(hash_text, ("VARCHAR",), "BIGINT"),
    "kql_hash_long": Udf(hash_long, ("BIGINT",), "BIGINT"),
}

_EIGHT_BYTES: Final = (KqlType.LONG, KqlType.DATETIME, KqlType.TIMESPAN)


def _result(types: Sequence[KqlType]) -> KqlType:
    if types[0] is not KqlType.STRING and types[0] not in _EIGHT_BYTES:
        raise KqlUnsupported(
            f"the hash of a {types[0]} is not known", hint="hash tostring(…) or tolong(…) of it"
        )
    return KqlType.LONG


def _hash_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    name = "text" if bound[0].type is KqlType.STRING else "long"
    whole = f"kql_hash_{name}({arguments[0]})"
    if len(arguments) == 1:
        return whole
    # The remainder of a negative hash comes out between 0 and the size, without passing over it.
    size = f"CASE WHEN {arguments[1]} > 0 THEN {arguments[1]} END"
    left = f"{whole} % ({size})"
    return f"({left} + CASE WHEN {left} < 0 THEN {arguments[1]} ELSE 0 END)"


FUNCTIONS: Final = (
    Function(
        "hash_xxhash64",
        (Kind.ANY, Kind.INTEGER),
        _result,
        _hash_sql,
        optional=1,
        aliases=("hash",),
    ),
)
"""The family's rows."""
