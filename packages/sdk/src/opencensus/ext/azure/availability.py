"""Availability that a program measures itself: each run of a check becomes one row of results.

The server shows such checks beside its own availability tests, as CUSTOM ones.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from math import isfinite
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.keeping import Keeping
from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import exporter_tags
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.log_envelopes import utc_text
from opencensus.ext.azure.log_operation import current_operation
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.stamps import format_duration
from openinsights_wire.types.availability import AvailabilityData

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opencensus.ext.azure.common.ledger import Stats

logger = logging.getLogger(__name__)

__all__ = ["AvailabilityExporter", "track_availability"]

_NAME = "Microsoft.ApplicationInsights.Availability"


class AvailabilityExporter(ProcessorMixin, Keeping):
    """Sends runs of checks in the background. Accepts the options of all exporters.

    Raises:
        ValueError: An option is missing or wrong; see ``common.options``.
    """

    def __init__(self, **options: Any) -> None:
        ProcessorMixin.__init__(self)
        self.options = resolve(options, os.environ)
        self._tags = exporter_tags(self.options)
        # Whoever only imports an exporter does without all that sends.
        from opencensus.ext.azure.common.assembly import make_sender

        self._sender = make_sender(
            "AvailabilityExporter Worker", self.options, self.apply_telemetry_processors
        )

    def track_availability(
        self,
        name: str,
        duration: float,
        success: bool,
        *,
        run_location: str = "",
        message: str = "",
        id: str = "",
        properties: Mapping[str, Any] | None = None,
        measurements: Mapping[str, float] | None = None,
        timestamp: float | None = None,
    ) -> None:
        """Queue one run; never blocks and never raises.

        Inside of a span the run belongs to its operation, as everything else does.

        Args:
            name: Of the check: its runs are told from those of others by it.
            duration: Seconds that it took.
            success: Whether it passed.
            run_location: From where it was run, such as an office.
            message: What it found.
            id: Of this run; a new one by default.
            properties: Become customDimensions, as text.
            measurements: Become customMeasurements; what is no finite number is left out.
            timestamp: When it began, in seconds since 1970; ``duration`` ago by default.
        """
        try:
            began = time.time() - duration if timestamp is None else timestamp
            self._sender.put(
                self._envelope(
                    began,
                    AvailabilityData(
                        id=str(id) or uuid.uuid4().hex,
                        name=str(name),
                        duration=format_duration(max(0.0, float(duration)) * 1_000),
                        success=bool(success),
                        runLocation=str(run_location) or None,
                        message=str(message) or None,
                        properties=_texts(properties),
                        measurements=_numbers(measurements),
                    ),
                )
            )
        except Exception:
            # The host's own values; a check must not fail for being told of.
            logger.warning("run of a check cannot be told of check=%.80r", name, exc_info=True)

    @contextlib.contextmanager
    def running(self, name: str, **more: Any) -> Iterator[None]:
        """Time what is done within and track it: it passed unless it raises, which goes on.

        Args:
            name: Of the check.
            **more: As for ``track_availability``, but ``duration``, ``success`` and ``timestamp``.
        """
        began, begun = time.time(), time.perf_counter()
        try:
            yield
        except BaseException as error:
            told = {"message": f"{type(error).__name__}: {error}", **more}
            self.track_availability(
                name, time.perf_counter() - begun, False, timestamp=began, **told
            )
            raise
        self.track_availability(name, time.perf_counter() - begun, True, timestamp=began, **more)

    def flush(self, timeout: float | None = None) -> None:
        """Send what was tracked before; waits for at most ``timeout`` or the grace period."""
        self._sender.flush(timeout)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send what was tracked before within the grace period, keep the rest, end the thread."""
        self._sender.close(timeout)
        self._close_storage()

    def stats(self) -> Stats:
        """Return what became of all runs in this process."""
        return self._sender.stats()

    def _envelope(self, began: float, data: AvailabilityData) -> Envelope:
        tags = dict(self._tags)
        operation = current_operation()
        if operation.trace_id is not None:
            tags[tag_names.OPERATION_ID] = operation.trace_id
            if operation.span_id is not None:
                tags[tag_names.OPERATION_PARENT_ID] = operation.span_id
        return Envelope(
            name=_NAME,
            time=utc_text(began),
            iKey=self.options.instrumentation_key,
            tags=tags,
            data=Data("AvailabilityData", data),
        )


_default: AvailabilityExporter | None = None
_making = threading.Lock()


def track_availability(name: str, duration: float, success: bool, **more: Any) -> None:
    """Queue one run with the exporter of the environment's options, made when it is first needed.

    Args:
        name: Of the check.
        duration: Seconds that it took.
        success: Whether it passed.
        **more: As for :meth:`AvailabilityExporter.track_availability`.

    Raises:
        ValueError: The environment names no connection string, in the first call.
    """
    global _default
    with _making:
        if _default is None:
            _default = AvailabilityExporter()
    _default.track_availability(name, duration, success, **more)


def _texts(properties: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not properties:
        return None
    return {str(name): as_text(value) for name, value in properties.items()}


def _numbers(measurements: Mapping[str, float] | None) -> dict[str, float] | None:
    if not measurements:
        return None
    return {
        str(name): float(value)
        for name, value in measurements.items()
        if isinstance(value, int | float) and isfinite(value)
    }
