"""The slot that holds the innermost open span of the current thread or task."""

from __future__ import annotations

from opencensus.common.runtime_context import RuntimeContext

slot = RuntimeContext.register_slot("current_span", None)
