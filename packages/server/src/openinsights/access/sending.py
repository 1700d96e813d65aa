"""Who may send telemetry to a resource that asks for more than its instrumentation key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.access.caller import ASKING, NOBODY
from openinsights.access.errors import AccessError, Forbidden, NotAuthenticated
from openinsights.access.rights import Right

if TYPE_CHECKING:
    from openinsights.catalog.resource import Resource


def sender_refused(resource: Resource) -> AccessError | None:
    """Return why who is served may not send to a resource; None when nothing is against it.

    An instrumentation key is enough, unless the resource has `disable_local_auth`: then the sender
    shows a token or an API key with the right to send.
    """
    if not resource.settings.disable_local_auth:
        return None
    asking = ASKING.get()
    caller = NOBODY if asking is None else asking.caller
    if caller.may(Right.INGEST, resource.app_id):
        return None
    if caller.refusal is not None:
        return caller.refusal
    if caller.kind == NOBODY.kind:
        return NotAuthenticated(
            "cannot take the telemetry: its resource asks for a token in the header Authorization"
        )
    return Forbidden(
        f"cannot take the telemetry: {caller.name} lacks the right to send to its resource"
    )
