"""The resource of telemetry that names none, as OpenTelemetry's exporters send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.catalog.errors import AmbiguousResource, ResourceExists

if TYPE_CHECKING:
    from openinsights.catalog.resources import ResourceStore


class DefaultResource:
    """Finds the resource by its name, and makes it where unknown keys make theirs.

    Args:
        resources: the resources that exist.
        name: its name; "" means that there is none.
        create: whether it is made when it is first needed.
    """

    def __init__(self, resources: ResourceStore, name: str, *, create: bool) -> None:
        self._resources = resources
        self._name = name
        self._create = create

    def key(self) -> str | None:
        """Return its instrumentation key, None when there is no such resource."""
        if not self._name:
            return None
        try:
            known = self._resources.find(self._name)
            if known is None and self._create:
                known = self._resources.create(self._name)
        except AmbiguousResource:
            return None
        except ResourceExists:  # somebody made it a moment ago
            known = self._resources.find(self._name)
        return None if known is None else known.instrumentation_key
