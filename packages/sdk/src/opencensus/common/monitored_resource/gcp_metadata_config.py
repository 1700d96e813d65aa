"""What Google Cloud's metadata server says about the machine that asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from opencensus.common.http_handler import get_request

if TYPE_CHECKING:
    from collections.abc import Callable

_GCP_METADATA_URI = "http://metadata.google.internal/computeMetadata/v1/"
_GCP_METADATA_URI_HEADER = {"Metadata-Flavor": "Google"}

PROJECT_ID_KEY = "project_id"
INSTANCE_ID_KEY = "instance_id"
ZONE_KEY = "zone"
CLUSTER_NAME_KEY = "instance/attributes/cluster-name"

_GCE_ATTRIBUTES = {
    PROJECT_ID_KEY: "project/project-id",
    INSTANCE_ID_KEY: "instance/id",
    ZONE_KEY: "instance/zone",
}
"""Labels, and where the server has their values."""

_ATTRIBUTE_URI_TRANSFORMATIONS: dict[str, Callable[[str], str]] = {
    _GCE_ATTRIBUTES[ZONE_KEY]: lambda zone: zone.rpartition("/")[2],
}

_GCP_METADATA_MAP: dict[str, str] = {}
"""The labels that were found."""


class GcpMetadataConfig:
    """Asks the server once per process, when first asked itself."""

    inited: ClassVar[bool] = False
    is_running: ClassVar[bool] = False

    @classmethod
    def _initialize_metadata_service(cls) -> None:
        if cls.inited:
            return
        instance_id = cls.get_attribute(_GCE_ATTRIBUTES[INSTANCE_ID_KEY])
        if instance_id is not None:
            cls.is_running = True
            _GCP_METADATA_MAP[INSTANCE_ID_KEY] = instance_id
            for label, place in _GCE_ATTRIBUTES.items():
                if label not in _GCP_METADATA_MAP:
                    value = cls.get_attribute(place)
                    if value is not None:
                        _GCP_METADATA_MAP[label] = value
        cls.inited = True

    @classmethod
    def is_running_on_gcp(cls) -> bool:
        """Return whether this machine runs on Google Cloud."""
        cls._initialize_metadata_service()
        return cls.is_running

    def get_gce_metadata(self) -> dict[str, str]:
        """Return the labels of this machine; none where this is not Google Cloud."""
        return dict(_GCP_METADATA_MAP) if self.is_running_on_gcp() else {}

    @staticmethod
    def get_attribute(attribute_uri: str) -> str | None:
        """Return what the server has at a place such as ``instance/zone``, or None."""
        content = get_request(_GCP_METADATA_URI + attribute_uri, _GCP_METADATA_URI_HEADER)
        if content is None:
            return None
        value = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        transform = _ATTRIBUTE_URI_TRANSFORMATIONS.get(attribute_uri)
        return value if transform is None else transform(value)
