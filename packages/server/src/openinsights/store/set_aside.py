"""Acknowledged bodies that the engine refused: each in a file of its own, for people to look at.

They lie beside the journal's segments, as records. Nothing reads them but people, who may have them
stored again once the reason is gone, and purges.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.store.errors import SetAsideNotFound, StoreError
from openinsights.store.folder_sync import sync_folder
from openinsights.store.record import HEAD_BYTES, decode_record, encode_record, is_whole
from openinsights.store.selected_rows import without

if TYPE_CHECKING:
    from pathlib import Path

    from openinsights.store.rows import Rows
    from openinsights.store.selection import Selection

_PREFIX, _SUFFIX = "refused-", ".rec"


@dataclass(frozen=True, slots=True)
class SetAsideBody:
    """A body that was set aside.

    Attributes:
        id: of the body.
        size_bytes: of its file.
        counts: its rows by day and table; none when the file cannot be read.
    """

    id: str
    size_bytes: int
    counts: tuple[tuple[int, str, int], ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(count for _, _, count in self.counts)


class SetAside:
    """The bodies of one folder. What changes them is for one thread.

    Args:
        directory: where their files lie; it exists.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.count = len(self._files())

    def add(self, rows: Rows) -> None:
        """Keep a body, durable when this returns; one that is there already stays."""
        path = self._path(rows.digest.hex())
        if path.exists():
            return
        self._write(path, rows)
        self.count += 1

    def bodies(self) -> list[SetAsideBody]:
        """Return what is there."""
        found = []
        for path in self._files():
            try:
                days = _read(path).days
            except FileNotFoundError:
                continue  # gone meanwhile
            except StoreError:
                days = ()
            counts = tuple((day.day, one.table, one.count) for day in days for one in day.tables)
            found.append(SetAsideBody(_id(path), path.stat().st_size, counts))
        return found

    def rows(self, body_id: str) -> Rows:
        """Return a body.

        Raises:
            SetAsideNotFound: there is none of that id.
            StoreError: its file cannot be read.
        """
        try:
            return _read(self._known(body_id))
        except FileNotFoundError:
            raise not_found(body_id) from None

    def drop(self, body_id: str) -> None:
        """Delete a body for good.

        Raises:
            SetAsideNotFound: there is none of that id.
        """
        self._known(body_id).unlink()
        self.count -= 1

    def delete(self, selection: Selection) -> int:
        """Delete the selected rows from all bodies; return how many there were."""
        deleted = 0
        for path in self._files():
            left, gone = without(_read(path), selection)
            if not gone:
                continue
            deleted += gone
            if left.count:
                self._write(path, left)
            else:
                self.drop(_id(path))
        return deleted

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob(f"{_PREFIX}*{_SUFFIX}"))

    def _path(self, body_id: str) -> Path:
        return self._directory / f"{_PREFIX}{body_id}{_SUFFIX}"

    def _known(self, body_id: str) -> Path:
        # looked for among the files: an id comes from outside and may be any text
        for path in self._files():
            if _id(path) == body_id:
                return path
        raise not_found(body_id)

    def _write(self, path: Path, rows: Rows) -> None:
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            file.write(encode_record(rows))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(self._directory)


def _id(path: Path) -> str:
    return path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)


def _read(path: Path) -> Rows:
    content = path.read_bytes()
    if len(content) <= HEAD_BYTES or not is_whole(content, 0, len(content)):
        raise StoreError(f"cannot read set-aside telemetry {path}: its file is damaged")
    return decode_record(content)


def not_found(body_id: str) -> SetAsideNotFound:
    """Return the error of an id that none has."""
    return SetAsideNotFound(f"cannot find set-aside telemetry {body_id[:80]!r}")
