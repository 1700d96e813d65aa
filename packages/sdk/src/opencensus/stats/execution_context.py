"""The measures and views of the process."""

from __future__ import annotations

from typing import Any

from opencensus.common.runtime_context import RuntimeContext

_measure_to_view_map_slot = RuntimeContext.register_slot("measure_to_view_map", dict)


def get_measure_to_view_map() -> Any:
    """Return the map of this context; empty where none was set."""
    return _measure_to_view_map_slot.get()


def set_measure_to_view_map(measure_to_view_map: Any) -> None:
    """Set the map of this context."""
    _measure_to_view_map_slot.set(measure_to_view_map)


def clear() -> None:
    """Forget the map of this context."""
    _measure_to_view_map_slot.clear()
