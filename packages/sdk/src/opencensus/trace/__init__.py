"""Traces: tracers, samplers, spans, and how they are propagated and exported."""

from __future__ import annotations

from opencensus.trace.span import Span

__all__ = ["Span"]
