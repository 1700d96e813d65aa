"""Traces the calls of a channel."""

from __future__ import annotations

from typing import Any

import grpc

from opencensus.ext.grpc.spans import SENT_PREFIX, SentCall, open_sent, replaced
from opencensus.trace import execution_context

library: Any = grpc
"""Base classes of no particular type: what they take and return is the application's."""

__all__ = ["SENT_PREFIX", "OpenCensusClientInterceptor"]


class OpenCensusClientInterceptor(
    library.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    library.UnaryStreamClientInterceptor,  # type: ignore[misc]
    library.StreamUnaryClientInterceptor,  # type: ignore[misc]
    library.StreamStreamClientInterceptor,  # type: ignore[misc]
):
    """Traces the calls of a channel: ``grpc.intercept_channel(channel, OpenCensusClientInterceptor())``.

    A call has one span, until its status is there; what is returned is gRPC's own.

    Args:
        tracer: Receives the spans; by default each goes to the tracer of its context.
        host_port: The server, for the spans.
    """

    def __init__(self, tracer: Any = None, host_port: str | None = None) -> None:
        self._tracer = tracer
        self.host_port = host_port

    @property
    def tracer(self) -> Any:
        """The tracer that receives the spans here."""
        return self._tracer or execution_context.get_opencensus_tracer()

    def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        """Make a call with one message each way."""
        return self._one_answer(continuation, client_call_details, request)

    def intercept_stream_unary(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Make a call that sends a stream."""
        return self._one_answer(continuation, client_call_details, request_iterator)

    def intercept_unary_stream(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        """Make a call that receives a stream."""
        return self._streamed(continuation, client_call_details, request)

    def intercept_stream_stream(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Make a call with a stream each way."""
        return self._streamed(continuation, client_call_details, request_iterator)

    def _one_answer(self, continuation: Any, details: Any, request: Any) -> Any:
        call = open_sent(self.tracer, details.method, self.host_port)
        if call is None:
            return continuation(details, request)
        response = self._continued(call, continuation, details, request)
        response.add_done_callback(lambda done: call.end(done.code(), done.details()))
        return response

    def _streamed(self, continuation: Any, details: Any, request: Any) -> Any:
        call = open_sent(self.tracer, details.method, self.host_port)
        if call is None:
            return continuation(details, request)
        response = self._continued(call, continuation, details, request)

        def done() -> None:
            call.end(response.code(), response.details())

        if not response.add_callback(done):
            done()
        return response

    def _continued(self, call: SentCall, continuation: Any, details: Any, request: Any) -> Any:
        try:
            return continuation(replaced(details, call.metadata(details.metadata)), request)
        except BaseException as error:
            call.end(grpc.StatusCode.UNKNOWN, error)
            raise
