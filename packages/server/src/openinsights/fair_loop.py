"""An event loop that goes on with what is under way, however many connections have something to say.

Left to itself a loop reads from all that is ready before it goes on: with thousands of connections
that send, each of the steps that a query takes waits until all of them were read from. Here few are
read between two steps; those that were left have their turn next, since the system hands out what
is ready in rounds.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any, Final

MOST_AT_ONCE: Final = 32
"""Connections that are read from between two steps of everything else."""


class _FewAtOnce:
    """The system's poll object, which tells of few files at once."""

    def __init__(self, poll: Any) -> None:  # `select.epoll`, which not every system has
        self._poll = poll.poll
        self.register, self.unregister, self.modify = poll.register, poll.unregister, poll.modify
        self.close, self.fileno = poll.close, poll.fileno

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        """Return what is ready, see `select.epoll`."""
        ready: list[tuple[int, int]] = self._poll(timeout, min(most, MOST_AT_ONCE))
        return ready


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop; where the system has no epoll, the usual one."""
    if not hasattr(selectors, "EpollSelector"):
        return asyncio.new_event_loop()
    selector = selectors.EpollSelector()
    vars(selector)["_selector"] = _FewAtOnce(vars(selector)["_selector"])
    return asyncio.SelectorEventLoop(selector)
