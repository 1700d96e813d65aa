"""Room for the large texts that queries make.

The engine bounds what it keeps, and not what it works with: 2,048 rows at a time, for each step of
each expression, however long their texts are. So whoever makes a text of more than 64 KiB asks for
room first. It is refused when the process would hold more than it may.
"""

from __future__ import annotations

import threading
import time
from functools import wraps
from typing import TYPE_CHECKING, Final

from openinsights.process_memory import give_back, resident_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.store.api import EngineFunction

LARGE_BYTES: Final = 65_536
"""Smaller texts need not ask."""
NO_ROOM: Final = "no room for the texts of the query"
"""What an error says that comes of it."""
_ROWS_AT_ONCE: Final = 2_048
_FORGOTTEN_S: Final = 1.0
"""What was promised so long ago is made by now, or never."""


class NoRoom(MemoryError):
    """The texts that a query makes do not fit into what the process may hold."""


class Room:
    """How much more may be made."""

    def __init__(
        self,
        limit_bytes: int,
        resident: Callable[[], int] = resident_bytes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make room.

        Args:
            limit_bytes: what the process may hold in memory when texts are made.
            resident: tells what it holds.
            clock: seconds that only grow.
        """
        self._limit_bytes = limit_bytes
        self._resident = resident
        self._clock = clock
        self._promised: dict[int, _Promise] = {}

    def take(self, size: int) -> None:
        """Promise room for a text that is going to be made, or has just been made.

        Raises:
            NoRoom: there is none.
        """
        if size <= LARGE_BYTES:
            return
        now = self._clock()
        # a copy: the engine's threads come and go
        promised = dict(self._promised)
        for thread, promise in promised.items():
            if now - promise.at_s > _FORGOTTEN_S:
                self._promised.pop(thread, None)
        mine = self._promised.setdefault(threading.get_ident(), _Promise(now))
        mine.add(size, now)
        wanted = sum(promise.size for promise in dict(self._promised).values())
        if self._resident() + wanted <= self._limit_bytes:
            return
        give_back()
        if self._resident() + wanted > self._limit_bytes:
            self._promised.pop(threading.get_ident(), None)
            raise NoRoom(NO_ROOM)

    def guarded(self, function: EngineFunction) -> Callable[..., object]:
        """Return what the engine calls for a function: its large texts ask for room."""
        call = function.call

        # the engine asks the wrapped function how many parameters there are
        @wraps(call)
        def announced(size: object) -> object:
            if isinstance(size, int):
                self.take(size)
            return call(size)

        @wraps(call)
        def checked(*arguments: object) -> object:
            result = call(*arguments)
            if isinstance(result, str) and len(result) > LARGE_BYTES:
                self.take(len(result))
            return result

        return announced if function.announces else checked


class _Promise:
    """What one thread was promised for the rows that it works on."""

    def __init__(self, at_s: float) -> None:
        self.at_s, self.size, self._texts = at_s, 0, 0

    def add(self, size: int, at_s: float) -> None:
        if self._texts == _ROWS_AT_ONCE:
            self.size, self._texts = 0, 0
        self.at_s, self.size, self._texts = at_s, self.size + size, self._texts + 1
