"""Traces the calls that a server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

from opencensus.ext.grpc.spans import RECV_PREFIX, ReceivedCall, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

library: Any = grpc
"""Base classes of no particular type: what they take and return is the application's."""

__all__ = ["RECV_PREFIX", "OpenCensusServerInterceptor", "wrapped_handler"]


class TracedServer:
    """The settings of an interceptor of a server."""

    def __init__(self, sampler: Any = None, exporter: Any = None, propagator: Any = None) -> None:
        self.sampler = sampler
        self.exporter = exporter
        self.propagator = propagator

    def _beginning(self, method: str | bytes) -> Callable[[Any], ReceivedCall]:
        """Return what opens the span of a call of a method, given its context."""

        def begin(context: Any) -> ReceivedCall:
            metadata = context.invocation_metadata()
            return ReceivedCall(method, metadata, self.sampler, self.exporter, self.propagator)

        return begin


class OpenCensusServerInterceptor(TracedServer, library.ServerInterceptor):  # type: ignore[misc]
    """Traces the calls of a server: ``grpc.server(…, interceptors=(OpenCensusServerInterceptor(),))``.

    Args:
        sampler: Decides which calls are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace; by default the W3C one, and the binary one of gRPC.
    """

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Return the handler of a method, traced."""
        begin = self._beginning(handler_call_details.method)
        return wrapped_handler(continuation(handler_call_details), begin, _unary, _stream)


def wrapped_handler(
    handler: Any,
    begin: Callable[[Any], ReceivedCall],
    unary: Callable[..., Any],
    stream: Callable[..., Any],
) -> Any:
    """Return a handler whose behaviour is traced; None for a method that the server does not have.

    Args:
        handler: gRPC's handler of a method.
        begin: Opens the span of a call.
        unary: Makes a traced behaviour of one that returns one message.
        stream: Makes a traced behaviour of one that returns several.
    """
    if handler is None:
        return None
    kind = (
        f"{'stream' if handler.request_streaming else 'unary'}"
        f"_{'stream' if handler.response_streaming else 'unary'}"
    )
    behaviour = getattr(handler, kind)
    traced = (stream if handler.response_streaming else unary)(behaviour, begin)
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(
        traced,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )


def _unary(behaviour: Any, begin: Callable[[Any], ReceivedCall]) -> Any:
    def traced(request: Any, context: Any) -> Any:
        call = begin(context)
        try:
            return behaviour(request, context)
        except BaseException as error:
            call.failed(error, status_of(context)[0])
            raise
        finally:
            call.end(*status_of(context))

    return traced


def _stream(behaviour: Any, begin: Callable[[Any], ReceivedCall]) -> Any:
    def traced(request: Any, context: Any) -> Iterator[Any]:
        call = begin(context)
        try:
            yield from behaviour(request, context)
        except GeneratorExit:
            # The caller went away.
            call.end(grpc.StatusCode.CANCELLED)
            raise
        except BaseException as error:
            call.failed(error, status_of(context)[0])
            raise
        finally:
            call.end(*status_of(context))

    return traced
