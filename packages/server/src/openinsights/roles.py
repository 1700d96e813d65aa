"""Which requests a server answers in its role, and what the others are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.api.errors import ApiError
from openinsights.api.standing import LIVE_PATH, READY_PATH
from openinsights.ingest.otlp.routes import OTLP_PATHS
from openinsights.ingest.routes import TRACK_PATHS
from openinsights.settings import INGEST_ROLE, QUERY_ROLE
from openinsights_wire.live.names import PING_PATH, POST_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights.access.routes import Guarded

_TELEMETRY: Final = frozenset((*TRACK_PATHS, *OTLP_PATHS, PING_PATH, POST_PATH))
"""What `ingest` is there for, and `query` refuses."""
_BESIDE: Final = frozenset(
    (
        READY_PATH,
        LIVE_PATH,
        "/health",
        "/metrics",
        "/server",
        "/server/ca.pem",
        "/api/profiles/{key}/appId",
    )
)
"""What every server answers."""
_MISDIRECTED: Final = 421
_RETRY_AFTER_S: Final = 5


def narrow(routes: Iterable[Guarded], role: str, public_url: str) -> None:
    """Let routes that do not belong to a role refuse, and say where to go.

    Senders are told to try again (503), for they would drop what a final error refuses.
    """
    for route in routes:
        if role == QUERY_ROLE and route.path in _TELEMETRY:
            route.elsewhere = ApiError(
                503,
                "ServedElsewhere",
                f"this server answers queries and takes no telemetry (--role {QUERY_ROLE}): send to"
                f" {public_url}, whose load balancer knows the servers that take it",
                retry_after_s=_RETRY_AFTER_S,
            )
        elif role == INGEST_ROLE and route.path not in _TELEMETRY | _BESIDE:
            route.elsewhere = ApiError(
                _MISDIRECTED,
                "ServedElsewhere",
                f"this server takes telemetry and answers nothing else (--role {INGEST_ROLE}): ask"
                f" {public_url}, whose load balancer knows the servers that answer",
            )
