"""Whether a server lives, and whether a load balancer should send requests to it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import json_response
from openinsights.errors import OpenInsightsError
from openinsights.operation import promises

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.store.api import StoreHealth

logger = logging.getLogger(__name__)

READY_PATH: Final = "/ready"
LIVE_PATH: Final = "/live"
ROOM: Final = "server"
_FRESH: Final = {"cache-control": "no-store"}


class Readiness(msgspec.Struct, omit_defaults=True):
    """Whether requests can be served, and why not."""

    status: Literal["ready", "not ready"]
    role: str
    version: str
    reason: str = ""


class Liveness(msgspec.Struct):
    """That the process answers."""

    status: Literal["live"] = "live"


class StandingApi:
    """The routes that whoever starts servers and balances load asks.

    Args:
        ask_catalog: raises OpenInsightsError when the catalog does not answer; may block.
        health: whether the store takes telemetry.
        role: of the server.
        takes_telemetry: whether telemetry is sent to it, so that a full store keeps it from being
            ready.
        version: of the server.
    """

    def __init__(
        self,
        ask_catalog: Callable[[], None],
        health: Callable[[], StoreHealth],
        role: str,
        version: str,
        *,
        takes_telemetry: bool,
    ) -> None:
        self._ask_catalog = ask_catalog
        self._health = health
        self._role = role
        self._version = version
        self._takes_telemetry = takes_telemetry

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded(READY_PATH, self.ready, right=Right.OPEN),
            Guarded(LIVE_PATH, self.live, right=Right.OPEN),
        ]

    @promises(ROOM, Readiness, replies={503: Readiness})
    async def ready(self, request: Request) -> Response:
        """Answer 200 when catalog and store can be used, else 503 and why not.

        Requests belong to another server meanwhile; this one needs no restart.
        """
        reason = await run_in_threadpool(self._reason)
        body = Readiness("not ready" if reason else "ready", self._role, self._version, reason)
        return json_response(body, 503 if reason else 200, _FRESH)

    @promises(ROOM, Liveness)
    async def live(self, request: Request) -> Response:
        """Answer 200 as long as the process answers at all; without an answer, restart it."""
        return json_response(Liveness(), 200, _FRESH)

    def _reason(self) -> str:
        try:
            self._ask_catalog()
        except OpenInsightsError as error:
            logger.warning("not ready: %s", error)
            return "the catalog does not answer"  # whoever asks may be anybody
        health = self._health()
        if self._takes_telemetry and not health.accepting:
            return health.reason
        return ""
