"""Logs that know their trace: adds the ids of the current trace and span to log records."""

from __future__ import annotations

import logging
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from opencensus.trace import execution_context

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

    It never raises: a tracer that does is reported.
    """
    try:
        span_context = execution_context.get_opencensus_tracer().span_context
    except Exception:
        _meta_logger.error("Failed to get opencensus tracer")
        return ATTR_DEFAULTS
    if span_context is None:
        return ATTR_DEFAULTS
    return LogAttrs(
        _known(span_context, _trace_id, "trace ID", ATTR_DEFAULTS.trace_id),
        _known(span_context, _span_id, "span ID", ATTR_DEFAULTS.span_id),
        _known(span_context, _sampled, "sampling decision", ATTR_DEFAULTS.sampling_decision),
    )


def _known(span_context: Any, read: Callable[[Any], Any], what: str, default: Any) -> Any:
    try:
        value = read(span_context)
    except Exception:
        _meta_logger.error("Failed to get opencensus %s", what)
        return default
    return default if value is None else value


def _trace_id(span_context: Any) -> Any:
    return span_context.trace_id


def _span_id(span_context: Any) -> Any:
    return span_context.span_id


def _sampled(span_context: Any) -> Any:
    trace_options = span_context.trace_options
    return None if trace_options is None else trace_options.get_enabled()


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
    """

    def __init__(self, logger: logging.Logger, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(logger, extra)

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Return the message and the arguments of the call, with the ids added."""
        extra = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        _set_extra_attrs(extra)
        kwargs["extra"] = extra
        return msg, kwargs


class TraceLogger(logging.Logger):
    """A logger whose records have the ids; see `logging.setLoggerClass`."""

    def makeRecord(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Return a record with the ids."""
        if len(args) > _EXTRA_POSITION:
            extra = dict(args[_EXTRA_POSITION] or {})
            _set_extra_attrs(extra)
            args = (*args[:_EXTRA_POSITION], extra, *args[_EXTRA_POSITION + 1 :])
        else:
            extra = dict(kwargs.get("extra") or {})
            _set_extra_attrs(extra)
            kwargs["extra"] = extra
        return super().makeRecord(*args, **kwargs)


_EXTRA_POSITION = 8
"""Where `logging.Logger.makeRecord` takes the extra attributes."""
