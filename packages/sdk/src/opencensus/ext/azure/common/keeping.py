"""The ``storage`` of an exporter, which programs may look at and replace."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opencensus.ext.azure.common.options import Options

logger = logging.getLogger(__name__)


class Keeping:
    """An exporter's ``storage``: what it keeps on disk, or what a program has put in its place."""

    options: Options
    _storage: Any = None

    @property
    def storage(self) -> Any:
        """The folder where telemetry waits for the server; None without local storage."""
        if self._storage is None and self.options.enable_local_storage:
            # Hardly any program asks.
            from opencensus.ext.azure.common.assembly import storage_folder
            from opencensus.ext.azure.common.kept import KeptTelemetry

            self._storage = KeptTelemetry(str(storage_folder(self.options)))
        return self._storage

    @storage.setter
    def storage(self, storage: Any) -> None:
        self._storage = storage

    def _close_storage(self) -> None:
        """Close what is in its place; whatever that raises is reported."""
        try:
            if self._storage is not None:
                self._storage.close()
        except Exception:
            # The program's own object.
            logger.warning("storage cannot be closed", exc_info=True)
