"""Child processes that end without exit handlers, and what their makers call instead."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = ("multiprocessing", "billiard")
"""Makers of processes that run finalizers of their own; Celery's is billiard."""
LAST = -100
"""Other finalizers may still record something."""

_known: set[str] = set()
"""Whose forks are followed; children inherit that, and need not be told again."""
_finalized_in: dict[str, int] = {}


def call_at_end(end: Callable[[], None]) -> None:
    """Have a function called when this process ends, if it is the child of a pool, and in its children.

    Args:
        end: A function of a module; it may be called more than once.
    """
    for package in PACKAGES:
        util = sys.modules.get(f"{package}.util")
        if util is None or f"{package}.process" not in sys.modules:
            continue
        if package not in _known:
            _known.add(package)
            # A child forgets all finalizers after the fork, then calls these.
            util.register_after_fork(end, lambda end, p=package: _finalize(p, end))
        if _finalized_in.get(package) != os.getpid():
            _finalize(package, end)
    _follow_celery(end)


def _finalize(package: str, end: Callable[[], None]) -> None:
    process = sys.modules[f"{package}.process"]
    if type(process.current_process()).__name__ != "_MainProcess":
        _finalized_in[package] = os.getpid()
        sys.modules[f"{package}.util"].Finalize(None, end, exitpriority=LAST)


def _follow_celery(end: Callable[[], None]) -> None:
    """Hear of the end of Celery's children: they leave before their finalizers."""
    signals = sys.modules.get("celery.signals")
    if signals is None or "celery" in _known:
        return
    _known.add("celery")

    def ends(**_: Any) -> None:
        end()

    signals.worker_process_shutdown.connect(ends, weak=False)
