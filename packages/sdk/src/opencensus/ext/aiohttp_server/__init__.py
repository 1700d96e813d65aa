"""Tracing of aiohttp's server."""

from __future__ import annotations

from opencensus.ext.aiohttp_server.aiohttp_middleware import AiohttpMiddleware

__all__ = ["AiohttpMiddleware"]
