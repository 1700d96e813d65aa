"""Who asks, as the gateway has found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.access.caller import NOBODY

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.access.caller import Caller


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.scope.get("state", {}).get("caller", NOBODY)
    return caller
