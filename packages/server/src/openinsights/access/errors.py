"""What callers are told who may not do what they ask for."""

from __future__ import annotations

from openinsights.catalog.errors import CatalogError
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


class InvalidToken(AccessError):
    """A token is not valid, or not made for this server."""

    code = "InvalidAuthenticationToken"

    @property
    def headers(self) -> dict[str, str]:
        """How to authenticate."""
        return {"www-authenticate": 'Bearer realm="OpenInsights", error="invalid_token"'}


class WrongAudience(InvalidToken):
    """A token is made for somebody else."""

    code = "InvalidAuthenticationTokenAudience"


class ProviderUnreachable(AccessError):
    """The OpenID provider does not answer, or not as one."""

    code = "ProviderUnreachable"
    status = 503


class ForeignPage(AccessError):
    """A page that is not ours asks in the name of who is signed in."""

    code = "ForbiddenOrigin"

    def __init__(self) -> None:
        super().__init__("cannot serve the request: it comes from a page of another origin")


class ResourceForbidden(AccessError, CatalogError):
    """The caller may not do this with the resource, or there is none: the two look the same."""

    code = "InsufficientAccessError"


class InvalidAccess(AccessError):
    """A key, a person or a role cannot be as asked for."""

    code = "InvalidAccess"
    status = 400


class NameTaken(InvalidAccess):
    """A key or a person of that name is there already."""

    code = "Conflict"
    status = 409


class KeyNotFound(AccessError):
    """There is no such key."""

    code = "KeyNotFound"
    status = 404


class PersonNotFound(AccessError):
    """There is no such person."""

    code = "PersonNotFound"
    status = 404


class SignInRefused(AccessError):
    """A sign-in fails; the message does not tell whether name or password is wrong."""

    code = "SignInRefused"
    status = 401


class TooManyAttempts(AccessError):
    """Somebody tries passwords.

    Attributes:
        retry_after_s: seconds after which the next attempt is looked at.
    """

    code = "TooManyAttempts"
    status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"cannot sign in now: there were too many attempts; try again in {retry_after_s} s"
        )
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        """When to try again."""
        return {"retry-after": str(self.retry_after_s)}
