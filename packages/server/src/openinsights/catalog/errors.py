"""What can go wrong with the configuration catalog, as types that the API turns into replies."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class CatalogError(OpenInsightsError):
    """A request to the catalog cannot be met."""

    code = "CatalogError"


class CatalogUnavailable(CatalogError):
    """The catalog's database does not answer now; the same request may go well a little later."""

    code = "CatalogUnavailable"
    retry_after_s = 5


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


class ResourceChanged(CatalogError):
    """Somebody has changed it since the caller read it."""

    code = "PreconditionFailed"


class GroupNotFound(CatalogError):
    """There is no such resource group."""

    code = "ResourceGroupNotFound"


class GroupNotEmpty(CatalogError):
    """A resource group that still holds something is not deleted."""

    code = "ResourceGroupNotEmpty"


class InvalidWorkbook(CatalogError):
    """A workbook cannot be kept in this form."""

    code = "InvalidWorkbook"


class WorkbookNotFound(CatalogError):
    """There is no such workbook, or no such revision of it."""

    code = "ResourceNotFound"


class InvalidSavedQuery(CatalogError):
    """A query cannot be saved in this form."""

    code = "InvalidSavedQuery"


class SavedQueryExists(CatalogError):
    """The resource has a saved query of that name."""

    code = "Conflict"


class SavedQueryNotFound(CatalogError):
    """The resource has no such saved query."""

    code = "SavedQueryNotFound"


class InvalidAvailabilityTest(CatalogError):
    """An availability test cannot be kept in this form."""

    code = "InvalidAvailabilityTest"


class AvailabilityTestNotFound(CatalogError):
    """There is no such availability test."""

    code = "ResourceNotFound"


class InvalidActionGroup(CatalogError):
    """An action group cannot be kept in this form."""

    code = "InvalidActionGroup"


class InvalidProcessingRule(CatalogError):
    """A processing rule cannot be kept in this form."""

    code = "InvalidProcessingRule"
