"""The files of a day: what they are called, and how they go so that a crash leaves none by half."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openinsights.clock import day_name, day_number

if TYPE_CHECKING:
    from pathlib import Path

_FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.(\d+))?\.duckdb")
_DROPPED = ".dropped"
_ANEW = ".anew"
_LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")


def file_name(day: int, generation: int) -> str:
    """Return the name of a day's file; a day that was dropped gets another one."""
    return f"{day_name(day)}{f'.{generation}' if generation else ''}.duckdb"


def anew(path: Path) -> Path:
    """Return where a file can be written anew; what lies there after a crash goes."""
    return path.with_name(path.name + _ANEW)


def day_of(path: Path) -> tuple[int, int] | None:
    """Return the day and generation of a file; None for no day file, or one without content."""
    found = _FILE_NAME.fullmatch(path.name)
    if found is None or not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        return day_number(found[1]), int(found[2] or 0)
    except ValueError:
        return None


def logs_of(path: Path) -> tuple[Path, ...]:
    """Return where the engine keeps the log of a day file, and a second one while it empties that."""
    return tuple(path.with_name(path.name + suffix) for suffix in _LOGS)


def _delete_logs(path: Path) -> None:
    for log in logs_of(path):
        log.unlink(missing_ok=True)


def size(path: Path) -> int:
    """Return how long a file is; 0 when it is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def delete(path: Path) -> None:
    """Delete a day file and its log: once it is renamed, the next start does what is left."""
    doomed = path.with_name(path.name + _DROPPED)
    path.rename(doomed)
    _delete_logs(path)
    doomed.unlink()


def finish_drops(directory: Path) -> None:
    """Delete what a crash left of files that were dropped or written anew."""
    for half in directory.glob(f"*{_ANEW}*"):
        half.unlink()
    for doomed in directory.glob(f"*{_DROPPED}"):
        _delete_logs(doomed.with_name(doomed.name.removesuffix(_DROPPED)))
        doomed.unlink()
