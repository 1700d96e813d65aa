"""Names that a module has from others, looked up when somebody asks for them.

Importing an exporter stays light that way, and older code finds the parts where it looks for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS: Mapping[str, str] = {
    "BaseExporter": "opencensus.ext.azure.common.exporter",
    "Data": "opencensus.ext.azure.common.protocol",
    "Event": "opencensus.ext.azure.common.protocol",
    "ExceptionData": "opencensus.ext.azure.common.protocol",
    "LocalFileStorage": "opencensus.ext.azure.common.storage",
    "Message": "opencensus.ext.azure.common.protocol",
    "Options": "opencensus.ext.azure.common",
    "Queue": "opencensus.common.schedule",
    "QueueEvent": "opencensus.common.schedule",
    "QueueExitEvent": "opencensus.common.schedule",
    "RemoteDependency": "opencensus.ext.azure.common.protocol",
    "Request": "opencensus.ext.azure.common.protocol",
    "TransportMixin": "opencensus.ext.azure.common.transport",
    "TransportStatusCode": "opencensus.ext.azure.common.transport",
    "attributes_helper": "opencensus.trace",
    "statsbeat": "opencensus.ext.azure.statsbeat",
    "utils": "opencensus.ext.azure.common",
}
"""Parts of the exporters of spans and logs, and the modules or packages that have them."""


def passing_on(module_name: str, places: Mapping[str, str] = PARTS) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for a module that has names from other places.

    Args:
        module_name: The module, for the error.
        places: The names, and where they are.
    """

    def look_up(name: str) -> Any:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}")
        # A module may have its own submodules that way.
        found = None if place == module_name else getattr(import_module(place), name, None)
        return import_module(f"{place}.{name}") if found is None else found

    return look_up
