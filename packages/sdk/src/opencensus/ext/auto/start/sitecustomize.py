"""Imported by each Python that `openinsights-run` started, before the program; starts tracing."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path


def _run_the_one_behind() -> None:
    """Run the `sitecustomize` that would have been imported without this one."""
    here = Path(__file__).resolve().parent
    others = [path for path in sys.path if Path(path or ".").resolve() != here]
    found = PathFinder.find_spec("sitecustomize", others)
    if found is not None and found.loader is not None:
        found.loader.exec_module(importlib.util.module_from_spec(found))


def _start() -> None:
    try:
        from opencensus.ext.auto.configured import start

        start()
    except Exception as error:
        # A Python of another environment runs without it, and the program does in any case.
        print(f"openinsights-run: this process is not traced: {error}", file=sys.stderr)


_run_the_one_behind()
_start()
