from __future__ import annotations

import stat
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from opencensus.ext.azure.common import storage
from opencensus.ext.azure.common.storage import LocalFileBlob, LocalFileStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ITEMS = ({"a": 1}, "text", 3)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[LocalFileStorage]:
    with LocalFileStorage(str(tmp_path / "folder")) as opened:
        yield opened


def at(monkeypatch: pytest.MonkeyPatch, **away: float) -> None:
    moment = datetime.now() + timedelta(**away)  # noqa: DTZ005 - its own clock is without a zone
    monkeypatch.setattr(storage, "_now", lambda: moment)


def test_what_was_put_comes_back(folder: LocalFileStorage) -> None:
    assert folder.get() is None
    blob = folder.put(ITEMS)
    assert blob is not None
    got = folder.get()
    assert got is not None

    assert got.get() == ITEMS
    got.delete()
    got.delete()
    assert folder.get() is None
    assert got.get() is None


def test_held_blob_comes_back_after_its_time(
    folder: LocalFileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = folder.put(ITEMS, lease_period=30)
    assert blob is not None
    assert blob.get() == ITEMS
    assert folder.get() is None
    assert blob.lease(60) is blob
    at(monkeypatch, hours=24)

    assert folder.get() is not None
    assert blob.lease(1) is None


def test_old_and_unfinished_files_go(
    folder: LocalFileStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put(ITEMS)
    (tmp_path / "folder" / "2026-11-29T000000.000000-00000000.blob.tmp").touch()
    (tmp_path / "folder" / "inner").mkdir()
    at(monkeypatch, days=20 * 365)

    assert list(folder.gets()) == []
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["inner"]


def test_full_folder_takes_nothing(tmp_path: Path) -> None:
    with LocalFileStorage(str(tmp_path), max_size=5) as folder:
        assert folder.put(ITEMS) is not None
        assert folder.put(ITEMS) is None


def test_what_cannot_be_written_is_told(folder: LocalFileStorage, tmp_path: Path) -> None:
    assert folder.put([object()]) is None
    assert LocalFileBlob(str(tmp_path / "missing" / "a.blob")).put(ITEMS) is None


def test_only_the_owner_can_read(folder: LocalFileStorage, tmp_path: Path) -> None:
    """The retired package lets everybody read."""
    folder.put(ITEMS)
    (path,) = (tmp_path / "folder").iterdir()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
