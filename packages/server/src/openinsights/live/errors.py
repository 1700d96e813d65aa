"""What a viewer is told when a view cannot be opened."""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class LiveError(OpenInsightsError):
    """A view that cannot be opened.

    Attributes:
        status: of the reply.
    """

    status = 400


class InvalidFilter(LiveError):
    """A filter or metric of a view is not understood; the message says what is expected."""

    code = "BadArgumentError"


class TooManyViewers(LiveError):
    """No more views can be open at the same time."""

    code = "TooManyViewers"
    status = 503


class ForeignPage(LiveError):
    """A page of another site asks."""

    code = "ForbiddenOrigin"
    status = 403
