"""What exporters for OpenTelemetry's SDK share: they hand over, and wait until it was sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

# Imported before a program makes a provider: of exit handlers the last comes first, so that providers
# export a last time while senders are still there.
from opencensus.ext.azure.common import lifetime  # noqa: F401
from opencensus.ext.azure.trace_exporter import AzureExporter

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)


class Sending:
    """Sends items of OpenTelemetry's SDK.

    Args:
        options: Those of all exporters, see `common.options`.

    Raises:
        ValueError: An option is missing or wrong.
    """

    _item: ClassVar[str]
    """What one item is called in a warning."""

    def __init__(self, **options: Any) -> None:
        self.exporter = AzureExporter(**options)
        """What sends."""

    def _take(self, item: Any) -> None:
        """Hand an item to the sender."""
        raise NotImplementedError

    def _send(self, items: Iterable[Any]) -> bool:
        """Send items; return whether all could be converted. Never raises.

        OpenTelemetry's processors flush by exporting alone, so it waits until they were sent or
        kept, for the grace period at most.
        """
        are_whole = True
        for item in items:
            try:
                self._take(item)
            except Exception:
                # Items may hold objects of the host.
                log.warning("%s of OpenTelemetry cannot be exported", self._item, exc_info=True)
                are_whole = False
        self.exporter.flush()
        return are_whole

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what was exported before; return whether that was done within the time."""
        return self.exporter.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Send what waits within the grace period, and end the thread."""
        self.exporter.shutdown()
