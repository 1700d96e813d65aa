"""Puts ``traceId``, ``spanId`` and ``traceSampled`` on log records, for formatters and handlers.

Every record of the process gets them: those of the root logger, and of loggers that were made
before the integration. What a record has under these names already is kept.
"""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext.logging.context import current_attributes
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context, integrations

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MODULE_NAME = "logging"


def trace_integration(tracer: Any = None) -> None:
    """Put the ids on all records from now on; doing so twice does it once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    logger.debug("integrated module=%s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    logger_type: Any = logging.Logger
    if not is_patched(logger_type.makeRecord):
        logger_type.makeRecord = wrap_make_record(logger_type.makeRecord)
    integrations.add_integration(integrations._Integrations.LOGGING)


def wrap_make_record(make_record: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that makes records that know the trace and span of the current context."""

    @wraps(make_record)
    def make_traced_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        # Not a record factory: logging refuses ``extra`` names that the factory has set already.
        record: logging.LogRecord = make_record(*args, **kwargs)
        attributes = current_attributes()
        known = record.__dict__
        known.setdefault("traceId", attributes.trace_id)
        known.setdefault("spanId", attributes.span_id)
        known.setdefault("traceSampled", attributes.sampling_decision)
        return record

    return marked(make_traced_record)
