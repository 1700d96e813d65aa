from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common.blobs import BlobStore, default_folder, parse_name
from opencensus.ext.azure.common.ledger import Cause

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOREVER = {"retention_s": 1e12, "maintenance_period_s": 1e12}
ITEMS = [b'{"a":1}', b'{"b":2}']


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def open_store(folder: Path, clock: Callable[[], float], **given: Any) -> BlobStore:
    options: dict[str, Any] = {
        "server": "http://here",
        "max_bytes": 1_000_000,
        "retention_s": 3600,
        "maintenance_period_s": 0,
        "gave_up": lambda cause, count, is_ours: None,
        **given,
    }
    return BlobStore(folder, now=clock, **options)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> BlobStore:
    return open_store(tmp_path / "blobs", clock)


def contents(store: BlobStore) -> list[bytes]:
    found = []
    for blob in store.lease(60):
        found += blob.items() or []
        blob.release()
    return found


def touch_now(folder: Path, clock: Clock) -> None:
    for path in folder.iterdir():
        os.utime(path, (clock.now, clock.now))


def test_what_was_put_is_leased_oldest_first(store: BlobStore, clock: Clock) -> None:
    for number in range(3):
        store.put([b'{"n":%d}' % number])
        touch_now(store.folder, clock)

    assert contents(store) == [b'{"n":0}', b'{"n":1}', b'{"n":2}']


def test_deleted_blob_is_gone_and_released_one_is_back(store: BlobStore, clock: Clock) -> None:
    store.put(ITEMS)
    touch_now(store.folder, clock)
    for blob in store.lease(60):
        blob.release()
    assert contents(store) == ITEMS
    for blob in store.lease(60):
        blob.delete()
    assert contents(store) == []
    assert list(store.folder.iterdir()) == []


def test_leased_blob_is_nobody_elses_until_the_lease_runs_out(
    store: BlobStore, clock: Clock
) -> None:
    store.put(ITEMS)
    touch_now(store.folder, clock)
    other = open_store(store.folder, clock)
    lease = store.lease(60)
    blob = next(lease)
    assert contents(other) == []
    assert other.has_blobs()
    clock.now += 61
    assert contents(other) == ITEMS
    assert blob.items() is None


def test_blobs_of_another_server_are_left_alone(store: BlobStore, clock: Clock) -> None:
    store.put(ITEMS)
    touch_now(store.folder, clock)
    other = open_store(store.folder, clock, server="http://there")

    assert not other.has_blobs()
    assert contents(other) == []
    assert contents(store) == ITEMS


def test_only_the_owner_can_read(store: BlobStore) -> None:
    store.put(ITEMS)

    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    (blob,) = store.folder.iterdir()
    assert stat.S_IMODE(blob.stat().st_mode) == 0o600


def test_oldest_blobs_make_room_and_are_counted(tmp_path: Path, clock: Clock) -> None:
    gone: list[Any] = []
    given = {"max_bytes": 45, "gave_up": lambda *of_what: gone.append(of_what)}
    store = open_store(tmp_path / "blobs", clock, **given)
    store.put([b'{"n":"aaaaaaaa"}', b'{"n":1}'])
    touch_now(store.folder, clock)
    store.put([b'{"n":"bbbbbbbb"}'])
    touch_now(store.folder, clock)
    assert gone == []
    store.put([b'{"n":"cccccccc"}'])
    touch_now(store.folder, clock)
    assert gone == [(Cause.NO_ROOM, 2, True)]
    assert contents(store) == [b'{"n":"bbbbbbbb"}', b'{"n":"cccccccc"}']
    other = open_store(tmp_path / "blobs", clock, **given)
    other.put([b'{"n":"dddddddd"}'])

    assert gone[1:] == [(Cause.NO_ROOM, 1, False)]


def test_deleted_blobs_give_their_room_back(tmp_path: Path, clock: Clock) -> None:
    store = open_store(tmp_path / "blobs", clock, max_bytes=40, **FOREVER)
    for number in range(20):
        store.put([b'{"n":"aaaaaaaa%02d"}' % number])
        assert len(list(store.folder.iterdir())) == 1
        for blob in store.lease(60):
            blob.delete()


def test_room_that_another_process_gave_back_is_seen(tmp_path: Path, clock: Clock) -> None:
    gone: list[Any] = []
    store = open_store(
        tmp_path / "blobs",
        clock,
        max_bytes=40,
        gave_up=lambda *of_what: gone.append(of_what),
        **FOREVER,
    )
    for number in range(2):
        store.put([b'{"n":"aaaaaaaa%02d"}' % number])
    for path in store.folder.iterdir():
        path.unlink()
    store.put([b'{"n":"bbbbbbbbbb"}'])

    assert len(list(store.folder.iterdir())) == 1
    assert gone == []


def test_what_is_larger_than_the_bound_is_refused(tmp_path: Path, clock: Clock) -> None:
    store = open_store(tmp_path / "blobs", clock, max_bytes=4)

    with pytest.raises(OSError, match="the folder may hold 4"):
        store.put(ITEMS)


