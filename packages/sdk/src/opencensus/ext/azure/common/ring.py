"""A file of records that survive the end of their process, until they are released.

The file has its size from the beginning and is written through memory, so that recording one costs
neither a system call, nor a lock, nor a wait, and what was written stays when the process is killed.
One process owns such a ring and writes to it, on any of its threads; one of them releases. Another
process reads what was left after the owner's end. What records mean is elsewhere.

The first page says what the ring is. Then come slots of one size. A record takes as many as it
needs, those first that became free last, for their memory is at hand; in each it has a head and a part of its body. A head is
written after what follows it and is zero in a free slot: a part that was not written to its end has
no head, or one whose checksum does not fit. A record of which a part is missing is none.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from contextlib import suppress
from itertools import count
from struct import Struct
from typing import TYPE_CHECKING, Any
from zlib import adler32, crc32

from opencensus.ext.azure.common import file_owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MAGIC = b"OIRING1\n"
PAGE = 4096
SLOT = 512
HEAD = Struct("<IIQ")
"""At the beginning of a slot: length and part, checksum of the part, number of the record.

Length and part are one number: the length, then the index of the part from bit 12 on, then from bit
20 on how many parts follow at least, which is 0 for a record in one part.
"""
ROOM = SLOT - HEAD.size
MOST_PARTS = 64
FIRST = Struct("<8sQQQII")
"""At the beginning: magic, slots, process id, when that began, length and checksum of the facts."""
FACTS_MAX_BYTES = PAGE - FIRST.size
FREE = bytes(HEAD.size)
UNFINISHED = ".new"
TRIES = 3
MADV_POPULATE_WRITE = 23
"""Linux's number for it; Python has no name for it yet."""

pack_head = HEAD.pack_into

_claimed: dict[tuple[int, str], object] = {}


class Ring:
    """The ring that this process owns.

    Args:
        path: The file; it must not exist.
        slots: How many it has.
        facts: What a later reader has to know, as JSON can hold it.

    Raises:
        OSError: The file cannot be made, or the disk has no room for it.
        ValueError: The facts are too long.

    Attributes:
        memory: The file.
        length: Its length.
        next_free: Takes a free slot and returns where it begins; raises IndexError without one.
        next_number: Takes the next record's number.
    """

    __slots__ = (
        "_descriptor",
        "_free",
        "_further",
        "length",
        "memory",
        "next_free",
        "next_number",
        "path",
        "slots",
    )

    def __init__(self, path: Path, slots: int, facts: Mapping[str, Any]) -> None:
        self.path = path
        self.slots = slots
        self.length = PAGE + slots * SLOT
        # Taking the next number and a free slot is atomic: threads and signal handlers that meet
        # here get different ones.
        self.next_number = count().__next__
        self._free = list(range(PAGE + (slots - 1) * SLOT, PAGE - 1, -SLOT))
        self.next_free = self._free.pop
        self._further: dict[int, list[int]] = {}
        _claim(path)
        try:
            self._descriptor = _begin(path, _first_page(slots, facts), self.length)
            self.memory = mmap.mmap(self._descriptor, self.length)
            _populate(self.memory)
        except BaseException:
            _disclaim(path)
            raise

    def append(self, body: bytes) -> int:
        """Write a record; return what releases it.

        Raises:
            IndexError: There is no room.
            ValueError: The ring has ended.
        """
        size = len(body)
        if size > ROOM:
            return self._append_parts(body)
        # These five lines stand in ``durable_queue`` too: there, a call for each item is felt.
        at = self.next_free()
        number = self.next_number()
        start = at + HEAD.size
        self.memory[start : start + size] = body
        pack_head(self.memory, at, size, adler32(body), number)
        return number * self.length + at

    def number(self, token: int) -> int:
        """Return the number of the record that a token stands for."""
        return token // self.length

    def release(self, tokens: Iterable[int]) -> None:
        """Give back the room of records. Only one thread calls this.

        Raises:
            ValueError: The ring has ended.
        """
        for token in tokens:
            first = token % self.length
            for at in (first, *self._further.pop(first, ())):
                self.memory[at : at + HEAD.size] = FREE
                self._free.append(at)

    def close(self, *, keep: bool = False) -> None:
        """End the ring, and delete its file unless it is kept for a later reader."""
        self.memory.close()
        _end(self.path, self._descriptor, keep)

    def _append_parts(self, body: bytes) -> int:
        parts = [body[start : start + ROOM] for start in range(0, len(body), ROOM)]
        slots: list[int] = []
        try:
            for _ in parts if len(parts) <= MOST_PARTS else ():
                slots.append(self._free.pop())
        except IndexError:
            pass
        if len(slots) < len(parts):
            self._free += slots
            raise IndexError("cannot write a record: too few slots are free")
        self._further[slots[0]] = slots[1:]
        number = self.next_number()
        for index, (at, part) in enumerate(zip(slots, parts, strict=True)):
            start = at + HEAD.size
            self.memory[start : start + len(part)] = part
            form = len(part) | index << 12 | (len(parts) - 1) << 20
            pack_head(self.memory, at, form, adler32(part), number)
        return number * self.length + slots[0]


