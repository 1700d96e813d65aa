"""A restore that has been copied but not put in place: finished by whoever takes the data folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STAGING = "restoring"
MARK = "whole"
_LOGS = ("-wal", "-shm", "-journal")


def finish(data: Path) -> None:
    """Put what a restore copied in its place, if it is whole; else delete it.

    Each name is replaced by a deletion and a renaming, and what has been renamed is not there to be
    renamed again, so that this may be cut short and repeated.

    Args:
        data: a data folder that the caller holds.
    """
    staging = data / STAGING
    if not staging.is_dir():
        return
    if (staging / MARK).exists():
        for new in sorted(staging.iterdir()):
            if new.name != MARK:
                _replace(new, data / new.name)
        # the mark goes last: until then all of this can be done again
        (staging / MARK).unlink()
    shutil.rmtree(staging)


def _replace(new: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        # the logs of a database belong to it and not to the one that takes its place
        for log in _LOGS:
            place.with_name(place.name + log).unlink(missing_ok=True)
        place.unlink(missing_ok=True)
    new.rename(place)
