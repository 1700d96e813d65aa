"""The resource that the server's telemetry about itself goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.catalog.errors import ResourceExists

if TYPE_CHECKING:
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

NAME: Final = "openinsights"
GROUP: Final = "openinsights"


def own_resource(resources: ResourceStore) -> Resource:
    """Return the resource of the server itself, made if need be."""
    path = f"{GROUP}/{NAME}"
    try:
        return resources.find(path) or resources.create(NAME, GROUP)
    except ResourceExists:  # somebody made it a moment ago
        return resources.named(path)


def is_own(resource: Resource) -> bool:
    """Return whether a resource is the server's own."""
    return resource.name == NAME and resource.resource_group == GROUP
