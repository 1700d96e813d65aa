"""Switches integrations on by their names."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)


def trace_integrations(integrations: Iterable[str], tracer: Any = None) -> list[str]:
    """Switch on each named integration and return the names of those that could be.

    Args:
        integrations: Names of packages below `opencensus.ext`; one name may stand alone.
        tracer: Given to each of them.
    """
    integrated = []
    for name in [integrations] if isinstance(integrations, str) else integrations:
        module_name = f"opencensus.ext.{name}.trace"
        try:
            module = importlib.import_module(module_name)
            module.trace_integration(tracer=tracer)
            integrated.append(name)
        except Exception as error:
            log.warning("Failed to integrate module: %s", module_name)
            log.warning("%s", error)
    return integrated
