"""What the system calls a thread, as `top -H` and /proc show it.

Python tells its threads' names to nobody: without this all of a server's are called alike, and
nobody sees which of them takes the processor.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = "openinsights-"
_MOST_BYTES = 15
"""The system cuts a name there."""


def show_thread_name() -> None:
    """Have the system call this thread what Python calls it, where there is a way to say so."""
    _write(_short(threading.current_thread().name))


@contextmanager
def threads_called(name: str) -> Iterator[None]:
    """Have threads that others start from this one meanwhile be called by a name."""
    # a new thread is called what the one is called that starts it
    before = _read()
    _write(name[:_MOST_BYTES])
    try:
        yield
    finally:
        if before:
            _write(before)


def _short(name: str) -> str:
    return name.removeprefix(_OURS)[:_MOST_BYTES]


def _file() -> Path:
    return Path(f"/proc/self/task/{threading.get_native_id()}/comm")


def _read() -> str:
    try:
        return _file().read_text().rstrip("\n")
    except OSError:
        return ""  # only Linux has it


def _write(name: str) -> None:
    try:
        _file().write_text(name)
    except OSError:
        return
