"""What this process holds in memory, and giving back to the system what it holds for nothing."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ENOUGH = 256
"""Bytes of the file that are read; it holds seven numbers."""


def resident_bytes() -> int:
    """Return what of this process lies in memory; 0 where the system does not say so cheaply."""
    file = _statistics()
    if file is None:
        return 0
    return int(os.pread(file, _ENOUGH, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE")


@cache
def _statistics() -> int | None:
    try:
        return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, AttributeError):
        # Only Linux has it.
        return None


if hasattr(os, "register_at_fork"):
    # the file speaks of the process that opened it
    os.register_at_fork(after_in_child=_statistics.cache_clear)


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
