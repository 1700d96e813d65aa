"""What this process holds in memory, what it keeps of it, and what it gives back to the system."""

from __future__ import annotations

import ctypes
import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ENOUGH = 256
"""Bytes of the file that are read; it holds seven numbers."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""What glibc calls the bounds in `malloc.h`."""
_MADV_DONTNEED = 4
"""What Linux calls it in `mman-common.h`."""
_PRIVATE_TO_READ = frozenset(("r-xp", "r--p"))
_MAPPING = re.compile(
    r"^(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) (?P<access>\S{4}) \S+ \S+ \d+ +/.*"
    r"(?:\n[A-Z].*)*?\nAnonymous: +(?P<written>\d+) kB$",
    re.MULTILINE,
)
"""A mapping of a file in /proc/self/smaps, as far as it matters here."""


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


def give_back_files() -> None:
    """Return the pages of programs and libraries that are mapped; those that are used come again.

    Starting touches much of them that nothing needs later, and the system maps more around each
    page that is touched. Their content stays in the system's cache as long as it has no better use
    for the memory: what comes again is mapped, not read.
    """
    change = _madvise()
    if change is None:
        return
    for start, size_bytes in _unwritten_mappings():
        change(start, size_bytes, _MADV_DONTNEED)


def _unwritten_mappings() -> Iterator[tuple[int, int]]:
    """Yield address and size of what is mapped of files to be read and was never written to.

    A page that was written to, as those with addresses in them are when a library is loaded, is
    nowhere else: returned, it would be lost.
    """
    try:
        text = Path("/proc/self/smaps").read_text()
    except OSError:
        return  # only Linux has it
    for mapping in _MAPPING.finditer(text):
        if mapping["access"] in _PRIVATE_TO_READ and mapping["written"] == "0":
            start, end = int(mapping["start"], 16), int(mapping["end"], 16)
            yield start, end - start


def keep_freed(count_bytes: int) -> None:
    """Have what is freed taken again, rather than given back to the system and asked for anew.

    glibc returns large pieces at once. Bodies, records and the engine's blocks are large pieces
    that come and go, and the system clears each page of them every time.

    Args:
        count_bytes: how much may be kept at the end of the memory, and which pieces are large.
    """
    mallopt = _mallopt()
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, count_bytes)
        mallopt(_M_MMAP_THRESHOLD, count_bytes)


@cache
def _mallopt() -> Callable[[int, int], int] | None:
    try:
        found = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        # Only glibc has it.
        return None
    found.argtypes, found.restype = [ctypes.c_int, ctypes.c_int], ctypes.c_int
    change: Callable[[int, int], int] = found
    return change


@cache
def _madvise() -> Callable[[int, int, int], int] | None:
    try:
        found = ctypes.CDLL(None, use_errno=True).madvise
    except (OSError, AttributeError, TypeError):
        return None
    found.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    found.restype = ctypes.c_int
    change: Callable[[int, int, int], int] = found
    return change


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
