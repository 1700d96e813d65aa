"""Puts a backup in the place of a data folder's telemetry and catalog; whole or not at all.

The new files gather in a folder of their own inside the data folder. Once a mark says that they
are whole they are moved to their places, and a crash in between is finished by whoever takes the
data folder next.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from openinsights.keeping.backup import CATALOG, MANIFEST, TELEMETRY, Manifest, read_manifest
from openinsights.keeping.unpack import (
    BackupError,
    checked_path,
    sync_folder,
    sync_folders,
    write_synced,
)
from openinsights.restoring import MARK, STAGING, finish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def restore(
    source: Path,
    data: Path,
    *,
    force: bool,
    counts_of: Callable[[Path], dict[str, int]],
    progress: Callable[[int, int], None],
) -> Manifest:
    """Copy a backup into a data folder that the caller holds, and return what it holds.

    Args:
        source: a folder that `receive` wrote.
        data: the data folder.
        force: whether telemetry and resources that are there are replaced.
        counts_of: returns the rows of each table of a day file.
        progress: told how many bytes of how many are copied.

    Raises:
        BackupError: the backup is damaged or incomplete, or there is something already.
    """
    manifest = manifest_of(source)
    if not force and holds_something(data):
        raise BackupError(
            f"cannot restore into {data}: there is telemetry already; name another folder with"
            " --data, or replace it with --force"
        )
    staging = data / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    try:
        _copy(source, staging, manifest, counts_of, progress)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    sync_folders(staging)
    (staging / MARK).touch()
    sync_folder(staging)
    finish(data)
    return manifest


def manifest_of(source: Path) -> Manifest:
    """Return what a backup's folder says that it holds.

    Raises:
        BackupError: it is no backup.
    """
    path = source / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BackupError(
            f"cannot restore from {source}: it is no backup: {error.strerror or error}: {path}"
        ) from None
    return read_manifest(content)


def holds_something(data: Path) -> bool:
    """Return whether a data folder has resources or telemetry."""
    telemetry = data / TELEMETRY
    return (data / CATALOG).exists() or (
        telemetry.is_dir()
        and any(path.suffix in (".duckdb", ".log", ".rec") for path in telemetry.rglob("*"))
    )


def _copy(
    source: Path,
    staging: Path,
    manifest: Manifest,
    counts_of: Callable[[Path], dict[str, int]],
    progress: Callable[[int, int], None],
) -> None:
    total, done = sum(each.size for each in manifest.files), 0
    (staging / TELEMETRY).mkdir(parents=True, mode=0o700)
    for each in manifest.files:
        path = checked_path(staging, each.name)
        try:
            with checked_path(source, each.name).open("rb") as file:
                digest = write_synced(file, path)
        except OSError as error:
            raise BackupError(f"cannot restore {each.name}: {error.strerror or error}") from error
        if digest != each.sha256:
            raise BackupError(
                f"cannot restore from {source}: {each.name} is damaged: it is not what was backed up"
            )
        if each.rows is not None and (found := counts_of(path)) != each.rows:
            raise BackupError(
                f"cannot restore from {source}: {each.name} has {sum(found.values())} rows,"
                f" {sum(each.rows.values())} were backed up"
            )
        done += each.size
        progress(done, total)
