"""The span of one call, on either side, from its begin to its status."""

from __future__ import annotations

import logging
import threading
from typing import Any

import grpc

from opencensus.ext.grpc.carried import caller_of, with_trace
from opencensus.ext.spans import note_error
from opencensus.trace import attributes_helper, execution_context, print_exporter, samplers
from opencensus.trace import span as span_module
from opencensus.trace import status as status_module
from opencensus.trace import tracer as tracer_module
from opencensus.trace._carried import Carried

log = logging.getLogger(__name__)

library: Any = grpc
"""Base classes of no particular type: what they take and return is the application's."""

COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
HOST_PORT = attributes_helper.GRPC_ATTRIBUTES["GRPC_HOST_PORT"]
METHOD = attributes_helper.GRPC_ATTRIBUTES["GRPC_METHOD"]
DATA = attributes_helper.DEPENDENCY_ATTRIBUTES["DATA"]
TARGET = attributes_helper.DEPENDENCY_ATTRIBUTES["TARGET"]
GRPC = "grpc"
SENT_PREFIX = "Sent"
RECV_PREFIX = "Recv"
OK = 0
UNKNOWN = 2


def method_name(method: str | bytes) -> str:
    """Return `package.Service.Method` of the path of a call."""
    text = method.decode(errors="replace") if isinstance(method, bytes) else str(method)
    return text.lstrip("/").replace("/", ".")


def code_number(code: Any) -> int:
    """Return the number of a status, whatever form it has; none is OK."""
    if code is None:
        return OK
    value = getattr(code, "value", code)
    number = value[0] if isinstance(value, tuple) else value
    return number if isinstance(number, int) else UNKNOWN


class SentCall:
    """The span of a call that this process makes; it may end in another thread or task.

    Args:
        tracer: Receives the span.
        method: The path of the call.
        target: The server as the channel names it.
    """

    def __init__(self, tracer: Any, method: str | bytes, target: str | None) -> None:
        self._tracer = tracer
        self._lock = threading.Lock()
        self._ended = False
        before = execution_context.get_opencensus_full_context()
        context = getattr(tracer, "span_context", None)
        span_id = getattr(context, "span_id", None)
        name = method_name(method)
        self.span: Any = tracer.start_span(name=f"{SENT_PREFIX}.{name}")
        self.span.span_kind = span_module.SpanKind.CLIENT
        self.span.add_attribute(COMPONENT, GRPC)
        self.span.add_attribute(HOST_PORT, target)
        self.span.add_attribute(METHOD, str(method))
        self.span.add_attribute(TARGET, target)
        self.span.add_attribute(DATA, name)
        self._inside = Carried()
        self._before = before
        self._span_id = span_id

    def metadata(self, given: Any) -> tuple[Any, ...]:
        """Return metadata with the trace; afterwards the caller's context is back.

        What the caller does meanwhile is beside the call and not in it.
        """
        metadata = with_trace(given, self._tracer, self.span)
        execution_context.set_opencensus_full_context(*self._before)
        context = getattr(self._tracer, "span_context", None)
        if context is not None:
            context.span_id = self._span_id
        return metadata

    def end(self, code: Any, details: object = "") -> None:
        """End the span with the status of the call; once, in any thread."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        here = execution_context.get_opencensus_full_context()
        try:
            self._inside.apply()
            number = code_number(code)
            self.span.set_status(status_module.Status(number, str(details or "") or None))
            self._tracer.end_span()
        except Exception:
            log.warning("the span of a call cannot be ended", exc_info=True)
        finally:
            execution_context.set_opencensus_full_context(*here)


def open_sent(tracer: Any, method: Any, target: str | None) -> SentCall | None:
    """Return the open span of a call; None while telemetry is sent. Never raises."""
    if execution_context.is_exporter():
        return None
    before = execution_context.get_opencensus_full_context()
    try:
        return SentCall(tracer, method, target)
    except Exception:
        # Tracers and callbacks of spans may be the application's own code.
        execution_context.set_opencensus_full_context(*before)
        log.warning("call cannot be traced", exc_info=True)
        return None


class ReceivedCall:
    """The span of a call that this process serves, and the context that was there before it.

    Never raises into the application.

    Args:
        method: The path of the call.
        metadata: What came with it.
        sampler: Decides whether it is recorded; by default it is.
        exporter: Receives the span; by default prints it.
        propagator: Reads the caller's trace; by default the W3C one.
    """

    def __init__(
        self,
        method: str | bytes,
        metadata: Any,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
    ) -> None:
        self._tracer: Any = None
        self.span: Any = None
        self._ended = False
        self._before = execution_context.get_opencensus_full_context()
        try:
            execution_context.set_current_span(None)
            self._tracer = tracer_module.Tracer(
                span_context=caller_of(metadata, propagator),
                sampler=sampler or samplers.AlwaysOnSampler(),
                exporter=exporter or print_exporter.PrintExporter(),
                propagator=propagator,
            )
            self.span = self._tracer.start_span(name=f"{RECV_PREFIX}.{method_name(method)}")
            self.span.span_kind = span_module.SpanKind.SERVER
            self.span.add_attribute(COMPONENT, GRPC)
            self.span.add_attribute(METHOD, str(method))
        except Exception:
            # Samplers and exporters may be the application's own code.
            log.warning("call cannot be traced", exc_info=True)

    def failed(self, error: BaseException, code: Any) -> None:
        """Note what the application raised, unless it is how it ended the call with a status."""
        if self.span is not None and code_number(code) == OK:
            note_error(self.span, error)

    def end(self, code: Any = None, details: object = "") -> None:
        """Export the span with the status of the call and restore the context before it; once."""
        if self._ended:
            return
        self._ended = True
        try:
            if self.span is not None:
                if code_number(code) != OK:
                    text = _text(details)
                    self.span.set_status(status_module.Status(code_number(code), text or None))
                self._tracer.finish()
        except Exception:
            log.warning("the span of a call cannot be exported", exc_info=True)
        finally:
            execution_context.set_opencensus_full_context(*self._before)


def _text(details: object) -> str:
    return details.decode(errors="replace") if isinstance(details, bytes) else str(details or "")


def status_of(context: Any) -> tuple[Any, object]:
    """Return the status that the application set on the context of a call, and its words."""
    try:
        return context.code(), context.details()
    except Exception:
        # Older versions keep it to themselves.
        return None, ""


def replaced(details: Any, metadata: Any) -> Any:
    """Return the details of a call with other metadata."""
    changed = _Details()
    for name in ("method", "timeout", "credentials", "wait_for_ready", "compression"):
        setattr(changed, name, getattr(details, name, None))
    changed.metadata = metadata
    return changed


class _Details(library.ClientCallDetails):  # type: ignore[misc]
    method: Any
    timeout: Any
    metadata: Any
    credentials: Any
    wait_for_ready: Any
    compression: Any
