"""The debug switch: lines on stderr about what is sent, stored and dropped, and why.

It is read when an exporter is made. Who is given no teller tells nothing and spends nothing on it.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from opencensus.ext.azure.common.options import TEXTS_OF_BOOLEANS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opencensus.ext.azure.common.options import Options

Tell: TypeAlias = "Callable[[str], None]"
"""Writes one line about one event."""

VARIABLE = "OPENINSIGHTS_DEBUG"
SHOWN_OF_KEYS = 8


def teller(name: str, environ: Mapping[str, str]) -> Tell | None:
    """Return what tells of an exporter's events; None where the environment asks for nothing.

    Args:
        name: The exporter's.
        environ: Holds the switch; any text but one that says no turns it on.
    """
    wish = environ.get(VARIABLE, "").strip().lower()
    return partial(_write, name) if TEXTS_OF_BOOLEANS.get(wish, bool(wish)) else None


def address(endpoint: str) -> str:
    """Return where telemetry goes, without what is secret in it."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def items(count: int) -> str:
    """Return a number of items for people."""
    return f"{count} item{'' if count == 1 else 's'}"


def introduction(options: Options, folder: object) -> str:
    """Return what an exporter is about to do.

    Args:
        options: Its options.
        folder: Where its telemetry is kept; None keeps it in memory.
    """
    key = options.instrumentation_key
    shown = f"{key[:SHOWN_OF_KEYS]}..."
    facts = [
        f"to {address(options.endpoint)} key {shown}",
        f"role {options.role_name or 'by the program'}",
        f"up to {options.max_batch_size} items every {options.export_interval:g} s",
        f"kept in {str(folder).replace(key, shown)}" if folder is not None else "kept in memory",
    ]
    facts += ["written when recorded"] if options.durable_queue else []
    facts += ["live metrics"] if options.enable_live_metrics else []
    return f"begins: {', '.join(facts)}"


def _write(name: str, event: str) -> None:
    at = datetime.now().strftime("%H:%M:%S.%f")[:-3]  # noqa: DTZ005 - for the eyes of who is here
    try:
        sys.stderr.write(f"openinsights {at} [{os.getpid()} {name}] {event}\n")
    except Exception:
        # There is no stderr, or it is closed, or it is the host's and fails.
        return
