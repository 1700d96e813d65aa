"""What the shop's processes have in common as programs: where they listen, and how they end."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

HOST = "127.0.0.1"


def port() -> int:
    """Return the port that the environment gives this service."""
    return int(os.environ["SHOP_PORT"])


def folder() -> Path:
    """Return the folder that all services keep their files in."""
    return Path(os.environ["SHOP_FOLDER"])


def prepare() -> None:
    """Do what each of the shop's programs does first: end when asked to, and print nothing.

    What the frameworks would print, telemetry tells.
    """
    logging.getLogger().addHandler(logging.NullHandler())
    # without a handler SIGTERM would end the process before its exporters could send what they hold
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
