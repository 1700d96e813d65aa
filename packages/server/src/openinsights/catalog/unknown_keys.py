"""What happens to telemetry whose instrumentation key nobody registered."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from openinsights.catalog.errors import ResourceExists
from openinsights.catalog.resource import is_guid

if TYPE_CHECKING:
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

_logger = logging.getLogger(__name__)
_NAME_LENGTHS = (8, 13, 18, 23, 36)
"""How much of the key a made-up name shows, shortest first: the ends of a guid's groups."""


class KeyResolver:
    """Turns instrumentation keys into resources; ingest calls it once per key of a request.

    Args:
        resources: the resources that exist.
        create_unknown: whether an unknown key makes its own resource.
        max_resources: the number of resources from which on unknown keys are refused.
    """

    def __init__(
        self, resources: ResourceStore, *, create_unknown: bool, max_resources: int
    ) -> None:
        self._resources = resources
        self._create_unknown = create_unknown
        self._max_resources = max_resources
        self._creating = threading.Lock()

    def __call__(self, key: str) -> Resource | None:
        """Return the key's resource; None when it is unknown and none is made for it."""
        known = self._resources.get_by_key(key)
        if known is not None or not self._create_unknown:
            return known
        normal = key.strip().lower()
        return self._create(normal) if is_guid(normal) else None

    def _create(self, key: str) -> Resource | None:
        with self._creating:
            known = self._resources.get_by_key(key)
            if known is not None or len(self._resources.list()) >= self._max_resources:
                return known
            try:
                resource = self._resources.create(self._free_name(key), instrumentation_key=key)
            except ResourceExists:  # somebody registered the key or the name a moment ago
                return self._resources.get_by_key(key)
        _logger.info("resource made for unknown key name=%s key=%s", resource.name, key)
        return resource

    def _free_name(self, key: str) -> str:
        taken = {resource.name.lower() for resource in self._resources.list()}
        names = (f"app-{key[:length]}" for length in _NAME_LENGTHS)
        return next((name for name in names if name not in taken), f"app-{key}-unnamed")
