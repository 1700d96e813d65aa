"""Tracing of the calls made, and of the calls served, with gRPC."""

from __future__ import annotations

UNARY_UNARY = "unary_unary"
UNARY_STREAM = "unary_stream"
STREAM_UNARY = "stream_unary"
STREAM_STREAM = "stream_stream"

GRPC_TRACE_KEY = "grpc-trace-bin"
"""Under this name the metadata of a call has the trace in bytes; beside it stand the W3C headers."""
