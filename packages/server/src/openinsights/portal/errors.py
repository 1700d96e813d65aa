"""What the portal's routes refuse, and how a refusal reads."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class PortalRequestError(OpenInsightsError):
    """A request of the portal that names something unknown or malformed; answered with 400."""

    code = "BadPortalRequest"


class PortalNotFoundError(OpenInsightsError):
    """A resource or tile that does not exist; answered with 404."""

    code = "NotFound"
