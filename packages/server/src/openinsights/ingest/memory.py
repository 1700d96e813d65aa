"""Memory that a large body needed goes back to the system once the body is done with."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE_BODY_BYTES = 4 * 1024 * 1024
"""Smaller bodies leave too little behind to be worth the milliseconds."""


def give_back() -> None:
    """Return free memory to the system, where its allocator would keep it for later.

    glibc does, apart for each thread.
    """
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
