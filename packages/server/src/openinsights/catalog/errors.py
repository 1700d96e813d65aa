"""What can go wrong with the configuration catalog, as types that the API turns into replies."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class CatalogError(OpenInsightsError):
    """A request to the catalog cannot be met."""

    code = "CatalogError"


class InvalidResource(CatalogError):
    """A resource cannot have this name, group or key."""

    code = "InvalidResource"


class ResourceExists(CatalogError):
    """The name or the key belongs to another resource already."""

    code = "ResourceExists"


class ResourceNotFound(CatalogError):
    """There is no such resource."""

    code = "ResourceNotFound"


class AmbiguousResource(CatalogError):
    """Several resource groups hold a resource of this name."""

    code = "AmbiguousResource"


class PurgeNotFound(CatalogError):
    """There is no such purge."""

    code = "PurgeNotFound"


class InvalidRetention(CatalogError):
    """Telemetry cannot be kept for so long, or the table does not exist."""

    code = "InvalidRetention"
