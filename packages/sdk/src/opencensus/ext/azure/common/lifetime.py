"""Forks and the end of the process: what every sender must hear of."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from typing import Protocol

PROCESS_POOLS = ("multiprocessing", "billiard")
"""Packages whose child processes end without exit handlers, but run finalizers of their own."""


class Watched(Protocol):
    """Something that lives as long as the process and must end well."""

    closes_at_exit: bool

    def begin_close(self, timeout_s: float | None = None) -> None:
        """MUST ask for the end without waiting."""

    def close(self, timeout_s: float | None = None) -> None:
        """MUST end within its grace period; MAY be called more than once."""

    def after_fork_in_child(self) -> None:
        """MUST make a fresh start; MUST NOT touch what the parent's threads may have locked."""


_watched: weakref.WeakSet[Watched] = weakref.WeakSet()


def watch(one: Watched) -> None:
    """Tell ``one`` about forks and about the end of the process, for as long as it is used."""
    _watched.add(one)


def close_with_process_pool(one: Watched) -> None:
    """Close ``one`` when a child of multiprocessing or of Celery's billiard ends."""
    for package in PROCESS_POOLS:
        process = sys.modules.get(f"{package}.process")
        util = sys.modules.get(f"{package}.util")
        if process is None or util is None:
            continue
        if type(process.current_process()).__name__ != "_MainProcess":
            util.Finalize(one, _close, args=(weakref.ref(one),), exitpriority=0)


def _close(reference: weakref.ref[Watched]) -> None:
    one = reference()
    if one is not None:
        one.close()


def _close_all() -> None:
    ending = [one for one in list(_watched) if one.closes_at_exit]
    for one in ending:
        one.begin_close()
    for one in ending:
        one.close()


def _after_fork_in_child() -> None:
    for one in list(_watched):
        one.after_fork_in_child()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
