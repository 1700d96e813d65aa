"""Forks and the end of the process: what every sender must hear of.

A sender asks here before it starts a thread, and how long it may still wait while the process is
ending: all senders share one grace period then, however many there are.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from opencensus.common import _forks
from opencensus.ext.azure.common import process_pools, uwsgi_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

FORK_WAIT_S = 2.0
"""How long a fork waits at most for what must not be interrupted by one."""


class Watched(Protocol):
    """Something that lives as long as the process and must end well."""

    closes_at_exit: bool

    def begin_flush(self) -> None:
        """MUST ask that all be sent that was put before, without waiting."""

    def begin_close(self, timeout_s: float | None = None) -> None:
        """MUST ask for the end without waiting."""

    def close(self, timeout_s: float | None = None) -> None:
        """MUST end within its grace period; MAY be called more than once."""

    def after_fork_in_child(self) -> None:
        """MUST make a fresh start; MUST NOT touch what the parent's threads may have locked."""


class _Process:
    """What is known of this process; a child begins with one of its own."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.noticing = threading.RLock()
        self.forks_wait = threading.RLock()
        self.ending_since: float | None = None


_watched: weakref.WeakSet[Watched] = weakref.WeakSet()
_here = _Process(os.getpid())


def watch(one: Watched) -> None:
    """Tell ``one`` about forks and about the end of the process, for as long as it is used."""
    uwsgi_workers.warn_without_threads()
    _watched.add(one)


def notice_fork() -> None:
    """Find out about a fork of which nobody told Python, and make the fresh start."""
    if os.getpid() != _here.pid:
        with _here.noticing:
            if os.getpid() != _here.pid:
                _start_afresh()


def may_start_threads() -> bool:
    """Return whether this process is the one that threads are for; its workers may come later."""
    return not uwsgi_workers.is_before_fork()


def is_heir() -> bool:
    """Return whether this child sends what its parent recorded before it could start threads."""
    return uwsgi_workers.is_first_worker()


def follow_end() -> None:
    """Hear of the end of this process also if it is the child of a process pool."""
    process_pools.call_at_end(_end_without_exit_handlers)


def is_ending() -> bool:
    """Return whether the process has begun to end."""
    return _here.ending_since is not None


def grace_left_s(grace_s: float) -> float:
    """Return what is left of a grace period; it begins when the process begins to end."""
    if _here.ending_since is None:
        return grace_s
    return max(0.0, grace_s - (time.monotonic() - _here.ending_since))


@contextmanager
def forks_wait() -> Iterator[None]:
    """Hold up forks for a moment: what a thread holds at a fork stays locked in the child.

    Imports are such a thing: a module whose import was interrupted can never be imported there.
    """
    with _here.forks_wait:
        yield


def begin_end() -> None:
    """Let the grace period begin: the process is ending."""
    if _here.ending_since is None:
        _here.ending_since = time.monotonic()


def _begin_end(closing: list[Watched]) -> None:
    begin_end()
    for one in closing:
        one.begin_close()


def _end() -> None:
    everyone = list(_watched)
    closing = [one for one in everyone if one.closes_at_exit]
    _begin_end(closing)
    for one in everyone:
        if not one.closes_at_exit:
            one.begin_flush()
    for one in closing:
        one.close()


def _end_without_exit_handlers() -> None:
    """End everything: those who close it at exit are not called in this process."""
    closing = list(_watched)
    _begin_end(closing)
    for one in closing:
        one.close()


def _before_fork() -> None:
    _here.forks_wait.acquire(timeout=FORK_WAIT_S)


def _after_fork_in_parent() -> None:
    try:
        _here.forks_wait.release()
    except RuntimeError:
        return  # the fork did not wait any longer


def _after_fork_in_child() -> None:
    global _here
    # Whatever another thread held in the parent is held here for ever.
    _here = _Process(_here.pid)
    _start_afresh()


def _start_afresh() -> None:
    _forks.begin_again()
    _here.ending_since = None
    for one in list(_watched):
        one.after_fork_in_child()
    _here.pid = os.getpid()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
uwsgi_workers.call_after_fork(notice_fork)
