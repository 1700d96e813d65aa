"""One process owns a data folder: a lock that ends with the process, however it ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from openinsights.store.errors import StoreInUse

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FILE = "owner.lock"

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        # a byte far behind the text, so that others can still read who holds the folder
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class OwnerLock:
    """Holds the data folder until released or until the process ends.

    Raises:
        StoreInUse: when another process, or another store of this one, holds it.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / LOCK_FILE
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._descriptor):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            holder = os.read(self._descriptor, 64).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise StoreInUse(
                f"cannot open data folder {directory}: process {holder or 'unknown'} has it open; "
                "ask that server over HTTP (--url), or stop it first"
            )
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Let others open the folder. The file stays: deleting it would race with them."""
        os.close(self._descriptor)
