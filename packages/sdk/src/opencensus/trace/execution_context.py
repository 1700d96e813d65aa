"""The tracer, the open span and the attributes of the current thread or task."""

from __future__ import annotations

from typing import Any

from opencensus.common.runtime_context import RuntimeContext
from opencensus.trace import _active_span
from opencensus.trace.tracers import noop_tracer

_attrs_slot = RuntimeContext.register_slot("attrs", dict)
_current_span_slot = _active_span.slot
_exporter_slot = RuntimeContext.register_slot("is_exporter", False)
_tracer_slot = RuntimeContext.register_slot("tracer", noop_tracer.NoopTracer())


def is_exporter() -> bool:
    """Return whether this thread or task delivers telemetry, so that its calls are not traced."""
    exporting: bool = _exporter_slot.get()
    return exporting


def set_is_exporter(is_exporter: bool) -> None:
    """Say whether this thread or task delivers telemetry."""
    _exporter_slot.set(is_exporter)


def get_opencensus_tracer() -> Any:
    """Return the tracer made last in this context, or one that records nothing."""
    return _tracer_slot.get()


def set_opencensus_tracer(tracer: Any) -> None:
    """Make `tracer` the tracer of this context."""
    _tracer_slot.set(tracer)


def get_opencensus_attr(attr_key: str) -> Any:
    """Return the attribute of this context, or None."""
    return _attrs_slot.get().get(attr_key)


def set_opencensus_attr(attr_key: str, attr_value: Any) -> None:
    """Set an attribute of this context; tasks that are running already do not see it."""
    _attrs_slot.set({**_attrs_slot.get(), attr_key: attr_value})


def get_opencensus_attrs() -> dict[str, Any]:
    """Return all attributes of this context."""
    attrs: dict[str, Any] = _attrs_slot.get()
    return attrs


def set_opencensus_attrs(attrs: dict[str, Any]) -> None:
    """Replace all attributes of this context."""
    _attrs_slot.set(attrs)


def get_current_span() -> Any:
    """Return the innermost open span of this context, or None."""
    return _current_span_slot.get()


def set_current_span(current_span: Any) -> None:
    """Make `current_span` the innermost open span of this context."""
    _current_span_slot.set(current_span)


def get_opencensus_full_context() -> tuple[Any, Any, dict[str, Any]]:
    """Return the tracer, the open span and the attributes of this context."""
    return get_opencensus_tracer(), get_current_span(), get_opencensus_attrs()


def set_opencensus_full_context(tracer: Any, span: Any, attrs: dict[str, Any] | None) -> None:
    """Set the tracer, the open span and the attributes of this context."""
    set_opencensus_tracer(tracer)
    set_current_span(span)
    set_opencensus_attrs(attrs or {})


def clean() -> None:
    """Forget the attributes, the open span and the tracer of this context."""
    _attrs_slot.clear()
    _current_span_slot.clear()
    _tracer_slot.clear()


def clear() -> None:
    """Do what `clean` does; tests of programs use this name."""
    clean()
