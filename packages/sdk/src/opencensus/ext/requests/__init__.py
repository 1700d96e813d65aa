"""Tracing of calls made with requests."""

from __future__ import annotations

from opencensus.ext.requests import trace

__all__ = ["trace"]
