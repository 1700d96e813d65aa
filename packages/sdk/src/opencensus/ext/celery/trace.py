"""Tasks of Celery: sending one is a call, running one is a request of the same trace."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import celery
from celery import signals

from opencensus.ext.patched import is_patched, marked
from opencensus.ext.spans import note_error, trace_headers
from opencensus.trace import (
    attributes_helper,
    exceptions_status,
    execution_context,
    print_exporter,
    samplers,
)
from opencensus.trace import span as span_module
from opencensus.trace import tracer as tracer_module
from opencensus.trace.propagation import trace_context_http_header_format
from opencensus.trace.span_context import SpanContext

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MODULE_NAME = "celery"
COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
TASK_ID = "celery.task_id"
TASK_NAME = "celery.task_name"
QUEUE = "celery.queue"
RETRIES = "celery.retries"
STATE = "celery.state"
TARGET = attributes_helper.DEPENDENCY_ATTRIBUTES["TARGET"]
SEND = "send"

_OPEN = "_opencensus_task"
"""Where the request of a task keeps what was begun for it."""


_chosen: dict[str, Any] = {"tracer": None}
"""The tracer whose sampler, exporter and propagator tasks use."""


def trace_integration(tracer: Any = None) -> None:
    """Trace what is sent and what runs from now on; doing so twice traces it once.

    Args:
        tracer: Becomes the tracer of the current context; tasks are sampled, sent and continue
            traces as it does. Without one, as the tracer of the context does in which they run:
            where there is none, nothing is recorded.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
        _chosen["tracer"] = tracer
    if not is_patched(celery.Celery.send_task):
        celery.Celery.send_task = _traced(celery.Celery.send_task)
    signals.task_prerun.connect(_begin, weak=False, dispatch_uid=f"{__name__}.begin")
    signals.task_retry.connect(_retried, weak=False, dispatch_uid=f"{__name__}.retried")
    signals.task_failure.connect(_failed, weak=False, dispatch_uid=f"{__name__}.failed")
    signals.task_postrun.connect(_end, weak=False, dispatch_uid=f"{__name__}.end")


def _of_tracer(name: str) -> Any:
    # Where none was given, the application may make its tracer after switching this on.
    tracer = _chosen["tracer"] or execution_context.get_opencensus_tracer()
    return getattr(tracer, name, None)


def _traced(send_task: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send_task)
    def traced_send_task(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        if execution_context.is_exporter():
            return send_task(self, name, *args, **kwargs)
        tracer: Any = execution_context.get_opencensus_tracer()
        try:
            span = tracer.start_span()
        except Exception:
            # Tracers and callbacks of spans may be the application's own code.
            log.warning("task cannot be traced", exc_info=True)
            return send_task(self, name, *args, **kwargs)
        try:
            kwargs["headers"] = {**(kwargs.get("headers") or {}), **trace_headers(tracer, span)}
            _describe(span, self, name, kwargs)
        except Exception:
            # Settings of the application are read, and headers may be of any kind: it is sent as it is.
            log.warning("task cannot be described", exc_info=True)
        try:
            result = send_task(self, name, *args, **kwargs)
            span.add_attribute(TASK_ID, getattr(result, "id", None))
        except BaseException as error:
            span.set_status(exceptions_status.unknown(error))
            raise
        finally:
            tracer.end_span()
        return result

    return marked(traced_send_task)


def _describe(span: Any, app: Any, name: str, options: dict[str, Any]) -> None:
    span.name = f"{SEND} {name}"
    span.span_kind = span_module.SpanKind.CLIENT
    span.add_attribute(COMPONENT, MODULE_NAME)
    span.add_attribute(TASK_NAME, name)
    queue = options.get("queue") or options.get("routing_key")
    queue = queue or getattr(app.conf, "task_default_queue", None)
    queue_name = str(getattr(queue, "name", queue))
    span.add_attribute(QUEUE, queue_name)
    address = urlsplit(str(app.conf.broker_url or ""))
    if address.hostname:
        port = f":{address.port}" if address.port else ""
        span.add_attribute(TARGET, f"{address.hostname}{port} | {queue_name}")
    else:
        span.add_attribute(TARGET, queue_name)


def _w3c() -> Any:
    return trace_context_http_header_format.TraceContextPropagator()


@dataclass
class _Running:
    """A task while it runs, and the context that was there before it."""

    tracer: Any
    span: Any
    before: Any


def _begin(task_id: str = "", task: Any = None, **_: Any) -> None:
    request = task.request
    before = execution_context.get_opencensus_full_context()
    try:
        context = _caller(request)
        execution_context.set_current_span(None)
        tracer: Any = tracer_module.Tracer(
            span_context=context,
            sampler=_of_tracer("sampler") or samplers.AlwaysOnSampler(),
            exporter=_of_tracer("exporter") or print_exporter.PrintExporter(),
            propagator=_of_tracer("propagator"),
        )
        span = tracer.start_span(name=task.name)
        span.span_kind = span_module.SpanKind.SERVER
        span.add_attribute(COMPONENT, MODULE_NAME)
        span.add_attribute(TASK_ID, task_id)
        delivery = request.delivery_info or {}
        span.add_attribute(QUEUE, str(delivery.get("routing_key") or ""))
        if request.retries:
            span.add_attribute(RETRIES, request.retries)
    except Exception:
        execution_context.set_opencensus_full_context(*before)
        log.warning("task cannot be traced", exc_info=True)
        return
    setattr(request, _OPEN, _Running(tracer, span, before))


def _caller(request: Any) -> Any:
    """Return the context that the task was sent in; of one that runs in place, the current one."""
    propagator = _of_tracer("propagator") or _w3c()
    headers = {**(getattr(request, "headers", None) or {})}
    # A worker makes attributes of what came as headers of a message.
    for name, value in vars(request).items():
        if isinstance(value, str):
            headers.setdefault(name, value)
    current = execution_context.get_current_span()
    if request.is_eager and current is not None:
        sent = current.context_tracer.span_context
        return SpanContext(
            trace_id=sent.trace_id,
            span_id=current.span_id,
            trace_options=sent.trace_options,
            tracestate=sent.tracestate,
        )
    return propagator.from_headers(headers)


def _running(task: Any) -> _Running | None:
    return getattr(task.request, _OPEN, None)


def _retried(sender: Any = None, request: Any = None, **_: Any) -> None:
    running = getattr(request, _OPEN, None)
    if running is not None:
        running.span.add_attribute(STATE, "RETRY")


def _failed(sender: Any = None, exception: Any = None, **_: Any) -> None:
    running = _running(sender)
    if running is not None and exception is not None:
        note_error(running.span, exception)


def _end(task: Any = None, state: str | None = None, **_: Any) -> None:
    running = _running(task)
    if running is None:
        return
    setattr(task.request, _OPEN, None)
    try:
        if state:
            running.span.add_attribute(STATE, state)
        running.tracer.finish()
    except Exception:
        log.warning("task's span cannot be exported", exc_info=True)
    finally:
        execution_context.set_opencensus_full_context(*running.before)
