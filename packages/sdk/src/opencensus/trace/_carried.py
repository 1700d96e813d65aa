"""The context that work takes along into a thread, a greenlet or a pool."""

from __future__ import annotations

from typing import Any

from opencensus.common.runtime_context import RuntimeContext
from opencensus.trace import _opentelemetry


class Carried:
    """What holds at the moment: the values of all slots, and OpenTelemetry's context beside them."""

    __slots__ = ("_opentelemetry", "_slots")

    def __init__(self) -> None:
        self._slots = RuntimeContext.snapshot()
        self._opentelemetry: Any = _opentelemetry.context_here()

    def apply(self) -> None:
        """Make it hold here."""
        RuntimeContext.apply(self._slots)
        _opentelemetry.go_on_in(self._opentelemetry)
