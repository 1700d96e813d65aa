"""Telemetry on disk while the server is away: a folder of blobs that several processes share.

A blob is a file of encoded envelopes, one per line, written under another name and then renamed,
so that a reader sees all of it or nothing. A process that wants to send a blob leases it by
renaming it; a rename has exactly one winner. A lease that its process did not end runs out by
itself. Which server a blob is for is part of its name: a process only takes blobs of its own
server. Sending is elsewhere.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SUFFIX = ".blob"
LEASED = ".lock"
UNFINISHED = ".tmp"
UNFINISHED_MAX_AGE_S = 60.0
"""A file still under its writing name after this time belongs to a process that died."""


class Blob:
    """One leased blob; exactly one process holds it until the lease ends."""

    def __init__(self, store: BlobStore, path: Path, original: Path) -> None:
        self._store = store
        self._path = path
        self._original = original

    def items(self) -> list[bytes]:
        """Return the encoded envelopes; lines that a crash cut short are left out."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return []
        return [line for line in lines if line.startswith(b"{") and line.endswith(b"}")]

    def renew(self, seconds: float) -> None:
        """Hold the blob for a time from now on."""
        renewed = _leased(self._original, self._store.now() + seconds)
        with contextlib.suppress(OSError):
            self._path.rename(renewed)
            self._path = renewed

    def delete(self) -> None:
        """Remove the blob for good."""
        self._store.remove(self._path)

    def release(self) -> None:
        """End the lease so that any process may take the blob."""
        with contextlib.suppress(OSError):
            self._path.rename(self._original)


class BlobStore:
    """A bounded folder of blobs for one server. Safe for many processes at once.

    Args:
        folder: Where the blobs lie; made with access for its owner only when it does not exist.
        server: Names the server; only blobs put under the same name are leased.
        max_bytes: The most that may lie in the folder; the oldest blobs make room for new ones.
        retention_s: Older blobs are deleted unsent.
        maintenance_period_s: How often old and unfinished files are looked for.
        now: The time of day in seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        *,
        server: str,
        max_bytes: int,
        retention_s: float,
        maintenance_period_s: float,
        now: Callable[[], float],
    ) -> None:
        self.folder = folder
        self._tag = f"{crc32(server.encode()):08x}"
        self._max_bytes = max_bytes
        self._retention_s = retention_s
        self._maintenance_period_s = maintenance_period_s
        self.now = now
        self._known_bytes = 0
        self._tidied_at = float("-inf")

    def put(self, items: Sequence[bytes]) -> int:
        """Write a blob.

        Returns:
            How many older items were deleted unsent to make room.

        Raises:
            OSError: The disk, the folder or the bound has no room for it.
        """
        body = b"\n".join(items)
        self._prepare()
        evicted = self._make_room(len(body))
        stamp = datetime.fromtimestamp(self.now(), timezone.utc).strftime("%Y-%m-%dT%H%M%S.%f")
        final = self.folder / f"{stamp}-{self._tag}-{os.urandom(4).hex()}{SUFFIX}"
        writing = final.with_name(final.name + UNFINISHED)
        try:
            _write_private(writing, body)
            writing.rename(final)
        except OSError:
            with contextlib.suppress(OSError):
                writing.unlink()
            raise
        self._known_bytes += len(body)
        return evicted

    def lease(self, seconds: float) -> Iterator[Blob]:
        """Lease this server's blobs one after the other, oldest first.

        The caller deletes or releases each blob before it asks for the next one. An empty answer
        means that nothing waits or that others hold it.
        """
        self.tidy()
        for name in self._names():
            original = name.partition("@")[0]
            if not original.endswith(f"{SUFFIX}") or f"-{self._tag}-" not in original:
                continue
            if self._is_leased(name):
                continue
            leased = _leased(self.folder / original, self.now() + seconds)
            try:
                (self.folder / name).rename(leased)
            except OSError:
                continue
            yield Blob(self, leased, self.folder / original)

    def remove(self, path: Path) -> None:
        """Delete a file of the folder and give its room back."""
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            self._known_bytes -= size

    def has_blobs(self) -> bool:
        """Whether anything waits for this server, leased or not."""
        return any(f"-{self._tag}-" in name for name in self._names())

    def tidy(self) -> None:
        """Delete what is too old or was never finished; at most once per maintenance period."""
        if self.now() - self._tidied_at >= self._maintenance_period_s:
            self._tidy_now()

    def _tidy_now(self) -> None:
        self._tidied_at = self.now()
        self._known_bytes = 0
        for name in self._names():
            path = self.folder / name
            try:
                status = path.stat()
                age_s = self.now() - status.st_mtime
                unfinished = name.endswith(UNFINISHED) and age_s > UNFINISHED_MAX_AGE_S
                if unfinished or age_s > self._retention_s:
                    path.unlink()
                else:
                    self._known_bytes += status.st_size
            except OSError:
                continue

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.tidy()

    def _make_room(self, size: int) -> int:
        if size > self._max_bytes:
            raise OSError(f"cannot store {size} bytes: the folder may hold {self._max_bytes}")
        if self._known_bytes + size > self._max_bytes:
            # Other processes put and take too: only the folder itself knows how full it is.
            self._tidy_now()
        evicted = 0
        for name in self._names() if self._known_bytes + size > self._max_bytes else ():
            if name.endswith(SUFFIX) and self._known_bytes + size > self._max_bytes:
                evicted += self._evict(self.folder / name)
        if self._known_bytes + size > self._max_bytes:
            raise OSError(f"cannot store {size} bytes: all blobs in the folder are being sent")
        return evicted

    def _evict(self, path: Path) -> int:
        try:
            body = path.read_bytes()
            path.unlink()
        except OSError:
            return 0
        self._known_bytes -= len(body)
        return body.count(b"\n") + 1

    def _names(self) -> list[str]:
        try:
            return sorted(
                name
                for name in os.listdir(self.folder)  # noqa: PTH208 - names are all that is needed
                if name.endswith((SUFFIX, LEASED, UNFINISHED))
            )
        except OSError:
            return []

    def _is_leased(self, name: str) -> bool:
        _, _, rest = name.partition("@")
        if not rest:
            return False
        deadline_ms = rest.removesuffix(LEASED)
        return deadline_ms.isdigit() and int(deadline_ms) > self.now() * 1000


def _leased(path: Path, deadline_s: float) -> Path:
    return path.with_name(f"{path.name}@{int(deadline_s * 1000)}{LEASED}")


def default_folder(instrumentation_key: str, temporary: Path, user_id: int | None) -> Path:
    """Return the folder for a key: the shared temporary folder, told apart by user when needed.

    A folder of that name which belongs to somebody else, or is a link, is never used.

    Args:
        instrumentation_key: The resource's key.
        temporary: The operating system's folder for temporary files.
        user_id: This process's user; None where the system has no such thing.
    """
    folder = temporary / f"opencensus-python-{instrumentation_key}"
    if user_id is None or _is_ours(folder, user_id):
        return folder
    return temporary / f"opencensus-python-{instrumentation_key}-{user_id}"


def _is_ours(folder: Path, user_id: int) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and status.st_uid == user_id


def _write_private(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
