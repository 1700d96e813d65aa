"""Backup while the store goes on, and restore: whole or not at all."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

import openinsights
from openinsights.app import open_parts
from openinsights.data_folder import DataFolder
from openinsights.errors import OpenInsightsError
from openinsights.keeping import restore as restoring
from openinsights.keeping.backup import BackupBusy
from openinsights.keeping.restore import manifest_of, restore
from openinsights.keeping.unpack import BackupError, ChunkReader, checked_path, receive
from openinsights.restoring import MARK, STAGING, finish
from openinsights.settings import resolve
from openinsights.store.duckdb.snapshot import counts_of_file
from openinsights.store.errors import StoreFull
from openinsights.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def quiet(*_: Any) -> None:
    pass


def backed_up(kept, target: Path, *, force: bool = False) -> Any:
    return receive(kept.parts.backups.stream(), target, force=force, progress=quiet)


def restored(source: Path, data: Path, *, force: bool = False) -> Any:
    with DataFolder(data):
        return restore(source, data, force=force, counts_of=counts_of_file, progress=quiet)


def rows_in(data: Path) -> list[tuple[object, ...]]:
    with openinsights.open(data) as database:
        return database.kql("traces | project message | order by message asc").rows


@pytest.fixture
def filled(kept) -> Any:
    """Three days: one long over, yesterday, and today with rows in the write-ahead log alone."""
    kept.shop = kept.parts.resources.create("shop")
    today = kept.clock.day
    for age in (50, 1, 0):
        for number in range(5):
            kept.store(kept.shop, today - age, message=f"{age} {number}")
    assert kept.parts.store.settle(30)
    return kept


NAMES = sorted((f"{age} {number}",) for age in (50, 1, 0) for number in range(5))


def test_a_backup_holds_everything_and_comes_back(filled, tmp_path) -> None:
    manifest = backed_up(filled, tmp_path / "backup")
    assert manifest.rows == 15
    assert manifest == manifest_of(tmp_path / "backup")
    assert sorted(each.name.partition("/")[0] for each in manifest.files)[0] == "catalog.sqlite"
    assert sum(each.rows is not None for each in manifest.files) == 3
    assert restored(tmp_path / "backup", tmp_path / "new").rows == 15
    assert rows_in(tmp_path / "new") == NAMES
    with openinsights.open(tmp_path / "new") as database:
        assert database.kql("traces | count", app="shop").rows == [(15,)]
    assert not list((tmp_path / "data" / "telemetry").glob("snapshot*"))
    assert not list((tmp_path / "data").glob("backup-*"))


def test_nothing_that_was_acknowledged_before_is_missing_while_ingestion_goes_on(
    filled, tmp_path
) -> None:
    stop, sent, acknowledged = threading.Event(), [], []

    def send() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            name = f"new {number:05}"
            sent.append(name)
            filled.store(filled.shop, filled.clock.day - number % 2, message=name)
            acknowledged.append(name)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for round_ in range(4):
            before = set(acknowledged)
            backed_up(filled, tmp_path / f"backup{round_}")
            restored(tmp_path / f"backup{round_}", tmp_path / f"new{round_}")
            found = [str(row[0]) for row in rows_in(tmp_path / f"new{round_}")]
            assert before <= set(found) <= {*sent, *(name for (name,) in NAMES)}
            assert len(found) == len(set(found)), "nothing is there twice"
    finally:
        stop.set()
        sender.join(30)
    assert len(acknowledged) > 4, "ingestion went on"


def test_the_journal_is_part_of_a_backup(filled, tmp_path, monkeypatch) -> None:
    # commits that come late: what is acknowledged is in the journal and nowhere else
    gate = threading.Event()
    writer = filled.parts.store._parts.writer
    commit = writer.commit
    monkeypatch.setattr(writer, "commit", lambda group: (gate.wait(60), commit(group))[1])
    monkeypatch.setattr(filled.parts.store._parts.appends, "gather", lambda timeout_s: False)
    try:
        filled.store(filled.shop, filled.clock.day, message="in the journal")
        manifest = backed_up(filled, tmp_path / "backup")
    finally:
        gate.set()
    assert manifest.rows == 15
    restored(tmp_path / "backup", tmp_path / "new")
    assert rows_in(tmp_path / "new") == sorted([*NAMES, ("in the journal",)])


def test_days_that_go_or_change_meanwhile_do_not_stop_a_backup(filled, tmp_path) -> None:
    today = filled.clock.day
    stream = filled.parts.backups.stream()
    first = next(stream)
    filled.parts.store.drop_day(today - 1)
    filled.parts.store.delete(Selection("traces", time_from=today * 864_000_000_000))

    def chunks() -> Iterator[bytes]:
        yield first
        yield from stream

    manifest = receive(chunks(), tmp_path / "backup", force=False, progress=quiet)
    assert manifest.rows == 5


def test_one_backup_at_a_time(filled, tmp_path) -> None:
    stream = filled.parts.backups.stream()
    next(stream)
    with pytest.raises(BackupBusy):
        filled.parts.backups.stream()
    stream.close()
    assert backed_up(filled, tmp_path / "backup").rows == 15


def test_a_folder_that_is_there_is_replaced_only_when_told_to(filled, tmp_path) -> None:
    target = tmp_path / "backup"
    target.mkdir()
    backed_up(filled, target)  # an empty folder is as good as none
    filled.store(filled.shop, filled.clock.day, message="one more")
    with pytest.raises(BackupError, match=r"there is something already.*--force"):
        backed_up(filled, target)
    assert backed_up(filled, target, force=True).rows == 16
    assert manifest_of(target).rows == 16
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BackupError, match="it is a file"):
        backed_up(filled, tmp_path / "file", force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data", "file"]


@pytest.mark.parametrize("kept_part", [0.0, 0.3, 0.9, 0.999])
def test_a_stream_that_breaks_off_leaves_nothing(filled, tmp_path, kept_part) -> None:
    content = b"".join(filled.parts.backups.stream())
    end = (
        int(len(content) * kept_part) - 1100 if kept_part > 0.99 else int(len(content) * kept_part)
    )
    with pytest.raises(BackupError):
        receive(iter((content[:end],)), tmp_path / "backup", force=False, progress=quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_stream_that_was_changed_on_the_way_is_refused(filled, tmp_path) -> None:
    content = bytearray(b"".join(filled.parts.backups.stream()))
    content[len(content) // 2] ^= 1
    with pytest.raises(OpenInsightsError):
        receive(iter((bytes(content),)), tmp_path / "backup", force=False, progress=quiet)
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "."])
def test_no_file_of_a_backup_leaves_its_folder(tmp_path, name) -> None:
    with pytest.raises(BackupError):
        checked_path(tmp_path, name)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name or "."), io.BytesIO())
    with pytest.raises(OpenInsightsError):
        receive(iter((packed.getvalue(),)), tmp_path / "backup", force=False, progress=quiet)


def test_a_restore_replaces_what_is_there_only_when_told_to(filled, tmp_path) -> None:
    backed_up(filled, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")
    (tmp_path / "new" / "settings.toml").write_text("port = 5381\n")
    with openinsights.open(tmp_path / "new") as database:
        database._resources.create("later")
    with pytest.raises(BackupError, match=r"there is telemetry already.*--force"):
        restored(tmp_path / "backup", tmp_path / "new")
    assert restored(tmp_path / "backup", tmp_path / "new", force=True).rows == 15
    assert rows_in(tmp_path / "new") == NAMES
    with openinsights.open(tmp_path / "new") as database:
        assert [each.name for each in database._resources.list()] == ["shop"]
    assert (tmp_path / "new" / "settings.toml").exists(), "settings are not part of it"


def damaged(manifest, backup: Path, how: str) -> None:
    day = next(each for each in manifest.files if each.rows is not None)
    path = backup / day.name
    if how == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"\0\1")
    elif how == "missing":
        path.unlink()
    elif how == "no list":
        (backup / "manifest.json").unlink()
    elif how == "other list":
        (backup / "manifest.json").write_text("{}")
    elif how == "newer":
        (backup / "manifest.json").write_text(json.dumps({"format": 2}))
    else:
        value = json.loads((backup / "manifest.json").read_text())
        for each in value["files"]:
            if each["rows"]:
                each["rows"]["traces"] += 1
        (backup / "manifest.json").write_text(json.dumps(value))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("changed", "is damaged"),
        ("missing", "No such file"),
        ("no list", "it is no backup"),
        ("other list", "is damaged"),
        ("newer", "a newer release wrote it"),
        ("counts", "rows"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_touched(filled, tmp_path, how, told) -> None:
    manifest = backed_up(filled, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")
    damaged(manifest, tmp_path / "backup", how)
    with pytest.raises(OpenInsightsError, match=told):
        restored(tmp_path / "backup", tmp_path / "new", force=True)
    assert rows_in(tmp_path / "new") == NAMES
    assert not (tmp_path / "new" / STAGING).exists()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", range(7))
def test_a_restore_that_is_cut_short_is_finished_at_the_next_start(
    filled, tmp_path, monkeypatch, after
) -> None:
    """The process ends before one of the steps that put the files in place."""
    backed_up(filled, tmp_path / "backup")
    data = tmp_path / "new"
    restored(tmp_path / "backup", data)
    with openinsights.open(data) as database:
        database._resources.create("later")
    steps = iter(range(after))

    def stepped(real: Any) -> Any:
        def step(*arguments: Any, **more: Any) -> Any:
            if next(steps, None) is None:
                raise Killed
            return real(*arguments, **more)

        return step

    path = type(tmp_path)

    def killed_finish(folder: Path) -> None:
        with monkeypatch.context() as patched:
            for name in ("rename", "unlink"):
                patched.setattr(path, name, stepped(getattr(path, name)))
            finish(folder)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "finish", killed_finish)
        with pytest.raises(Killed):
            restored(tmp_path / "backup", data, force=True)
    with openinsights.open(data) as database:
        names = [each.name for each in database._resources.list()]
    assert names == ["shop"]
    assert rows_in(data) == NAMES
    assert not (data / STAGING).exists()


def test_a_restore_without_its_mark_is_forgotten(filled, tmp_path) -> None:
    backed_up(filled, tmp_path / "backup")
    new = tmp_path / "new"
    restored(tmp_path / "backup", new)
    (new / STAGING / "telemetry").mkdir(parents=True)
    (new / STAGING / "catalog.sqlite").write_bytes(b"half")
    assert rows_in(new) == NAMES
    assert not (new / STAGING).exists()
    assert not (new / MARK).exists()


def test_a_disk_without_room_for_the_copy_of_a_day_is_told(filled, tmp_path) -> None:
    with ExitStack() as opened:
        folder = opened.enter_context(DataFolder(tmp_path / "small"))
        huge = resolve({"min_free_disk_bytes": 1 << 60})
        parts = open_parts(folder, huge, filled.clock, opened)
        (folder.telemetry / "2020-01-01.duckdb").write_bytes(b"x" * 10)
        parts.store._parts.files._days.add(737_424)
        with pytest.raises(StoreFull, match="may be used"):
            list(parts.backups.stream())


def test_an_empty_chunk_is_no_end() -> None:
    told = []
    reader = ChunkReader(iter([b"", b"ab", b"", b"", b"cd"]), told.append)
    assert [reader.read(2), reader.read(1), reader.read(9), reader.read(1)] == [
        b"ab", b"c", b"d", b"",
    ]  # fmt: skip
    assert told[-1] == 4
