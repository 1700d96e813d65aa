"""Traces every channel and every server that is made from now on."""

from __future__ import annotations

import inspect
import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

import grpc
from grpc import aio

from opencensus.ext.grpc.aio import OpenCensusAioServerInterceptor, client_interceptors
from opencensus.ext.grpc.client_interceptor import OpenCensusClientInterceptor
from opencensus.ext.grpc.server_interceptor import OpenCensusServerInterceptor
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MODULE_NAME = "grpc"
CHANNELS = ("insecure_channel", "secure_channel")


def trace_integration(tracer: Any = None) -> None:
    """Trace channels and servers that are made from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context; served calls are sampled and sent as it
            does it. Without one, as the tracer of the context does in which a server is made: where
            there is none, nothing is recorded.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    for name in CHANNELS:
        _replace(grpc, name, _channel)
        _replace(aio, name, _aio_channel)
    _replace(grpc, "server", lambda make: _server(make, OpenCensusServerInterceptor, tracer))
    _replace(aio, "server", lambda make: _server(make, OpenCensusAioServerInterceptor, tracer))


def _replace(module: Any, name: str, replacement: Callable[[Any], Any]) -> None:
    original = getattr(module, name)
    if not is_patched(original):
        setattr(module, name, marked(replacement(original)))


def _channel(make: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(make)
    def traced(target: Any, *args: Any, **kwargs: Any) -> Any:
        channel = make(target, *args, **kwargs)
        return grpc.intercept_channel(channel, OpenCensusClientInterceptor(host_port=str(target)))

    return traced


def _aio_channel(make: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(make)
    def traced(target: Any, *args: Any, **kwargs: Any) -> Any:
        ours = client_interceptors(host_port=str(target))
        return _with_interceptors(make, ours, (target, *args), kwargs)

    return traced


def _server(make: Callable[..., Any], interceptor: Any, tracer: Any) -> Callable[..., Any]:
    @wraps(make)
    def traced(*args: Any, **kwargs: Any) -> Any:
        # Where none was given, the application may make its tracer after switching this on.
        known: Any = tracer or execution_context.get_opencensus_tracer()
        names = ("sampler", "exporter", "propagator")
        ours = interceptor(**{name: getattr(known, name, None) for name in names})
        return _with_interceptors(make, [ours], args, kwargs)

    return traced


def _with_interceptors(
    make: Callable[..., Any], ours: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    try:
        bound = inspect.signature(make).bind(*args, **kwargs)
    except TypeError:
        # The library says itself what is wrong with the arguments.
        return make(*args, **kwargs)
    bound.arguments["interceptors"] = [*ours, *(bound.arguments.get("interceptors") or ())]
    return make(*bound.args, **bound.kwargs)
