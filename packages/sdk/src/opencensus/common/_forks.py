"""What must begin again in a forked child, wherever the fork was made.

Python tells of its own forks. Of those that a server makes in C, such as uWSGI, somebody has to find
out and call :func:`begin_again`.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_calls: list[Callable[[], object]] = []
_pid = os.getpid()


def call_in_child(begin: Callable[[], object]) -> None:
    """Have a function called in each forked child before it goes on.

    It MUST NOT touch what another thread may have locked in the parent, and MUST NOT call the host.
    """
    _calls.append(begin)


def begin_again() -> None:
    """Make the fresh start of a forked child, unless it was made already."""
    global _pid
    pid = os.getpid()
    if pid == _pid:
        return
    _pid = pid
    for begin in _calls:
        try:
            begin()
        except Exception:
            # One that fails must not keep the others from beginning.
            logger.exception("forked child cannot begin again: BUG")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=begin_again)
