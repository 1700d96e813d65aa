"""Tracing of Starlette applications."""

from __future__ import annotations

from opencensus.ext.starlette.starlette_middleware import StarletteMiddleware

__all__ = ["StarletteMiddleware"]
