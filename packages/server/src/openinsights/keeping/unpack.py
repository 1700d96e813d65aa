"""Receives a backup's stream into a folder, which appears whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from openinsights.errors import OpenInsightsError
from openinsights.keeping.backup import MANIFEST, Manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHUNK_BYTES = 1024 * 1024


class BackupError(OpenInsightsError):
    """A backup cannot be written or read; the message says why."""

    code = "BackupError"


class ChunkReader:
    """Chunks of bytes as the file that `tarfile` reads.

    Args:
        chunks: the bytes.
        progress: told how many bytes have come.
    """

    def __init__(self, chunks: Iterator[bytes], progress: Callable[[int], None]) -> None:
        self._chunks = chunks
        self._progress = progress
        self._rest = b""
        self._taken = 0

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer at the end only."""
        parts, wanted = [], size
        while wanted:
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._rest = chunk  # which may be empty: that is no end
                self._taken += len(self._rest)
                self._progress(self._taken)
            part, self._rest = self._rest[:wanted], self._rest[wanted:]
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)


def receive(
    chunks: Iterator[bytes], target: Path, *, force: bool, progress: Callable[[int], None]
) -> Manifest:
    """Write a backup into a folder and return what it holds.

    The folder is made beside its final place and renamed when it is whole and synced.

    Args:
        chunks: the stream of `Backups.stream`.
        target: the folder.
        force: whether one that is there is replaced, once the new one is whole.
        progress: told how many bytes have come.

    Raises:
        BackupError: something is there already, or the stream breaks off or is damaged.
    """
    refuse_occupied(target, force=force)
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        manifest = _unpack(ChunkReader(chunks, progress), partial)
        sync_folders(partial)
        replace_folder(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return manifest


def refuse_occupied(target: Path, *, force: bool) -> None:
    """Refuse to write where something is.

    Raises:
        BackupError: there is, and it is not to be replaced or is no folder.
    """
    if target.exists() and not target.is_dir():
        raise BackupError(f"cannot write to {target}: it is a file; name a folder")
    if not force and target.is_dir() and any(target.iterdir()):
        raise BackupError(
            f"cannot write to {target}: there is something already; name another folder, or replace"
            " it with --force"
        )


def replace_folder(new: Path, target: Path) -> None:
    """Put a folder in the place of another, which is deleted."""
    old = target.with_name(f".{target.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def sync_folders(folder: Path) -> None:
    """Have the names of everything in a folder survive a loss of power."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a loss of power."""
    if os.name == "nt":  # folders cannot be synced there, nor need they be
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(source: IO[bytes], path: Path) -> str:
    """Write a file, synced, and return the sha256 of what it holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def checked_path(folder: Path, name: str) -> Path:
    """Return where a file of a backup lies in a folder.

    Raises:
        BackupError: its name leads out of the folder.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or any(part in ("..", ".") for part in path.parts):
        raise BackupError(f"cannot read the backup: it has a file of the name {name!r}")
    return folder.joinpath(*path.parts)


def _unpack(reader: ChunkReader, folder: Path) -> Manifest:
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", reader), mode="r|") as packed:
            for entry in packed:
                content = packed.extractfile(entry)
                if content is None:
                    raise BackupError(f"cannot read the backup: {entry.name!r} is no file")
                path = checked_path(folder, entry.name)
                digest = write_synced(content, path)
                if entry.name == MANIFEST:
                    manifest = read_manifest(path.read_bytes())
                else:
                    found[entry.name] = (entry.size, digest)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"cannot read the backup: the stream broke off: {error}") from None
    if manifest is None:
        raise BackupError("cannot write the backup: the server broke it off; its log says why")
    if found != {each.name: (each.size, each.sha256) for each in manifest.files}:
        raise BackupError("cannot write the backup: what came is not what was sent; try again")
    return manifest
