"""The system calls threads what the server calls them."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from openinsights.thread_names import show_thread_name, threads_called

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="others do not show names")


def _shown() -> str:
    return Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().strip()


def _shown_in_a_thread(name: str, *, says: bool) -> str:
    found: list[str] = []

    def run() -> None:
        if says:
            show_thread_name()
        found.append(_shown())

    thread = threading.Thread(target=run, name=name)
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_is_called_by_its_name_without_ours() -> None:
    assert _shown_in_a_thread("openinsights-store-writer", says=True) == "store-writer"


def test_a_long_name_is_cut() -> None:
    assert _shown_in_a_thread("openinsights-a-name-that-is-long", says=True) == "a-name-that-is-"


def test_threads_that_others_start_are_called_by_the_name_that_is_set() -> None:
    before = _shown()
    with threads_called("engine"):
        assert _shown_in_a_thread("unsaid", says=False) == "engine"
    assert _shown() == before
    assert _shown_in_a_thread("unsaid", says=False) == before
