"""Tracing of any WSGI application."""

from __future__ import annotations

from opencensus.ext.wsgi.wsgi_middleware import WSGIMiddleware

__all__ = ["WSGIMiddleware"]
