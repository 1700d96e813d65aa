"""The resource that a program runs on: a container, a virtual machine, or what it says itself."""

from __future__ import annotations

from opencensus.common import resource
from opencensus.common.monitored_resource import (
    aws_identity_doc_utils,
    gcp_metadata_config,
    k8s_utils,
)

_GCE_INSTANCE = "gce_instance"
_K8S_CONTAINER = "k8s_container"
_AWS_EC2_INSTANCE = "aws_ec2_instance"


def is_gce_environment() -> bool:
    """Return whether this machine runs on Google Cloud. Asks the host, for two seconds at most."""
    return gcp_metadata_config.GcpMetadataConfig.is_running_on_gcp()


def is_aws_environment() -> bool:
    """Return whether this machine is an EC2 instance. Asks the host, for two seconds at most."""
    return aws_identity_doc_utils.AwsIdentityDocumentUtils.is_running_on_aws()


def get_instance() -> resource.Resource | None:
    """Return the resource that this program runs on, or None when that cannot be found out.

    What the environment says comes first (see `resource.get_from_env`), then the container, then
    the machine: an earlier one decides the kind, and its labels win.

    Raises:
        ValueError: What the environment says is no valid resource.
    """
    found = []
    said = resource.get_from_env()
    if said is not None:
        found.append(said)
    if k8s_utils.is_k8s_environment():
        found.append(resource.Resource(_K8S_CONTAINER, k8s_utils.get_k8s_metadata()))
    if is_gce_environment():
        labels = gcp_metadata_config.GcpMetadataConfig().get_gce_metadata()
        found.append(resource.Resource(_GCE_INSTANCE, labels))
    elif is_aws_environment():
        labels = aws_identity_doc_utils.AwsIdentityDocumentUtils().get_aws_metadata()
        found.append(resource.Resource(_AWS_EC2_INSTANCE, labels))
    return resource.merge_resources(found) if found else None
