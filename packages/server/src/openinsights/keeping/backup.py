"""A backup as one stream: a tar file of the store, the catalog and a list that proves it whole.

It is written while the server goes on, and read by `restore.py`, or by anybody with `tar`.
"""

from __future__ import annotations

import hashlib
import tarfile
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.errors import OpenInsightsError
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from openinsights.clock import Clock
    from openinsights.store.api import StoredFile

MANIFEST = "manifest.json"
FORMAT = 1
CATALOG = "catalog.sqlite"
TELEMETRY = "telemetry"

_BLOCK = 512
_CHUNK_BYTES = 1024 * 1024


class BackupBusy(OpenInsightsError):
    """Another backup is being written."""

    code = "BackupBusy"


class ListedFile(msgspec.Struct, frozen=True):
    """A file of a backup.

    Attributes:
        name: its path inside the backup, with slashes.
        size: in bytes.
        sha256: of its content, in hexadecimal digits.
        rows: of a day file, the rows of each table.
    """

    name: str
    size: int
    sha256: str
    rows: dict[str, int] | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds; the last file of it.

    Attributes:
        format: of the backup.
        version: of the program that wrote it.
        created: when it began, in ISO 8601.
        files: all others.
    """

    format: int
    version: str
    created: str
    files: list[ListedFile]

    @property
    def rows(self) -> int:
        """How many rows of telemetry it holds."""
        return sum(sum((each.rows or {}).values()) for each in self.files)


class Backups:
    """Writes backups, one at a time.

    Args:
        stored_files: yields the store's files, see `Store.stored_files`.
        copy_catalog: writes the catalog into a file.
        scratch: the folder in which that file stands for a moment.
        clock: tells when a backup began.
        version: of the program.
    """

    def __init__(
        self,
        stored_files: Callable[[], Iterator[StoredFile]],
        copy_catalog: Callable[[Path], None],
        scratch: Path,
        clock: Clock,
        version: str,
    ) -> None:
        self._stored_files = stored_files
        self._copy_catalog = copy_catalog
        self._scratch = scratch
        self._clock = clock
        self._version = version
        self._one = threading.Lock()

    def stream(self) -> Generator[bytes, None, None]:
        """Return the bytes of a tar file; whoever takes them closes the iterator.

        What was acknowledged before this call is in it; what comes meanwhile may be.

        Raises:
            BackupBusy: another one is being written.
            StoreError: there is no room for the copy of a day, or the store has no files.
        """
        if not self._one.acquire(blocking=False):
            raise BackupBusy("cannot write a backup: another one is being written; try again later")
        try:
            files = self._stored_files()
        except BaseException:
            self._one.release()
            raise
        stream = self._stream(files)
        next(stream)  # from here on it gives its turn back, however it ends
        return stream

    def _stream(self, files: Iterator[StoredFile]) -> Generator[bytes, None, None]:
        try:
            yield b""
            created = datetime_text(self._clock.now_ticks())
            listed: list[ListedFile] = []
            for each in files:
                name = f"{TELEMETRY}/{each.name}"
                yield from _file(name, each.path, each.size_bytes, each.rows, listed)
            with TemporaryDirectory(dir=self._scratch, prefix="backup-") as scratch:
                # last: every resource that the rows name is in it
                copy = Path(scratch) / CATALOG
                self._copy_catalog(copy)
                yield from _file(CATALOG, copy, copy.stat().st_size, None, listed)
            manifest = Manifest(FORMAT, self._version, created, listed)
            content = msgspec.json.format(msgspec.json.encode(manifest))
            yield _header(MANIFEST, len(content)) + content + _padding(len(content))
            yield bytes(2 * _BLOCK)
        finally:
            self._one.release()


def _file(
    name: str, path: Path, size: int, rows: dict[str, int] | None, listed: list[ListedFile]
) -> Iterator[bytes]:
    yield _header(name, size)
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left:
            chunk = file.read(min(_CHUNK_BYTES, left))
            if not chunk:
                raise OSError(f"{path} became shorter while it was read")
            digest.update(chunk)
            left -= len(chunk)
            yield chunk
    yield _padding(size)
    listed.append(ListedFile(name, size, digest.hexdigest(), rows))


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def read_manifest(content: bytes) -> Manifest:
    """Return the list of a backup.

    Raises:
        OpenInsightsError: it is none, or of a newer release.
    """
    try:
        known: Any = msgspec.json.decode(content)
        if (
            isinstance(known, dict)
            and isinstance(known.get("format"), int)
            and known["format"] > FORMAT
        ):
            raise OpenInsightsError(
                f"cannot read the backup: a newer release wrote it (format {known['format']}, known"
                f" up to {FORMAT}); install that release",
                code="BackupTooNew",
            )
        return msgspec.convert(known, Manifest)
    except msgspec.MsgspecError as error:
        raise OpenInsightsError(
            f"cannot read the backup: {MANIFEST} is damaged: {error}", code="BackupDamaged"
        ) from None
