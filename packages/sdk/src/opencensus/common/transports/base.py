"""What every transport can do."""

from __future__ import annotations

from typing import Any


class Transport:
    """The interface of a transport. A subclass MUST implement `export`."""

    def export(self, datas: Any) -> None:
        """Bring the data to the exporter's `emit`, now or later."""
        raise NotImplementedError

    def flush(self) -> None:
        """Wait until everything handed over has been emitted; nothing to do by default."""
