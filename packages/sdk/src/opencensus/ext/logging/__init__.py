"""Trace and span ids on log records."""

from __future__ import annotations

from opencensus.ext.logging import trace

__all__ = ["trace"]
