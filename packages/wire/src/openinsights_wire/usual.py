"""Bodies of which nothing is unusual: envelopes and their data typed in one pass over the bytes.

`decode_body` passes over the data of each item twice, since it has to go on with the other items
where the data of one is not what its type promises. Here such a body is left to it as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

import msgspec

from openinsights_wire.base_types import BASE_TYPES
from openinsights_wire.envelope import Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.fields import WireStruct
from openinsights_wire.lenient import FINISH
from openinsights_wire.limits import MAX_BATCH_ITEMS
from openinsights_wire.strict import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable

_DATA = [
    msgspec.defstruct(
        f"{name}OfItem",
        [("baseData", struct)],
        bases=(WireStruct,),
        namespace={"baseType": name},
        tag_field="baseType",
        tag=name,
        gc=False,
    )
    for name, struct in BASE_TYPES.items()
]
"""What `Data` is for each type: here the name tells the codec how to read what comes with it."""

_Item = msgspec.defstruct(
    "Item",
    [("data", Union[tuple(_DATA)])],  # noqa: UP007 - of types that are made above
    bases=(Envelope,),
    kw_only=True,
    gc=False,
)
_decode_array: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[_Item]).decode  # type: ignore[valid-type]
_decode_lines: Callable[[bytes], list[Any]] = msgspec.json.Decoder(_Item).decode_lines


# Larger bodies may have more items than are allowed, which has to be known before they are decoded.
_MOST_BYTES = 2 * 1024 * 1024


def decode_usual(body: bytes, *, max_items: int = MAX_BATCH_ITEMS) -> list[Envelope] | None:
    """Return the items of a body as `decode_body` does, None when that has to read it.

    The data of an item tells its `baseType` too, which cannot be changed here.
    """
    if len(body) > _MOST_BYTES:
        return None
    try:
        if body[:1] == b"[":
            items = _decode_array(body)
        elif body[:1] == b"{":
            items = _decode_lines(body)
        else:
            return None
        if len(items) > max_items:
            return None
        # Hot: the only loop over the items of every usual body.
        for item in items:
            name = item.data.baseType
            if name in FINISH:
                FINISH[name](item.data.baseData)
    except (WireError, *REFUSALS):
        return None
    return items
