"""Why a whole track request is refused. What is wrong with single items travels in the reply."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class IngestError(OpenInsightsError):
    """A request whose body is not taken.

    Attributes:
        status_code: HTTP status of the reply.
        retry_after_s: seconds after which the sender may try again; None when it should not.
    """

    code = "IngestError"

    def __init__(
        self, message: str, status_code: int = 400, *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.retry_after_s = retry_after_s


class BodyTooLarge(IngestError):
    """The body, or what it unpacks to, is larger than allowed."""

    code = "BodyTooLarge"

    def __init__(self, what: str, limit_bytes: int) -> None:
        super().__init__(f"100: cannot take the {what}: it is larger than {limit_bytes} bytes", 413)


class UnreadableBody(IngestError):
    """The body is not packed as its headers say, or broke off."""

    code = "UnreadableBody"


class PlacesError(OpenInsightsError):
    """The database of places cannot be used; the message says what to change."""

    code = "PlacesError"
