"""Telemetry on disk while the server is away: a folder of blobs that several processes share.

A blob is a file of encoded envelopes, one per line, written under another name and then renamed,
so that a reader sees all of it or nothing. A process that wants to send a blob leases it by
renaming it; a rename has exactly one winner. A lease that its process did not end runs out by
itself. A blob's name says when it was put, for which server, by which store and with how many
envelopes: a process only takes blobs of its own server. Sending is elsewhere.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import count
from typing import TYPE_CHECKING
from zlib import crc32

from opencensus.ext.azure.common.ledger import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SUFFIX = ".blob"
LEASED = ".lock"
UNFINISHED = ".tmp"
UNFINISHED_MAX_AGE_S = 60.0
"""A file still under its writing name after this time belongs to a process that died."""


@dataclass(frozen=True, slots=True)
class BlobName:
    """What the name of a blob says; ``source`` and ``item_count`` are None where it does not."""

    text: str
    server: str
    source: str | None
    item_count: int | None


class Blob:
    """One leased blob; exactly one process holds it until the lease ends.

    Attributes:
        is_ours: Whether it was put by the store that leased it.
    """

    def __init__(self, store: BlobStore, path: Path, name: BlobName, is_ours: bool) -> None:
        self.is_ours = is_ours
        self._store = store
        self._path = path
        self._name = name

    def items(self) -> list[bytes] | None:
        """Return the encoded envelopes, without lines that a crash cut short.

        None means that the blob cannot be read now, or that somebody else holds it.
        """
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return None
        return [line for line in lines if line.startswith(b"{") and line.endswith(b"}")]

    @property
    def item_count(self) -> int | None:
        """How many envelopes were put into it; None where its name does not say."""
        return self._name.item_count

    def renew(self, seconds: float) -> None:
        """Hold the blob for a time from now on."""
        renewed = _leased(self._original, self._store.now() + seconds)
        with contextlib.suppress(OSError):
            self._path.rename(renewed)
            self._path = renewed

    def delete(self) -> None:
        """Remove the blob for good; what cannot be removed is never leased again by this store."""
        if not self._store.remove(self._path):
            self._store.spent.add(self._name.text)

    def release(self) -> None:
        """End the lease so that any process may take the blob."""
        with contextlib.suppress(OSError):
            self._path.rename(self._original)

    @property
    def _original(self) -> Path:
        return self._path.with_name(self._name.text)


class BlobStore:
    """A bounded folder of blobs for one server. Safe for many processes at once.

    Args:
        folder: Where the blobs lie; made with access for its owner only when it does not exist.
        server: Names the server; only blobs put under the same name are leased.
        max_bytes: The most that may lie in the folder; the oldest blobs make room for new ones.
        retention_s: Older blobs are deleted unsent.
        maintenance_period_s: How often old and unfinished files are looked for.
        now: The time of day in seconds since 1970.
        gave_up: Told of envelopes that were deleted unsent: why, how many, and whether they were
            put by this store.
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
        gave_up: Callable[[Cause, int, bool], None],
    ) -> None:
        self.folder = folder
        self._server_tag = server_tag(server)
        self.now = now
        self.spent: set[str] = set()
        self._source = os.urandom(4).hex()
        self._serials = count(1)
        self._max_bytes = max_bytes
        self._retention_s = retention_s
        self._maintenance_period_s = maintenance_period_s
        self._gave_up = gave_up
        self._known_bytes = 0
        self._tidied_at = float("-inf")

    def put(self, items: Sequence[bytes]) -> None:
        """Write a blob; older ones may be given up to make room.

        Raises:
            OSError: The disk, the folder or the bound has no room for it.
        """
        body = b"\n".join(items)
        self._prepare()
        self._make_room(len(body))
        final = self.folder / self._next_name(len(items))
        writing = final.with_name(final.name + UNFINISHED)
        try:
            _write_private(writing, body)
            writing.rename(final)
        except OSError:
            with contextlib.suppress(OSError):
                writing.unlink()
            raise
        self._known_bytes += len(body)

    def lease(self, seconds: float) -> Iterator[Blob]:
        """Lease this server's blobs one after the other, oldest first.

        The caller deletes or releases each blob before it asks for the next one. An empty answer
        means that nothing waits or that others hold it.
        """
        self.tidy()
        for file_name in self._names():
            name = parse_name(file_name)
            if name is None or name.server != self._server_tag or name.text in self.spent:
                continue
            if file_name.endswith(UNFINISHED) or self._is_leased(file_name):
                continue
            leased = _leased(self.folder / name.text, self.now() + seconds)
            try:
                (self.folder / file_name).rename(leased)
            except OSError:
                continue
            yield Blob(self, leased, name, self._is_ours(name))

    def remove(self, path: Path) -> bool:
        """Delete a file of the folder and give its room back; return whether it is gone."""
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        self._known_bytes -= size
        return True

    def has_blobs(self) -> bool:
        """Whether anything waits for this server, leased or not."""
        names = map(parse_name, self._names())
        return any(name is not None and name.server == self._server_tag for name in names)

    def tidy(self) -> None:
        """Delete what is too old, finish what was left unfinished; once per maintenance period."""
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
                if age_s > self._retention_s and not self._is_leased(name):
                    self._give_up(path, Cause.EXPIRED)
                    continue
                if name.endswith(UNFINISHED) and age_s > UNFINISHED_MAX_AGE_S:
                    # What its writer got onto the disk before it died is whole but for the end.
                    path.rename(path.with_name(name.removesuffix(UNFINISHED)))
                self._known_bytes += status.st_size
            except OSError:
                continue

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.tidy()

    def _make_room(self, size: int) -> None:
        if size > self._max_bytes:
            raise OSError(f"cannot store {size} bytes: the folder may hold {self._max_bytes}")
        if self._known_bytes + size > self._max_bytes:
            # Other processes put and take too: only the folder itself knows how full it is.
            self._tidy_now()
        for name in self._names() if self._known_bytes + size > self._max_bytes else ():
            if name.endswith(SUFFIX) and self._known_bytes + size > self._max_bytes:
                self._give_up(self.folder / name, Cause.NO_ROOM)
        if self._known_bytes + size > self._max_bytes:
            raise OSError(f"cannot store {size} bytes: all blobs in the folder are being sent")

    def _give_up(self, path: Path, cause: Cause) -> None:
        name = parse_name(path.name)
        try:
            size = path.stat().st_size
            item_count = None if name is None else name.item_count
            if item_count is None:
                item_count = path.read_bytes().count(b"\n") + 1
            path.unlink()
        except OSError:
            return
        self._known_bytes -= size
        self._gave_up(cause, item_count, name is not None and self._is_ours(name))

    def _names(self) -> list[str]:
        try:
            return sorted(
                name
                for name in os.listdir(self.folder)  # noqa: PTH208 - names are all that is needed
                if name.endswith((SUFFIX, LEASED, UNFINISHED))
            )
        except OSError:
            return []

    def _next_name(self, item_count: int) -> str:
        stamp = datetime.fromtimestamp(self.now(), timezone.utc).strftime("%Y-%m-%dT%H%M%S.%f")
        return (
            f"{stamp}-{self._server_tag}-{self._source}-{item_count}-{next(self._serials)}{SUFFIX}"
        )

    def _is_ours(self, name: BlobName) -> bool:
        return name.source == self._source

    def _is_leased(self, name: str) -> bool:
        _, _, rest = name.partition("@")
        if not rest:
            return False
        deadline_ms = rest.removesuffix(LEASED)
        return deadline_ms.isdigit() and int(deadline_ms) > self.now() * 1000


def server_tag(server: str) -> str:
    """Return the short form of a server's name that stands in names of files."""
    return f"{crc32(server.encode()):08x}"


def parse_name(file_name: str) -> BlobName | None:
    """Return what the name of a file says, leased or unfinished; None when it is no blob of ours."""
    text = file_name.partition("@")[0].removesuffix(UNFINISHED)
    parts = text.removesuffix(SUFFIX).split("-")
    if not text.endswith(SUFFIX) or len(parts) < 5:
        return None
    if len(parts) == 7 and parts[5].isdigit():
        return BlobName(text, parts[3], parts[4], int(parts[5]))
    return BlobName(text, parts[3], None, None)


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
