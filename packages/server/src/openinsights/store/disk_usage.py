"""What a folder takes on the disk, looked up again after a while."""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


_PASSING = ("snapshot", "spill")
"""Folders of files that go by themselves."""


class DiskUsage:
    """Adds up the sizes of the files of a folder. Safe for use from several threads.

    Args:
        directory: the folder; None for a store that has none.
        fresh_s: how long a size may pass for the current one.
    """

    def __init__(self, directory: Path | None, fresh_s: float) -> None:
        self._directory = directory
        self._fresh_s = fresh_s
        self._known: tuple[float, int] | None = None

    def bytes(self) -> int | None:
        """Return the size of all files, None without a folder."""
        if self._directory is None:
            return None
        now, known = monotonic(), self._known
        if known is not None and 0 <= now - known[0] < self._fresh_s:
            return known[1]
        size = _size(str(self._directory))
        self._known = (now, size)
        return size

    def forget(self) -> None:
        """Look again next time: something was deleted or rewritten."""
        self._known = None


def _size(directory: str) -> int:
    total = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            try:
                if entry.name in _PASSING:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    total += _size(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue  # files of the journal come and go
    return total
