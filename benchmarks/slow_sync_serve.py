"""The server with a slow disk: each sync of the journal takes some milliseconds longer.

OPENINSIGHTS_SLOW_SYNC_MS=500 python benchmarks/slow_sync_serve.py serve --data DIR
"""

from __future__ import annotations

import os
import time

SLOW_S = float(os.environ.get("OPENINSIGHTS_SLOW_SYNC_MS", "0")) / 1000
_sync = getattr(os, "fdatasync", os.fsync)


def slow_sync(file: int) -> None:
    """Sync a file, and take the disk's time for it."""
    _sync(file)
    time.sleep(SLOW_S)


if __name__ == "__main__":
    os.fdatasync = slow_sync  # before the server is imported, which keeps the function

    from openinsights.cli.main import main

    main()
