"""Items of JSON in a folder, for programs that keep things as the retired package did.

The exporters keep theirs with ``blobs``. A blob is a file of one JSON text per line; its name begins
with the time when it was put, and ends with a deadline while somebody holds it.
"""

from __future__ import annotations

import json
import logging
import os
import random
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from opencensus.common.schedule import PeriodicTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Self

logger = logging.getLogger(__name__)

BLOB = ".blob"
LEASED = ".lock"
UNFINISHED = ".tmp"


def _fmt(timestamp: datetime) -> str:
    return timestamp.strftime("%Y-%m-%dT%H%M%S.%f")


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class LocalFileBlob:
    """One file of items. Nothing in here raises for anything that the disk does."""

    def __init__(self, fullpath: str) -> None:
        self.fullpath = fullpath

    def delete(self) -> None:
        """Remove the file."""
        with suppress(Exception):
            os.remove(self.fullpath)

    def get(self) -> tuple[Any, ...] | None:
        """Return the items; None when they cannot be read."""
        with suppress(Exception), open(self.fullpath, encoding="utf-8") as file:
            return tuple(json.loads(line) for line in file)
        return None

    def put(self, data: Iterable[Any], lease_period: float = 0) -> Self | None:
        """Write items, and hold them for a time in seconds; return None when that fails."""
        writing = self.fullpath + UNFINISHED
        with suppress(Exception):
            with open(writing, "w", encoding="utf-8", opener=_open_private) as file:
                file.writelines(json.dumps(item) + "\n" for item in data)
            if lease_period:
                self.fullpath = _leased(self.fullpath, lease_period)
            os.rename(writing, self.fullpath)
            return self
        return None

    def lease(self, period: float) -> Self | None:
        """Hold the file for a time in seconds from now; return None when somebody else does."""
        leased = _leased(self.fullpath, period)
        with suppress(Exception):
            os.rename(self.fullpath, leased)
            self.fullpath = leased
            return self
        return None


class LocalFileStorage:
    """A bounded folder of blobs.

    Args:
        path: The folder; it is made when it does not exist.
        max_size: In bytes; a fuller folder takes nothing.
        maintenance_period: Seconds between two rounds of tidying, on a thread.
        retention_period: Seconds after which blobs are deleted.
        write_timeout: Seconds after which an unfinished file is deleted.
        source: Names the thread.
    """

    def __init__(
        self,
        path: str,
        max_size: int = 50 * 1024 * 1024,
        maintenance_period: float = 60,
        retention_period: float = 7 * 24 * 60 * 60,
        write_timeout: float = 60,
        source: str | None = None,
    ) -> None:
        self.path = os.path.abspath(path)
        self.max_size = max_size
        self.maintenance_period = maintenance_period
        self.retention_period = retention_period
        self.write_timeout = write_timeout
        self._maintenance_routine()
        self._maintenance_task = PeriodicTask(
            interval=maintenance_period,
            function=self._maintenance_routine,
            name=f"{source} Storage Worker",
        )
        self._maintenance_task.daemon = True
        self._maintenance_task.start()

    def close(self) -> None:
        """End the tidying."""
        self._maintenance_task.cancel()
        self._maintenance_task.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def gets(self) -> Iterator[LocalFileBlob]:
        """Yield the blobs that nobody holds, oldest first; delete what is too old on the way."""
        now = _now()
        for name in sorted(os.listdir(self.path)):
            path = os.path.join(self.path, name)
            if not os.path.isfile(path):
                continue
            if path.endswith(UNFINISHED) and name < _fmt(now - _seconds(self.write_timeout)):
                self._give_up(path, "it was never finished")
            if path.endswith(LEASED):
                original, _, deadline = path.removesuffix(LEASED).rpartition("@")
                if deadline > _fmt(now):
                    continue
                with suppress(Exception):
                    os.rename(path, original)
                    path = original
            if path.endswith(BLOB):
                if name < _fmt(now - _seconds(self.retention_period)):
                    self._give_up(path, "it is too old")
                else:
                    yield LocalFileBlob(path)

    def get(self) -> LocalFileBlob | None:
        """Return the oldest blob that nobody holds."""
        return next(self.gets(), None)

    def put(self, data: Iterable[Any], lease_period: float = 0) -> LocalFileBlob | None:
        """Write a blob, and hold it for a time in seconds; return None when that fails."""
        if not self._check_storage_size():
            return None
        name = f"{_fmt(_now())}-{random.getrandbits(32):08x}{BLOB}"
        return LocalFileBlob(os.path.join(self.path, name)).put(data, lease_period=lease_period)

    def _maintenance_routine(self) -> None:
        with suppress(Exception):
            if not os.path.isdir(self.path):
                os.makedirs(self.path)
                os.chmod(self.path, 0o700)
        with suppress(Exception):
            for _ in self.gets():
                pass

    def _give_up(self, path: str, cause: str) -> None:
        with suppress(Exception):
            os.remove(path)
            logger.warning("stored telemetry deleted: %s", cause)

    def _check_storage_size(self) -> bool:
        size = 0
        for folder, _, names in os.walk(self.path):
            for path in (os.path.join(folder, name) for name in names):
                if os.path.islink(path):
                    continue
                try:
                    size += os.path.getsize(path)
                except OSError:
                    logger.error("stored telemetry cannot be measured path=%s", path)
                    continue
                if size >= self.max_size:
                    logger.warning("storage is full: telemetry is lost bytes=%d", size)
                    return False
        return True


def _leased(path: str, seconds: float) -> str:
    if path.endswith(LEASED):
        path = path[: path.rindex("@")]
    return f"{path}@{_fmt(_now() + _seconds(seconds))}{LEASED}"


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
