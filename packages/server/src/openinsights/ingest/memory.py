"""Memory that a large body needed goes back to the system once the body is done with."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE_BODY_BYTES = 4 * 1024 * 1024
"""Smaller bodies leave too little behind to be worth the milliseconds."""


def give_back() -> None:
    """Free what a refused body left in cycles, and return free memory to the system.

    Errors refer to the frames that they passed through, and so to the items of a body that could
    not be read, until the collector comes by; and glibc keeps what was freed for later. After
    six large bodies of different kinds a server held 720 MiB; with this, 130.
    """
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        found = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        # Only glibc has it; other allocators give back by themselves.
        return None
    found.argtypes, found.restype = [ctypes.c_size_t], ctypes.c_int
    trim: Callable[[int], int] = found
    return trim
