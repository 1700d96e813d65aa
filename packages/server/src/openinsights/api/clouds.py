"""`/metadata/endpoints`: what `az cloud register` asks a cloud, so that az finds this server alone.

Of the many services that a cloud may name, those are named that this server is. The others are left
out, so that no command of az goes to somebody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import json_response
from openinsights.operation import promises

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

CLOUD_NAME = "OpenInsights"


class Authentication(
    msgspec.Struct, rename={"login_endpoint": "loginEndpoint", "identity": "identityProvider"}
):
    """How to sign in."""

    login_endpoint: str
    audiences: list[str]
    tenant: str
    identity: str


class Endpoints(msgspec.Struct, rename="camel"):
    """Where the services are."""

    name: str
    authentication: Authentication
    resource_manager: str
    portal: str
    app_insights_resource_id: str
    app_insights_telemetry_channel_resource_id: str
    log_analytics_resource_id: str
    suffixes: dict[str, str]


class CloudsApi:
    """The route that tells where the services are.

    Args:
        public_url: where the server is reached, with one slash at its end.
    """

    def __init__(self, public_url: str) -> None:
        self._url = public_url.rstrip("/")

    def routes(self) -> list[Guarded]:
        """Return the route; it tells nothing that is not known to who asks it."""
        return [Guarded("/metadata/endpoints", self.endpoints, right=Right.OPEN)]

    @promises("server", Endpoints)
    async def endpoints(self, _request: Request) -> Response:
        """Tell where the services are, in the form of the version 2022-09-01."""
        url = self._url
        return json_response(
            Endpoints(
                CLOUD_NAME,
                Authentication(url, [url], "common", "AAD"),
                url,
                url,
                url,
                f"{url}/v2/track",
                url,
                {},
            )
        )