def test_old_files_are_tidied_away_and_counted(tmp_path: Path, clock: Clock) -> None:
    gone: list[Any] = []
    store = open_store(tmp_path, clock, gave_up=lambda *of_what: gone.append(of_what))
    store.put(ITEMS)
    (store.folder / "foreign.txt").write_bytes(b"not ours")
    touch_now(store.folder, clock)
    store.tidy()
    assert {path.suffix for path in store.folder.iterdir()} == {".blob", ".txt"}
    clock.now += 4000
    store.tidy()

    assert {path.name for path in store.folder.iterdir()} == {"foreign.txt"}
    assert gone == [(Cause.EXPIRED, 2, True)]


def test_file_that_a_dead_process_left_unfinished_is_taken_as_far_as_it_got(
    store: BlobStore, clock: Clock
) -> None:
    """The retired package deletes it."""
    store.put(ITEMS)
    (path,) = store.folder.iterdir()
    path.write_bytes(ITEMS[0] + b"\n" + ITEMS[1][:3])
    path.rename(path.with_name(path.name + ".tmp"))
    touch_now(store.folder, clock)
    assert contents(store) == []
    clock.now += 100
    (blob,) = store.lease(60)

    assert blob.items() == ITEMS[:1]
    assert blob.item_count == 2


def test_blob_says_whether_this_store_put_it(store: BlobStore, clock: Clock) -> None:
    store.put(ITEMS)
    touch_now(store.folder, clock)
    for blob in store.lease(60):
        assert blob.is_ours
        blob.release()
    for blob in open_store(store.folder, clock).lease(60):
        assert not blob.is_ours
        blob.release()


def test_blob_of_an_earlier_version_is_taken(store: BlobStore, clock: Clock) -> None:
    store.put(ITEMS)
    (path,) = store.folder.iterdir()
    stamp, tag, *_ = path.name.rpartition("T")[2].split("-")
    path.rename(path.with_name(f"2026-01-01T{stamp}-{tag}-0badcafe.blob"))
    touch_now(store.folder, clock)
    (blob,) = store.lease(60)

    assert (blob.items(), blob.item_count, blob.is_ours) == (ITEMS, None, False)


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-29T184708.123456-1a2b3c4d.blob",
        "notes.txt",
        ".blob",
        "2026-11-29T184708.123456-1a2b3c4d-0badcafe.blobs",
    ],
)
def test_files_that_are_no_blobs_of_ours_are_not_taken(name: str) -> None:
    assert parse_name(name) is None


def test_blob_that_cannot_be_deleted_is_not_leased_again(
    store: BlobStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(ITEMS)
    touch_now(store.folder, clock)
    (blob,) = store.lease(60)
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: (_ for _ in ()).throw(OSError()))
    blob.delete()
    monkeypatch.undo()
    clock.now += 100

    assert contents(store) == []


def test_lines_that_a_crash_cut_short_are_left_out(store: BlobStore, clock: Clock) -> None:
    store.put(ITEMS)
    (path,) = store.folder.iterdir()
    path.write_bytes(path.read_bytes() + b'\n{"c":')
    touch_now(store.folder, clock)

    assert contents(store) == ITEMS


def test_folder_that_cannot_be_made_raises(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("in the way")
    store = open_store(tmp_path / "file" / "blobs", clock)

    with pytest.raises(OSError, match="file"):
        store.put(ITEMS)
    assert contents(store) == []


def test_default_folder_is_per_key_and_never_somebody_elses(tmp_path: Path) -> None:
    expected = tmp_path / "opencensus-python-key"
    assert default_folder("key", tmp_path, os.getuid()) == expected
    assert default_folder("key", tmp_path, None) == expected
    expected.mkdir()
    assert default_folder("key", tmp_path, os.getuid()) == expected
    assert default_folder("key", tmp_path, os.getuid() + 1).name.startswith(expected.name + "-")
    expected.rmdir()
    expected.symlink_to(tmp_path)
    assert default_folder("key", tmp_path, os.getuid()) != expected


def test_many_processes_take_each_blob_once(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from opencensus.ext.azure.common.blobs import BlobStore
        store = BlobStore(Path(sys.argv[1]), server="x", max_bytes=10**8, retention_s=10**6,
                          maintenance_period_s=60, now=time.time, gave_up=print)
        taken = []
        for _ in range(5):
            for blob in store.lease(600):
                taken += blob.items()
                blob.delete()
        print(b" ".join(taken).decode())
        """
    )
    folder = tmp_path / "blobs"
    store = open_store(folder, time.time, server="x", **FOREVER)
    for number in range(200):
        store.put([b'{"n":%d}' % number])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    taken = " ".join(process.communicate(timeout=60)[0] for process in processes).split()

    assert sorted(taken) == sorted(f'{{"n":{number}}}' for number in range(200))
