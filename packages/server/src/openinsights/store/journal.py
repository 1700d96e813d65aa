"""The journal: bodies are durable here before the engine has them, at a hundredth of its price.

A folder of numbered segments that are only ever appended to. A segment goes when all of its bodies
are committed to the day files; what a crash leaves is read again at the next start. Committing a
body twice is harmless, so nothing here needs to know how far the commits had come.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.store.errors import StoreError
from openinsights.store.folder_sync import sync_folder
from openinsights.store.record import claimed_end, decode_record, is_whole
from openinsights.store.set_aside import SetAside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openinsights.store.rows import Rows

logger = logging.getLogger(__name__)

_MAGIC = b"OIJRNL2\n"
_READ = (_MAGIC, b"OIJRNL1\n")
"""How segments begin that are read: this release's, and those of earlier ones."""
_SEGMENT_NAME = re.compile(r"(\d{8})\.log")
_sync = getattr(os, "fdatasync", os.fsync)
_write_several = getattr(os, "writev", None)
_MOST_AT_ONCE = 512
"""Records that are handed to the system as they lie, in one call; it takes 1,024."""


@dataclass(slots=True)
class _Segment:
    """A segment that this process writes: its size, and how many bodies wait for their commit."""

    number: int
    path: Path
    file: int
    size: int
    uncommitted: int = 0
    sealed: bool = False


class Journal:
    """The segments of one folder.

    One thread writes; `committed` may be called from another one.

    Args:
        directory: where the segments lie; made if need be.
        segment_bytes: size from which on a segment takes no further body.

    Attributes:
        set_aside: bodies that the engine refuses, in the same folder.
    """

    def __init__(self, directory: Path, segment_bytes: int) -> None:
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._segments: dict[int, _Segment] = {}
        self._current: _Segment | None = None
        self._damaged: set[Path] = set()
        if not directory.exists():
            directory.mkdir()
            sync_folder(directory.parent)
        self._leftover = sorted(
            path for path in directory.iterdir() if _SEGMENT_NAME.fullmatch(path.name)
        )
        self._next = int(self._leftover[-1].stem) + 1 if self._leftover else 1
        self.set_aside = SetAside(directory)

    def leftover(self) -> Iterator[Rows]:
        """Yield the bodies that an earlier process journaled, in order.

        Raises:
            StoreError: when another version of this program wrote a segment.
        """
        for path in self._leftover:
            for record in self._read(path):
                yield decode_record(record)

    def drop_leftover(self) -> None:
        """Delete what an earlier process left: all of it has been committed or set aside."""
        for path in self._leftover:
            self._let_go(path)
        self._leftover = []

    def adopt_leftover(self) -> list[tuple[int, bytes]]:
        """Take what an earlier process left for bodies that wait for their commit.

        Returns:
            Each body's record beside the number of its segment, for `committed`.
        """
        adopted: list[tuple[int, bytes]] = []
        for path in self._leftover:
            number = int(path.stem)
            records = [(number, bytes(record)) for record in self._read(path)]
            with self._lock:
                segment = _Segment(number, path, -1, 0, len(records), sealed=True)
                self._segments[number] = segment
                self._drop_if_done(segment)
            adopted += records
        self._leftover = []
        return adopted

    def write(self, records: list[bytes]) -> int:
        """Append records, return the number of their segment when they survive power loss.

        Raises:
            OSError: none of the records is to be relied upon.
        """
        segment = self._current or self._begin()
        try:
            size = _write_records(segment.file, records)
            _sync(segment.file)
        except OSError:
            # after a failed sync nobody knows what the file holds: it takes nothing more
            self._cut(segment)
            raise
        segment.size += size
        with self._lock:
            segment.uncommitted += len(records)
        if segment.size >= self._segment_bytes:
            self._seal(segment)
        return segment.number

    def committed(self, number: int, count: int) -> None:
        """Note that bodies of a segment are in the day files; the last ones free its space."""
        with self._lock:
            segment = self._segments[number]
            segment.uncommitted -= count
            self._drop_if_done(segment)

    def tidy(self) -> None:
        """Nothing was written for a while: let go of the segment if it is not needed.

        For the thread that writes.
        """
        if self._current is not None and not self._current.uncommitted:
            self._seal(self._current)

    def turn(self) -> None:
        """Begin a new segment with the next body. For the thread that writes."""
        if self._current is not None:
            self._seal(self._current)

    def close(self) -> None:
        """Let go of the files; segments with uncommitted bodies stay for the next start."""
        if self._current is not None:
            self._seal(self._current)

    def _read(self, path: Path) -> Iterator[memoryview]:
        content = path.read_bytes()
        if content[: len(_MAGIC)] not in [magic[: len(content)] for magic in _READ]:
            raise StoreError(
                f"cannot read journal segment {path}: this program did not write it; "
                "use the version that did, or move the file away"
            )
        place, damaged_at = len(_MAGIC), 0
        while (end := claimed_end(content, place)) is not None:
            if is_whole(content, place, end):
                if damaged_at:
                    # not the tail of a crash: people may want to look at what is missing
                    logger.error("journal segment=%s is damaged at %s", path.name, damaged_at)
                    self._damaged.add(path)
                    damaged_at = 0
                yield memoryview(content)[place:end]
            else:
                damaged_at = damaged_at or place
            place = end
        if torn_at := damaged_at or (place if place < len(content) else 0):
            # nobody was told that these were stored: an acknowledged body was synced as a whole
            logger.warning(
                "journal segment=%s breaks off at byte %s of %s", path.name, torn_at, len(content)
            )

    def _begin(self) -> _Segment:
        path = self._directory / f"{self._next:08}.log"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        self._next += 1
        segment = _Segment(self._next - 1, path, file, len(_MAGIC))
        with self._lock:
            self._segments[segment.number] = segment
        self._current = segment
        try:
            _write_all(file, _MAGIC)
            sync_folder(self._directory)
        except OSError:
            self._seal(segment)
            raise
        return segment

    def _cut(self, segment: _Segment) -> None:
        try:
            os.ftruncate(segment.file, segment.size)
        except OSError as error:
            logger.warning("cannot cut journal segment=%s error=%s", segment.path.name, error)
        self._seal(segment)

    def _seal(self, segment: _Segment) -> None:
        os.close(segment.file)
        self._current = None
        with self._lock:
            segment.sealed = True
            self._drop_if_done(segment)

    def _drop_if_done(self, segment: _Segment) -> None:
        if segment.sealed and not segment.uncommitted:
            del self._segments[segment.number]
            try:
                self._let_go(segment.path)
            except OSError as error:
                # the next start reads it in vain, and deletes it then
                logger.warning(
                    "cannot delete journal segment=%s error=%s", segment.path.name, error
                )

    def _let_go(self, path: Path) -> None:
        if path in self._damaged:
            path.rename(path.with_suffix(".damaged"))
        else:
            path.unlink(missing_ok=True)


def _write_records(file: int, records: list[bytes]) -> int:
    """Write records one after the other, and return how many bytes they have together."""
    size = sum(map(len, records))
    if len(records) > _MOST_AT_ONCE or _write_several is None:
        _write_all(file, b"".join(records))
        return size
    written = _write_several(file, records)
    if written < size:  # a full disk takes a part, and says so when the rest is tried
        _write_all(file, b"".join(records)[written:])
    return size


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
