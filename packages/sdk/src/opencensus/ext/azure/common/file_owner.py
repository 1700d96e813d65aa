"""Which process owns a file: it holds a lock that ends with it, however it ends.

Where the system has no such locks, a file says by itself which process owns it.
"""

from __future__ import annotations

import os
from typing import Any

fcntl: Any
msvcrt: Any
try:
    import fcntl
except ImportError:
    fcntl = None
try:
    import msvcrt
except ImportError:
    msvcrt = None

LOCKED_BYTE = 2**40
"""The byte that is locked on Windows, where nobody else could read a locked one. It need not exist."""


def lock(descriptor: int) -> bool | None:
    """Lock an open file for this process; return whether that worked, None where there are no locks.

    The lock ends when the process closes any descriptor of the file. A forked child has no part
    in it. Two locks of one process do not exclude each other.
    """
    try:
        if fcntl is not None:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            return None
    except OSError:
        return False
    return True


def this_process() -> tuple[int, int]:
    """Return what tells this process from others: its id, and when it began in ms.

    Where there are locks they tell, and the time is 0.
    """
    return os.getpid(), 0 if fcntl or msvcrt else _began_ms(os.getpid())


def is_running(process_id: int, began_ms: int) -> bool:
    """Return whether the process that :func:`this_process` described still runs."""
    return began_ms != 0 and _began_ms(process_id) == began_ms


def _began_ms(process_id: int) -> int:
    import psutil

    try:
        return int(psutil.Process(process_id).create_time() * 1000)
    except psutil.Error:
        return 0
