"""JSON's values without the numbers that JSON does not have."""

from __future__ import annotations

import math
from typing import Final

_LONGEST: Final = 1.7976931348623157e308


def finite(value: object) -> object:
    """Return a value with None for NaN, and the greatest numbers for the infinities."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return max(-_LONGEST, min(value, _LONGEST))
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value
