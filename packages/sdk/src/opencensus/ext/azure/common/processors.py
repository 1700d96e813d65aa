"""Telemetry processors: functions of the host that see every envelope before it is encoded."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights_wire.envelope import Envelope

    Processor: TypeAlias = Callable[[Envelope], Any]

logger = logging.getLogger(__name__)


class ProcessorMixin:
    """Keeps the processors of one exporter, in the order in which they were added.

    A processor may change the envelope. When it returns exactly False, the envelope is not sent.
    When it raises, the envelope is sent as the processor left it.
    """

    def __init__(self) -> None:
        self._telemetry_processors: list[Processor] = []
        self._processor_failures: set[str] = set()

    def add_telemetry_processor(self, processor: Processor) -> None:
        """Run a processor on every envelope from now on, after those that are there already."""
        # A class of the host's own may have done without the constructor.
        self.__dict__.setdefault("_telemetry_processors", []).append(processor)

    def clear_telemetry_processors(self) -> None:
        """Remove all processors."""
        self._telemetry_processors = []

    def apply_telemetry_processors(self, envelopes: Iterable[Envelope]) -> list[Envelope]:
        """Run all processors and return the envelopes to send."""
        processors = getattr(self, "_telemetry_processors", None)
        if not processors:
            return list(envelopes)
        return [envelope for envelope in envelopes if self._passes(envelope, processors)]

    def _passes(self, envelope: Envelope, processors: Iterable[Processor]) -> bool:
        for processor in processors:
            try:
                if processor(envelope) is False:
                    return False
            except Exception as error:
                # The host's code: whatever it raises must not cost the envelope.
                self._note_failure(processor, error)
        return True

    def _note_failure(self, processor: Processor, error: Exception) -> None:
        name = getattr(processor, "__qualname__", repr(processor))
        failures: set[str] = self.__dict__.setdefault("_processor_failures", set())
        first = name not in failures
        failures.add(name)
        logger.log(
            logging.WARNING if first else logging.DEBUG,
            "telemetry processor failed: the envelope is sent as it was left processor=%s",
            name,
            exc_info=error,
        )
