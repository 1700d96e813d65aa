"""What a Kubernetes container knows about itself, from its environment and its cluster."""

from __future__ import annotations

import os

from opencensus.common.monitored_resource import gcp_metadata_config

_KUBERNETES_SERVICE_HOST = "KUBERNETES_SERVICE_HOST"

CLUSTER_NAME_KEY = "k8s.io/cluster/name"
NAMESPACE_NAME_KEY = "k8s.io/namespace/name"
POD_NAME_KEY = "k8s.io/pod/name"
CONTAINER_NAME_KEY = "k8s.io/container/name"

_K8S_ENV_ATTRIBUTES = {
    CONTAINER_NAME_KEY: "CONTAINER_NAME",
    NAMESPACE_NAME_KEY: "NAMESPACE",
    POD_NAME_KEY: "HOSTNAME",
}
"""Labels, and the environment variables that hold their values."""


def is_k8s_environment() -> bool:
    """Return whether this process runs in a Kubernetes container."""
    return _KUBERNETES_SERVICE_HOST in os.environ


def get_k8s_metadata() -> dict[str, str]:
    """Return the labels of this container; its cluster's name is asked of the host."""
    labels = {
        label: os.environ[variable]
        for label, variable in _K8S_ENV_ATTRIBUTES.items()
        if variable in os.environ
    }
    metadata = gcp_metadata_config.GcpMetadataConfig
    cluster = metadata.get_attribute(gcp_metadata_config.CLUSTER_NAME_KEY)
    if cluster is not None:
        labels[CLUSTER_NAME_KEY] = cluster
    return labels
