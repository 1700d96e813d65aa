"""Whether a body can hold an item over the limit at all, told from its bytes alone."""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = b'"baseType"'
_SPELT_OTHERWISE = re.compile(rb"\\u00[2-7]")
"""A letter of a name written as a number: names cannot be found as they are then."""


def may_hold_large_items(body: bytes, items: int, max_item_bytes: int) -> bool:
    """Return False only when no item of a body is longer than the limit; True proves nothing.

    Each item has the name `baseType`, once. When there are as many of them in the body as items,
    an item is as long at most as the stretches before and after its own name; and there is no
    stretch of half the limit when every quarter of it has a name.

    Args:
        body: what came.
        items: how many items it has; all of them were decoded.
        max_item_bytes: the limit.
    """
    if len(body) <= max_item_bytes:
        return False
    if body.count(_MARK) != items or (b"\\" in body and _SPELT_OTHERWISE.search(body)):
        return True
    step = max_item_bytes // 4 - len(_MARK)
    return any(
        body.find(_MARK, start, start + step) < 0 for start in range(0, len(body) - step + 1, step)
    )
