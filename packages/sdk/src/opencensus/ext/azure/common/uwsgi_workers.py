"""What uWSGI has to be asked: it forks in C and tells Python nothing of it.

Without ``lazy-apps`` the application is loaded before the workers fork. A thread that runs then
may hold the interpreter's lock at a fork and hang the worker for good, so none is started before.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_has_warned = False


def is_before_fork() -> bool:
    """Return whether this process has loaded the application and is still to fork its workers."""
    uwsgi = _uwsgi()
    return uwsgi is not None and not (
        uwsgi.worker_id() or uwsgi.mule_id() or uwsgi.i_am_the_spooler()
    )


def is_first_worker() -> bool:
    """Return whether this is the first worker that its master forked, and not one in its place."""
    uwsgi = _uwsgi()
    return uwsgi is not None and uwsgi.worker_id() == 1 and uwsgi.workers()[0]["respawn_count"] == 0


def warn_without_threads() -> None:
    """Warn, once, where threads run only while a request is served: what waits is sent at the end."""
    global _has_warned
    uwsgi = _uwsgi()
    if uwsgi is None or _has_warned or getattr(uwsgi, "has_threads", True):
        return
    _has_warned = True
    logger.warning(
        "telemetry may wait until the worker ends: uWSGI runs threads only with --enable-threads"
    )


def call_after_fork(noticed: Callable[[], None]) -> None:
    """Have a function called in each worker when it begins; does nothing outside of uWSGI."""
    uwsgi = _uwsgi()
    if uwsgi is None:
        return
    if uwsgi.masterpid():
        try:
            # Its import takes the hook for itself, so it must come before ours.
            chain = import_module("uwsgidecorators").postfork_chain
        except ImportError:
            pass
        else:
            chain.append(noticed)
            return
    before = getattr(uwsgi, "post_fork_hook", None)

    def hook() -> None:
        if before is not None:
            before()
        noticed()

    uwsgi.post_fork_hook = hook


def _uwsgi() -> Any:
    """Return the module that only a process of uWSGI has; another one may bear its name."""
    uwsgi = sys.modules.get("uwsgi")
    return uwsgi if hasattr(uwsgi, "worker_id") else None
