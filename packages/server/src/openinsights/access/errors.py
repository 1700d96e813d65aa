"""What callers are told who may not do what they ask for."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class AccessError(OpenInsightsError):
    """A caller is turned away.

    Attributes:
        status: of the reply.
        headers: of the reply.
    """

    code = "InsufficientAccessError"
    status = 403

    @property
    def headers(self) -> dict[str, str]:
        """Further headers of the reply."""
        return {}


class NotAuthenticated(AccessError):
    """The caller shows nothing, or nothing that is valid."""

    code = "AuthenticationFailed"
    status = 401

    @property
    def headers(self) -> dict[str, str]:
        """How to authenticate."""
        return {"www-authenticate": 'Bearer realm="OpenInsights"'}


class Forbidden(AccessError):
    """The caller is known and lacks the right."""
