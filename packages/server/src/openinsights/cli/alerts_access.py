"""How commands reach alerts and their rules: through a server, or in a data folder nobody serves."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.cli.resource_access import chosen, resource_access, server_or_folder
from openinsights.clock import SystemClock
from openinsights.errors import OpenInsightsError
from openinsights.remote_database import ServerClient, refused_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from openinsights.cli.resource_access import ResourceFacts

_METRIC = "providers/Microsoft.Insights/metricAlerts"
_LOG = "providers/Microsoft.Insights/scheduledQueryRules"


class Asked(Protocol):
    """Something that answers requests with JSON."""

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of a reply, None when it has no content."""
        ...


class LocalApplication:
    """Answers requests in this process, for a data folder that no server holds.

    Args:
        application: that a server would serve.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of a reply, None when it has no content.

        Raises:
            OpenInsightsError: what a server would tell.
        """
        return asyncio.run(self._request(method, path, body))

    async def _request(self, method: str, path: str, body: object) -> Any:
        import httpx

        transport = httpx.ASGITransport(self._application)
        async with httpx.AsyncClient(transport=transport, base_url=DEFAULT_URL) as client:
            reply = await client.request(method, f"/{path.lstrip('/')}", json=body)
        if reply.status_code >= 400:
            raise refused_by(reply)
        return reply.json() if reply.content else None


@dataclass(frozen=True, slots=True)
class AlertsAccess:
    """The alerts and rules of one resource.

    Attributes:
        asked: a server, or what stands for one.
        resource: whose they are.
    """

    asked: Asked
    resource: ResourceFacts

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules with how they stand, by their path."""
        found: list[dict[str, Any]] = self.asked.request("GET", f"{self._head}/rules")
        return found

    def rule(self, name: str) -> dict[str, Any]:
        """Return the rule of a name, display name or resource id.

        Raises:
            OpenInsightsError: there is none, or there are several.
        """
        wanted, every = name.strip().lower(), self.rules()
        matches = [
            each
            for each in every
            if wanted in (each["name"].lower(), each["arm"]["name"].lower(), each["id"].lower())
        ]
        if len(matches) == 1:
            return matches[0]
        there = ", ".join(sorted(each["name"] for each in every)[:8]) or "none yet"
        why = f"{len(matches)} have that name; use its id" if matches else f"there is {there}"
        raise OpenInsightsError(f"cannot find alert rule {name[:80]!r}: {why}", code="NotFound")

    def put(self, name: str, document: dict[str, Any], *, is_log: bool) -> dict[str, Any]:
        """Make a rule in the group of the resource, or replace the one of that name."""
        group = self.resource.resource_id.partition("/providers/")[0]
        path = f"{group}/{_LOG if is_log else _METRIC}/{quote(name, '')}"
        made: dict[str, Any] = self.asked.request("PUT", path, document)
        return made

    def delete(self, rule: dict[str, Any]) -> None:
        """Delete a rule."""
        self.asked.request("DELETE", quote(rule["id"]))

    def back_test(self, rule: dict[str, Any], start: str, end: str) -> dict[str, Any]:
        """Return when a rule would have fired; see the route."""
        body = {"rule": rule, "start": start, "end": end}
        found: dict[str, Any] = self.asked.request("POST", f"{self._head}/backtest", body)
        return found

    def alerts(self, state: str) -> list[dict[str, Any]]:
        """Return alerts, the newest first."""
        found: list[dict[str, Any]] = self.asked.request("GET", f"{self._head}?state={state}")
        return found

    def alert(self, alert_id: str) -> dict[str, Any]:
        """Return an alert with its history."""
        found: dict[str, Any] = self.asked.request("GET", f"{self._head}/{quote(alert_id, '')}")
        return found

    def say(self, alert_id: str, deed: str) -> dict[str, Any]:
        """Acknowledge or close an alert."""
        path = f"{self._head}/{quote(alert_id, '')}/{deed}"
        said: dict[str, Any] = self.asked.request("POST", path)
        return said

    @property
    def _head(self) -> str:
        return f"portal/api/alerts/{self.resource.app_id}"


@contextmanager
def alerts_access(url: str | None, data: Path | None, app: str | None) -> Iterator[AlertsAccess]:
    """Open what the options name, as `resource_access` does.

    Raises:
        OpenInsightsError: neither way is open, or there is no such resource.
    """
    with resource_access(url, data) as resources:
        resource = chosen(resources, app)
    with ExitStack() as opened:
        place = server_or_folder(url, data, opened)
        if isinstance(place, ServerClient):
            yield AlertsAccess(place, resource)
            return
        # only who works on a folder pays for loading what opens it
        from starlette.applications import Starlette

        from openinsights.api.gateway import Gateway, exception_handlers
        from openinsights.app import open_parts, route_table

        settings, _ = configured(url=url, data=data)
        clock = SystemClock()
        parts = open_parts(place, settings, clock, opened)
        routes = route_table(parts, settings, clock, f"{DEFAULT_URL}/")
        application = Gateway(Starlette(routes=routes, exception_handlers=exception_handlers()))
        yield AlertsAccess(LocalApplication(application), resource)