class LeftRing:
    """The ring of a process that ended, owned by this process from now on.

    ``facts`` are those that the owner wrote; :func:`take_over` makes it.
    """

    def __init__(self, path: Path, descriptor: int, memory: mmap.mmap, facts: Any) -> None:
        self.path = path
        self.facts: dict[str, Any] = facts
        self._descriptor = descriptor
        self._memory = memory
        self._slots_of: dict[int, list[int]] = {}

    def records(self) -> list[tuple[int, bytes]]:
        """Return the number and the body of each whole record that was not released, in order."""
        found: dict[int, dict[int, tuple[int, int, bytes]]] = {}
        for at in range(PAGE, len(self._memory), SLOT):
            form, checksum, number = HEAD.unpack_from(self._memory, at)
            size, part, parts = form & 0xFFF, form >> 12 & 0xFF, (form >> 20) + 1
            start = at + HEAD.size
            body = self._memory[start : start + size]
            if size <= ROOM and adler32(body) == checksum:
                found.setdefault(number, {})[part] = (parts, at, body)
        records: list[tuple[int, bytes]] = []
        for number, of_record in sorted(found.items()):
            in_order = [of_record[part] for part in sorted(of_record)]
            if all(parts == len(in_order) for parts, _, _ in in_order):
                self._slots_of[number] = [at for _, at, _ in in_order]
                records.append((number, b"".join(body for _, _, body in in_order)))
        return records

    def release(self, numbers: Iterable[int]) -> None:
        """Note that records which :meth:`records` returned are taken care of."""
        for number in numbers:
            for at in self._slots_of.pop(number, ()):
                self._memory[at : at + HEAD.size] = FREE

    def close(self, *, keep: bool = False) -> None:
        """End the ring, and delete its file unless it is kept for a later reader."""
        self._memory.close()
        _end(self.path, self._descriptor, keep)


def take_over(path: Path) -> LeftRing | None:
    """Return the ring of a process that ended; None when it runs, or when this is no ring."""
    if not _claim(path):
        return None
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        _disclaim(path)
        return None
    try:
        ring = _opened(path, descriptor)
    except (OSError, ValueError):
        ring = None
    if ring is None:
        os.close(descriptor)
        _disclaim(path)
    return ring


def _opened(path: Path, descriptor: int) -> LeftRing | None:
    is_locked = file_owner.lock(descriptor)
    # The owner may have deleted it just now; its name is what tells.
    if is_locked is False or os.fstat(descriptor).st_size <= PAGE or not path.exists():
        return None
    memory = mmap.mmap(descriptor, 0)
    magic, slots, process_id, began_ms, length, checksum = FIRST.unpack_from(memory)
    text = memory[FIRST.size : FIRST.size + length]
    is_whole = magic == MAGIC and len(memory) == PAGE + slots * SLOT and crc32(text) == checksum
    if not is_whole or (is_locked is None and file_owner.is_running(process_id, began_ms)):
        memory.close()
        return None
    return LeftRing(path, descriptor, memory, json.loads(text))


def _claim(path: Path) -> bool:
    """Return whether no other part of this process has the file.

    The system's locks tell processes apart only, and closing a file once more would end them.
    """
    mine = object()
    return _claimed.setdefault((os.getpid(), str(path)), mine) is mine


def _disclaim(path: Path) -> None:
    _claimed.pop((os.getpid(), str(path)), None)


def _first_page(slots: int, facts: Mapping[str, Any]) -> bytes:
    text = json.dumps(facts).encode()
    if len(text) > FACTS_MAX_BYTES:
        raise ValueError(f"cannot begin a ring with {len(text)} bytes of facts")
    first = FIRST.pack(MAGIC, slots, *file_owner.this_process(), len(text), crc32(text))
    return (first + text).ljust(PAGE, b"\0")


def _begin(path: Path, first_page: bytes, length: int) -> int:
    """Make the file of a ring and return its descriptor, which holds the lock."""
    for _ in range(TRIES):
        _write(path, first_page, length)
        descriptor = os.open(path, os.O_RDWR)
        try:
            # Until it was locked, somebody may have taken it for the ring of a dead process.
            is_ours = file_owner.lock(descriptor) is not False
            if is_ours and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
    raise OSError(f"cannot begin a ring in {path.parent}: its files cannot be locked")


def _write(path: Path, first_page: bytes, length: int) -> None:
    writing = path.with_name(path.name + UNFINISHED)
    descriptor = os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            # Room that is only promised would end the process when the disk is full, and a page's
            # first change would cost 15 µs and more: the file system gives it its place then.
            os.write(descriptor, first_page)
            zeros, left = bytes(2**18), length - PAGE
            while left > 0:
                left -= os.write(descriptor, zeros[:left])
        finally:
            os.close(descriptor)
        # Windows renames no file that is open.
        writing.rename(path)
    except BaseException:
        with suppress(OSError):
            writing.unlink()
        raise


def _populate(memory: mmap.mmap) -> None:
    """Have all pages at hand, where the system can: the first change of each costs 0.3 µs or more."""
    if sys.platform == "linux":
        with suppress(OSError):
            memory.madvise(MADV_POPULATE_WRITE)


def _end(path: Path, descriptor: int, keep: bool) -> None:
    if not keep:
        with suppress(OSError):
            path.unlink()
    os.close(descriptor)
    if not keep:
        # Windows deletes no file that is open.
        with suppress(OSError):
            path.unlink()
    _disclaim(path)
