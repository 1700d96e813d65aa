"""What an exporter keeps on disk, for programs that look at it.

The exporter itself puts, sends and deletes through ``blobs``.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.storage import BLOB, LocalFileBlob, LocalFileStorage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class KeptTelemetry(LocalFileStorage):
    """The folder of an exporter. It is there from when a program first asks for it.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: str) -> None:
        self.path = str(Path(path).absolute())
        with suppress(OSError):
            Path(self.path).mkdir(mode=0o700, parents=True, exist_ok=True)

    def close(self) -> None:
        """Do nothing: the exporter tidies its folder."""

    def gets(self) -> Iterator[LocalFileBlob]:
        """Yield the blobs that nobody is sending, oldest first."""
        with suppress(OSError):
            for found in sorted(Path(self.path).glob(f"*{BLOB}")):
                yield LocalFileBlob(str(found))

    def put(self, data: Iterable[Any], lease_period: float = 0) -> LocalFileBlob | None:
        """Take nothing and return None: what an exporter did not put itself it does not send."""
        return None
