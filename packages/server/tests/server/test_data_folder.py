from __future__ import annotations

import os
import subprocess
import sys

import pytest

from openinsights.data_folder import (
    DataFolder,
    DataFolderError,
    DataFolderLocked,
    holder_of,
    refuse_without_telemetry,
)

HOLD = """
import pathlib, sys
from openinsights.data_folder import DataFolder
folder = DataFolder(pathlib.Path(sys.argv[1]))
folder.announce("http://127.0.0.1:5380/")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_process(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_process_learns_who_holds_the_folder(tmp_path, other_process):
    with pytest.raises(DataFolderLocked, match=f"process {other_process.pid} holds it") as caught:
        DataFolder(tmp_path)
    assert caught.value.holder.url == "http://127.0.0.1:5380/"
    assert "--url http://127.0.0.1:5380/" in caught.value.message


def test_holder_that_has_not_said_who_it_is_is_another_process(tmp_path, other_process):
    (tmp_path / "lock").write_text("")
    with pytest.raises(DataFolderLocked, match="another process holds it; stop that process"):
        DataFolder(tmp_path)


def test_killed_holder_leaves_the_folder_free(tmp_path, other_process):
    other_process.kill()
    other_process.wait()
    with DataFolder(tmp_path):
        assert holder_of(tmp_path).pid == os.getpid()
    assert holder_of(tmp_path) is None


def test_folder_is_private_and_made_where_missing(tmp_path):
    with DataFolder(tmp_path / "a" / "b") as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700
        folder.release()


def test_place_that_cannot_be_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataFolderError, match="cannot use data folder"):
        DataFolder(tmp_path / "file")


@pytest.mark.parametrize(
    "names", [[], ["lock"], ["settings.toml"], ["catalog.sqlite", "x"], ["telemetry", "lost+found"]]
)
def test_folder_of_a_server_may_be_read(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("")
    refuse_without_telemetry(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
