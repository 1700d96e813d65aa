"""What a resource of OpenTelemetry's SDK says about the application, as tags of envelopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opencensus.ext.azure.common.text import as_text
from openinsights_wire import tags as tag_names

if TYPE_CHECKING:
    from opencensus.ext.azure.common.options import Options

NAME: Final = "service.name"
NAMESPACE: Final = "service.namespace"
VERSION: Final = "service.version"
INSTANCES: Final = ("k8s.pod.name", "service.instance.id")
UNNAMED: Final = "unknown_service"
"""What the SDK calls an application that has no name."""


def tags_of(resource: Any, options: Options) -> dict[str, str]:
    """Return the tags that a resource gives; a role or an instance that the options name stays.

    Args:
        resource: A `Resource` of the SDK, or None.
        options: The exporter's options.
    """
    known = getattr(resource, "attributes", None) or {}
    tags = {}
    name = as_text(known.get(NAME))
    if options.role_name is None and name and not name.startswith(UNNAMED):
        namespace = as_text(known.get(NAMESPACE))
        tags[tag_names.CLOUD_ROLE] = f"{namespace}.{name}" if namespace else name
    instance = next((known[key] for key in INSTANCES if known.get(key)), None)
    if options.role_instance is None and instance is not None:
        tags[tag_names.CLOUD_ROLE_INSTANCE] = as_text(instance)
    if known.get(VERSION):
        tags[tag_names.APPLICATION_VERSION] = as_text(known[VERSION])
    return tags
