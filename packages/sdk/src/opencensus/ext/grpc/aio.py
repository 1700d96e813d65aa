"""Traces the calls of channels and servers that are awaited (`grpc.aio`)."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import grpc
from grpc import aio

from opencensus.ext.grpc.server_interceptor import TracedServer, wrapped_handler
from opencensus.ext.grpc.spans import ReceivedCall, SentCall, open_sent, status_of
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

library: Any = aio
"""Base classes of no particular type: what they take and return is the application's."""

_watching: set[Any] = set()
"""Tasks that wait for the status of a stream; the loop itself holds them weakly."""


class _Sends:
    def __init__(self, tracer: Any = None, host_port: str | None = None) -> None:
        self._tracer = tracer
        self.host_port = host_port

    def _opened(self, details: Any) -> SentCall | None:
        tracer = self._tracer or execution_context.get_opencensus_tracer()
        return open_sent(tracer, details.method, self.host_port)

    async def _one_answer(self, continuation: Any, details: Any, request: Any) -> Any:
        call = self._opened(details)
        if call is None:
            return await continuation(details, request)
        response = await self._continued(call, continuation, details, request)
        # Interceptors run in a task of their own: whoever made the call does not wait here.
        await _ended(call, response)
        return response

    async def _streamed(self, continuation: Any, details: Any, request: Any) -> Any:
        call = self._opened(details)
        if call is None:
            return await continuation(details, request)
        response = await self._continued(call, continuation, details, request)
        watching = asyncio.ensure_future(_ended(call, response))
        _watching.add(watching)
        watching.add_done_callback(_watching.discard)
        return response

    async def _continued(
        self, call: SentCall, continuation: Any, details: Any, request: Any
    ) -> Any:
        metadata = library.Metadata(*call.metadata(details.metadata))
        changed = library.ClientCallDetails(
            details.method,
            details.timeout,
            metadata,
            details.credentials,
            details.wait_for_ready,
        )
        try:
            return await continuation(changed, request)
        except BaseException as error:
            call.end(grpc.StatusCode.UNKNOWN, error)
            raise


async def _ended(call: SentCall, response: Any) -> None:
    try:
        code, details = await response.code(), await response.details()
    except asyncio.CancelledError:
        call.end(grpc.StatusCode.CANCELLED)
        raise
    call.end(code, details)


class UnaryUnaryInterceptor(_Sends, library.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Traces calls with one message each way."""

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        """Make a call."""
        return await self._one_answer(continuation, client_call_details, request)


class UnaryStreamInterceptor(_Sends, library.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Traces calls that receive a stream."""

    async def intercept_unary_stream(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        """Make a call."""
        return await self._streamed(continuation, client_call_details, request)


class StreamUnaryInterceptor(_Sends, library.StreamUnaryClientInterceptor):  # type: ignore[misc]
    """Traces calls that send a stream."""

    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Make a call."""
        return await self._streamed(continuation, client_call_details, request_iterator)


class StreamStreamInterceptor(_Sends, library.StreamStreamClientInterceptor):  # type: ignore[misc]
    """Traces calls with a stream each way."""

    async def intercept_stream_stream(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Make a call."""
        return await self._streamed(continuation, client_call_details, request_iterator)


def client_interceptors(tracer: Any = None, host_port: str | None = None) -> list[Any]:
    """Return what `grpc.aio.insecure_channel(…, interceptors=…)` takes, for all kinds of calls.

    Args:
        tracer: Receives the spans; by default each goes to the tracer of its context.
        host_port: The server, for the spans.
    """
    kinds = (
        UnaryUnaryInterceptor,
        UnaryStreamInterceptor,
        StreamUnaryInterceptor,
        StreamStreamInterceptor,
    )
    return [kind(tracer, host_port) for kind in kinds]


class OpenCensusAioServerInterceptor(TracedServer, library.ServerInterceptor):  # type: ignore[misc]
    """Traces the calls of a server: ``grpc.aio.server(interceptors=(…,))``.

    Args:
        sampler: Decides which calls are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace; by default the W3C one, and the binary one of gRPC.
    """

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Return the handler of a method, traced."""
        begin = self._beginning(handler_call_details.method)
        return wrapped_handler(await continuation(handler_call_details), begin, _unary, _stream)


def _unary(behaviour: Any, begin: Callable[[Any], ReceivedCall]) -> Any:
    async def traced(request: Any, context: Any) -> Any:
        call = begin(context)
        try:
            answer = behaviour(request, context)
            return await answer if inspect.isawaitable(answer) else answer
        except asyncio.CancelledError:
            call.end(grpc.StatusCode.CANCELLED)
            raise
        except BaseException as error:
            call.failed(error, status_of(context)[0])
            raise
        finally:
            call.end(*status_of(context))

    return traced


def _stream(behaviour: Any, begin: Callable[[Any], ReceivedCall]) -> Any:
    if not inspect.isasyncgenfunction(behaviour):
        # It writes to the context itself, and ends when it returns.
        return _unary(behaviour, begin)

    async def traced(request: Any, context: Any) -> AsyncIterator[Any]:
        call = begin(context)
        try:
            async for message in behaviour(request, context):
                yield message
        except (asyncio.CancelledError, GeneratorExit):
            call.end(grpc.StatusCode.CANCELLED)
            raise
        except BaseException as error:
            call.failed(error, status_of(context)[0])
            raise
        finally:
            call.end(*status_of(context))

    return traced
