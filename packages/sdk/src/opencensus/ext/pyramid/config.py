"""How a Pyramid application is traced, as its registry says."""

from __future__ import annotations

from typing import Any

from opencensus.ext._http.server import SETTING_NAMES, read_settings
from opencensus.trace import print_exporter, samplers, utils
from opencensus.trace.propagation import trace_context_http_header_format

DEFAULT_PYRAMID_TRACER_CONFIG: dict[str, Any] = {
    "SAMPLER": samplers.AlwaysOnSampler(),
    "EXPORTER": print_exporter.PrintExporter(),
    "PROPAGATOR": trace_context_http_header_format.TraceContextPropagator(),
    "EXCLUDELIST_PATHS": utils.DEFAULT_EXCLUDELIST_PATHS,
}
"""What holds where the registry says nothing."""


class PyramidTraceSettings:
    """The settings of `registry.settings["OPENCENSUS"]["TRACE"]`, by their upper-case names.

    Texts are expressions such as `opencensus.trace.samplers.AlwaysOnSampler()`.

    Args:
        registry: The application's registry.
    """

    def __init__(self, registry: Any) -> None:
        configured = registry.settings.get("OPENCENSUS", {}).get("TRACE", {})
        known = {**DEFAULT_PYRAMID_TRACER_CONFIG, **configured}
        if any(name in configured for name in ("BLACKLIST_PATHS",)):
            known.pop("EXCLUDELIST_PATHS")
        # What holds by default gives way to what the whole process uses.
        chosen = {name: configured.get(name) for name in ("SAMPLER", "EXPORTER", "PROPAGATOR")}
        self.known = read_settings({}, {**known, **chosen}, samplers.AlwaysOnSampler)
        self.settings: dict[str, Any] = {
            names[0]: getattr(self.known, field) for field, names in SETTING_NAMES
        }

    def __getattr__(self, attr: str) -> Any:
        settings = self.__dict__.get("settings", {})
        if attr not in settings:
            raise AttributeError(f"Attribute {attr} does not exist.")
        return settings[attr]
