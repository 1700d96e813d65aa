"""The typed decoders: they take exactly what the types promise. Reading and writing share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from openinsights_wire.base_types import BASE_TYPES
from openinsights_wire.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable

# What the codec raises for bytes that are no JSON of the wanted type: its own errors, ValueError
# for bytes that are no UTF-8, RecursionError for what is nested too deeply.
REFUSALS = (msgspec.MsgspecError, ValueError, RecursionError)

_decoder = msgspec.json.Decoder(Envelope)

decode_envelope: Callable[[Any], Envelope] = _decoder.decode
"""Read one envelope; its `baseData` is left as bytes for `DECODE_BASE_DATA`."""

decode_lines: Callable[[Any], list[Envelope]] = _decoder.decode_lines
decode_array: Callable[[Any], list[Envelope]] = msgspec.json.Decoder(list[Envelope]).decode
split_array: Callable[[Any], list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw]).decode
split_lines: Callable[[Any], list[msgspec.Raw]] = msgspec.json.Decoder(msgspec.Raw).decode_lines

DECODE_BASE_DATA: dict[str, Callable[[Any], Any]] = {
    name: msgspec.json.Decoder(struct).decode for name, struct in BASE_TYPES.items()
}
