"""Who may change a day file: the writer whenever it wants to, and in between whoever tidies it.

The engine lets two transactions change one file, and then refuses one of them. Telemetry must not be
what is refused, nor wait: work that tidies is interrupted, undone, and done another time.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_INTERRUPT_EVERY_S = 0.01


class DayBusy(Exception):
    """The writer wants the day."""


class DayTurns:
    """Parts the writer's thread from the one that tidies."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._written: int | None = None
        self._tidied: int | None = None
        self._checkpointed: int | None = None
        self._wanted = False
        self._interrupt: Callable[[], None] | None = None

    @contextmanager
    def writing(self, day: int) -> Iterator[None]:
        """Have a day for the writer; who tidies it is interrupted."""
        with self._changed:
            while self._tidied == day:
                # again and again: the engine forgets an interrupt that comes between statements
                self._stop()
                self._changed.wait(_INTERRUPT_EVERY_S)
            self._written = day
        try:
            yield
        finally:
            with self._changed:
                self._written = None

    @contextmanager
    def tidying(self, day: int, interrupt: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """Have a day that nobody writes just now.

        Args:
            day: which.
            interrupt: stops the statement that runs.

        Yields:
            What to call between statements: it raises DayBusy when the day is wanted.

        Raises:
            DayBusy: at once, when it is written or its log is emptied.
        """
        with self._changed:
            if day in (self._written, self._checkpointed):
                raise DayBusy
            self._tidied, self._interrupt, self._wanted = day, interrupt, False
        try:
            yield self._yield_to_writer
        finally:
            with self._changed:
                self._tidied = None
                self._changed.notify_all()

    def begin_checkpoint(self, day: int) -> None:
        """Keep who tidies from a day that the writer has, until its log is empty."""
        with self._changed:
            self._checkpointed = day

    def end_checkpoint(self) -> None:
        """Let it be tidied again."""
        with self._changed:
            self._checkpointed = None

    def interrupt(self) -> None:
        """Stop who tidies, whatever day."""
        with self._changed:
            if self._tidied is not None:
                self._stop()

    def is_tidied(self, day: int) -> bool:
        """Return whether somebody tidies the day just now."""
        return self._tidied == day

    def _stop(self) -> None:
        self._wanted = True
        if self._interrupt is not None:
            self._interrupt()

    def _yield_to_writer(self) -> None:
        if self._wanted:
            raise DayBusy
