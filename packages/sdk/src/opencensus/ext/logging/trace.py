"""Puts ``traceId``, ``spanId`` and ``traceSampled`` on log records, for formatters and handlers.

Every record of the process gets them, through the record factory of Python's logging: those of the
root logger, of loggers that were made before the integration, and those that ``makeLogRecord``
makes. What a record is given under these names is kept.
"""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext.logging.context import current_attributes
from opencensus.ext.patched import is_patched, marked
from opencensus.log import SAMPLING_DECISION_KEY, SPAN_ID_KEY, TRACE_ID_KEY, TraceLogger
from opencensus.trace import execution_context, integrations

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MODULE_NAME = "logging"

_KEYS = frozenset((TRACE_ID_KEY, SPAN_ID_KEY, SAMPLING_DECISION_KEY))

_EXTRA_POSITION = 9
"""Where `logging.Logger.makeRecord` takes the extra attributes, itself being called on a logger."""


def trace_integration(tracer: Any = None) -> None:
    """Put the ids on all records from now on; doing so twice does it once.

    Loggers made from now on are of the class :class:`opencensus.log.TraceLogger`, or of a class of
    that name which is also of the class that the program has set.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    logger.debug("integrated module=%s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    logging.setLoggerClass(_traced(logging.getLoggerClass()))
    logger_type: Any = logging.Logger
    # A factory that was set later calls this one, or not: asking twice would put two on top.
    if not is_patched(logger_type.makeRecord) or logging.getLogRecordFactory() is logging.LogRecord:
        logging.setLogRecordFactory(wrap_record_factory(logging.getLogRecordFactory()))
    if not is_patched(logger_type.makeRecord):
        logger_type.makeRecord = wrap_make_record(logger_type.makeRecord)
    integrations.add_integration(integrations._Integrations.LOGGING)


def wrap_record_factory(factory: Callable[..., logging.LogRecord]) -> Callable[..., Any]:
    """Return a record factory whose records know the trace and span of the current context."""

    def make_traced_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        # Hot path, once per record.
        record = factory(*args, **kwargs)
        fields = record.__dict__
        fields["traceId"], fields["spanId"], fields["traceSampled"] = current_attributes()
        return record

    return marked(make_traced_record)


def wrap_make_record(make_record: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that lets ``extra`` say other ids than the record factory.

    Python's logging refuses names in ``extra`` that the factory has set. And where another factory
    was set later that does not call ours, its records get their ids here.
    """

    @wraps(make_record)
    def make_with_given_ids(*args: Any, **kwargs: Any) -> logging.LogRecord:
        # Hot path, once per record.
        extra = args[_EXTRA_POSITION] if len(args) > _EXTRA_POSITION else kwargs.get("extra")
        given = None
        if extra and not _KEYS.isdisjoint(extra):
            given = {key: extra[key] for key in _KEYS if key in extra}
            others = {key: extra[key] for key in extra if key not in _KEYS}
            if len(args) > _EXTRA_POSITION:
                args = (*args[:_EXTRA_POSITION], others, *args[_EXTRA_POSITION + 1 :])
            else:
                kwargs["extra"] = others
        record: logging.LogRecord = make_record(*args, **kwargs)
        fields = record.__dict__
        if "traceId" not in fields:
            fields["traceId"], fields["spanId"], fields["traceSampled"] = current_attributes()
        if given is not None:
            fields.update(given)
        return record

    return marked(make_with_given_ids)


def _traced(present: type[logging.Logger]) -> type[logging.Logger]:
    if issubclass(present, TraceLogger):
        return present
    if issubclass(TraceLogger, present):
        return TraceLogger
    return type("TraceLogger", (TraceLogger, present), {})
