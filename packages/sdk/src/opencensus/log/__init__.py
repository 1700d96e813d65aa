"""Logs that know their trace: adds the ids of the current trace and span to log records."""

from __future__ import annotations

import logging
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from opencensus.trace import _opentelemetry, execution_context
from opencensus.trace.tracers import noop_tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

TRACE_ID_KEY = "traceId"
SPAN_ID_KEY = "spanId"
SAMPLING_DECISION_KEY = "traceSampled"

LogAttrs = namedtuple("LogAttrs", ["trace_id", "span_id", "sampling_decision"])
"""The ids of a trace and of a span, and whether the trace is sampled."""

ATTR_DEFAULTS = LogAttrs("0" * 32, "0" * 16, False)
"""Stand for what is not known."""

_meta_logger = logging.getLogger(__name__)


def get_log_attrs() -> LogAttrs:
    """Return the ids of the current trace and span; defaults stand for what is not known.

    A span of OpenTelemetry that is open inside ours is the current one.
    It never raises: a tracer that does is reported. The tracer that stands in where none was made
    has a trace id too, but one that no span shares: it is not known either.
    """
    found = _opentelemetry.outside()
    if found is not None:
        return LogAttrs(*found[:3])
    try:
        tracer = execution_context.get_opencensus_tracer()
        if isinstance(tracer, noop_tracer.NoopTracer):
            return ATTR_DEFAULTS
        span_context = tracer.span_context
    except Exception:
        _meta_logger.error("Failed to get opencensus tracer")
        return ATTR_DEFAULTS
    return _attributes(span_context, _meta_logger.error)


def _attributes(span_context: Any, report: Callable[[str, str], Any]) -> LogAttrs:
    if span_context is None:
        return ATTR_DEFAULTS
    values = []
    for (read, what), default in zip(_PARTS, ATTR_DEFAULTS, strict=True):
        try:
            value = read(span_context)
        except Exception:
            report("Failed to get opencensus %s", what)
            value = None
        values.append(default if value is None else value)
    return LogAttrs(*values)


def _trace_id(span_context: Any) -> Any:
    return span_context.trace_id


def _span_id(span_context: Any) -> Any:
    return span_context.span_id


def _sampled(span_context: Any) -> Any:
    trace_options = span_context.trace_options
    return None if trace_options is None else trace_options.get_enabled()


_PARTS: tuple[tuple[Callable[[Any], Any], str], ...] = (
    (_trace_id, "trace ID"),
    (_span_id, "span ID"),
    (_sampled, "sampling decision"),
)


def _set_extra_attrs(extra: MutableMapping[str, Any]) -> None:
    """Add the ids to the extra attributes of a record; those that are set already stay."""
    trace_id, span_id, sampling_decision = get_log_attrs()
    extra.setdefault(TRACE_ID_KEY, trace_id)
    extra.setdefault(SPAN_ID_KEY, span_id)
    extra.setdefault(SAMPLING_DECISION_KEY, sampling_decision)


class TraceLoggingAdapter(logging.LoggerAdapter):  # type: ignore[type-arg]
    """Adds the ids to what is logged through it.

    Args:
        logger: Where it logs.
        extra: Attributes that every record gets; those given with a call win over these.
        options: What else adapters of Python's logging take, such as `merge_extra` from 3.13 on.
    """

    def __init__(
        self, logger: logging.Logger, extra: Mapping[str, object] | None = None, **options: Any
    ) -> None:
        super().__init__(logger, extra, **options)

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Return the message and the arguments of the call, with the ids added."""
        extra = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        _set_extra_attrs(extra)
        return msg, {**kwargs, "extra": extra}


# The base is whatever class loggers have by then, so that switching to this one takes nothing away.
class TraceLogger(logging.getLoggerClass()):  # type: ignore[misc]
    """A logger whose records have the ids; see `logging.setLoggerClass`."""

    def makeRecord(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Return a record with the ids."""
        record: logging.LogRecord = super().makeRecord(*args, **kwargs)
        fields = record.__dict__
        # With the logging integration, all records have the ids of this very context already.
        if (
            SAMPLING_DECISION_KEY in fields
            and SPAN_ID_KEY in fields
            and TRACE_ID_KEY in fields
            and execution_context is _context_of_this_process
        ):
            return record
        extra = args[_EXTRA_POSITION] if len(args) > _EXTRA_POSITION else kwargs.get("extra")
        for key, value in zip(_KEYS, get_log_attrs(), strict=True):
            if not extra or key not in extra:
                fields[key] = value
        return record


_KEYS = (TRACE_ID_KEY, SPAN_ID_KEY, SAMPLING_DECISION_KEY)

_EXTRA_POSITION = 8
"""Where `logging.Logger.makeRecord` takes the extra attributes."""

_context_of_this_process = execution_context
"""Other than the name above, this one is not replaced by those who replace the context."""
