"""What a resource says about where telemetry comes from: role, instance, version, device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.ingest.otlp.values import text
from openinsights_wire import tags

if TYPE_CHECKING:
    from openinsights.ingest.otlp.records import Attributes

_WORKLOADS = (
    "k8s.deployment.name",
    "k8s.replicaset.name",
    "k8s.statefulset.name",
    "k8s.job.name",
    "k8s.cronjob.name",
    "k8s.daemonset.name",
)
"""Names of a role when the service has none, best first."""
_INSTANCES = ("k8s.pod.name", "service.instance.id", "host.name")
"""Names of an instance, best first. Azure's exporter takes the machine's own name in the end."""
_COPIED = (
    ("service.version", tags.APPLICATION_VERSION),
    ("device.id", tags.DEVICE_ID),
    ("device.model.name", tags.DEVICE_MODEL),
    ("device.manufacturer", tags.DEVICE_OEM_NAME),
)


def tags_of(resource: Attributes) -> dict[str, str]:
    """Return the tags that every item of a resource has."""
    instance = next((text(resource[name]) for name in _INSTANCES if resource.get(name)), "")
    found = {
        tags.DEVICE_TYPE: "Other",
        tags.INTERNAL_SDK_VERSION: _sdk(resource),
        tags.CLOUD_ROLE: _role(resource),
        tags.CLOUD_ROLE_INSTANCE: instance,
        tags.INTERNAL_NODE_NAME: instance,
    }
    for name, tag in _COPIED:
        if resource.get(name):
            found[tag] = text(resource[name])
    return {tag: value[: tags.MAX_LENGTHS[tag]] for tag, value in found.items() if value}


def _role(resource: Attributes) -> str:
    name = text(resource.get("service.name"))
    namespace = text(resource.get("service.namespace"))
    role = f"{namespace}.{name}" if name and namespace else name
    if name and not name.startswith("unknown_service"):
        return role
    return next((text(resource[key]) for key in _WORKLOADS if resource.get(key)), role)


def _sdk(resource: Attributes) -> str:
    language = text(resource.get("telemetry.sdk.language"))
    version = text(resource.get("telemetry.sdk.version"))
    return f"otlp_{language}:otel{version}" if language else "otlp"
