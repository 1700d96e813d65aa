"""Takes the trace along into new greenlets, and into the threads of a monkey-patched program.

Without it each greenlet has a context of its own, but an empty one: a greenlet that serves a request
needs no more, one that does a part of another's work does.
"""

from __future__ import annotations

import contextvars
import logging
from typing import Any

import gevent

from opencensus.trace import execution_context
from opencensus.trace._carried import Carried

log = logging.getLogger(__name__)

MODULE_NAME = "gevent"

_integrated = False


def trace_integration(tracer: Any = None) -> None:
    """Take the context along from now on; doing so twice does it once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    global _integrated
    log.debug("integrated module=%s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    if not _integrated:
        gevent.Greenlet.add_spawn_callback(_carry)
        _integrated = True


def _carry(greenlet: Any) -> None:
    """Put what holds in the greenlet that spawns into the one that is spawned."""
    try:
        context = greenlet.gr_context
        if context is None:
            # Not a copy of the whole: what others keep there is not ours to hand on.
            context = greenlet.gr_context = contextvars.Context()
        context.run(Carried().apply)
    except Exception:
        log.debug("a greenlet starts without the context", exc_info=True)
