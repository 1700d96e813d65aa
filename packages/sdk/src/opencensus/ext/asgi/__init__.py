"""Tracing of any ASGI application."""

from __future__ import annotations

from opencensus.ext.asgi.asgi_middleware import ASGIMiddleware

__all__ = ["ASGIMiddleware"]
