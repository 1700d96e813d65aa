"""From typed envelopes to bytes, strictly: what the types do not allow is refused, never mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from openinsights_wire.errors import (
    FIELD_WRONG_TYPE,
    UNKNOWN_BASE_TYPE,
    WireError,
    field_error,
)
from openinsights_wire.strict import DECODE_BASE_DATA, decode_envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights_wire.envelope import Envelope

_encode = msgspec.json.Encoder().encode


def encode_batch(envelopes: Iterable[Envelope]) -> bytes:
    """Return the JSON array of a batch; what is None or a default is left out.

    Raises:
        WireError: an envelope is not what its types promise; `index` says which, the message names
            the field. Nothing is cut or converted: see `limits.truncate`.
    """
    items = []
    for index, envelope in enumerate(envelopes):
        try:
            items.append(encode_envelope(envelope))
        except WireError as error:
            error.index = index
            raise
    return join_batch(items)


def join_batch(items: Iterable[bytes]) -> bytes:
    """Return the JSON array of envelopes that are encoded already."""
    return b"[" + b",".join(items) + b"]"


def encode_envelope(envelope: Envelope) -> bytes:
    """Return one envelope as a JSON object on one line.

    Raises:
        WireError: the envelope is not what its types promise; the message names the field.
    """
    base_type = getattr(getattr(envelope, "data", None), "baseType", None)
    check = DECODE_BASE_DATA.get(base_type) if isinstance(base_type, str) else None
    if check is None:
        raise field_error(
            UNKNOWN_BASE_TYPE,
            "baseType",
            "Data",
            "is not known",
            "a type of telemetry",
            repr(base_type),
        )
    try:
        encoded = _encode(envelope)
        # Reading back is the cheapest complete check: NaN, which JSON cannot hold, is null there.
        check(decode_envelope(encoded).data.baseData)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise WireError(
            f"{FIELD_WRONG_TYPE}: cannot write the envelope of {base_type}: {error}"
        ) from None
    return encoded
