"""How commands reach people, keys and the audit log: through a server, or in a data folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from openinsights.access.rights import EVERYTHING
from openinsights.cli.resource_access import RemoteResources, found, server_or_catalog
from openinsights.remote_database import ServerClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


class AccessCommands(Protocol):
    """What the commands need; see `openinsights.access.actions.Actions`. Values are JSON's."""

    def people(self) -> list[dict[str, Any]]:
        """Return everybody."""
        ...

    def create_person(
        self, name: str, password: str, roles: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """Make a person."""
        ...

    def set_password(self, name: str, password: str) -> None:
        """Give somebody a password."""
        ...

    def set_roles(self, name: str, roles: Mapping[str, str | None]) -> dict[str, Any]:
        """Change roles."""
        ...

    def remove_person(self, name: str) -> None:
        """Forget a person."""
        ...

    def keys(self, app: str) -> list[dict[str, Any]]:
        """Return the keys of a resource, or of every resource."""
        ...

    def create_key(
        self, app: str, name: str, rights: Sequence[str], days: float | None = None
    ) -> dict[str, Any]:
        """Make a key."""
        ...

    def revoke_key(self, app: str, key: str) -> dict[str, Any]:
        """Revoke a key."""
        ...

    def audit(self, before: int | None, count: int) -> list[dict[str, Any]]:
        """Return rows of the audit log, newest first."""
        ...


class RemoteAccess:
    """People and keys of a running server.

    Args:
        client: speaks with it.
    """

    def __init__(self, client: ServerClient) -> None:
        self._client = client

    def people(self) -> list[dict[str, Any]]:
        """Return everybody."""
        return self._client.every("access/people")

    def create_person(
        self, name: str, password: str, roles: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """Make a person."""
        body = {"name": name, "password": password, "roles": dict(roles)}
        return _value(self._client.request("POST", "access/people", body))

    def set_password(self, name: str, password: str) -> None:
        """Give somebody a password."""
        self._client.request("PATCH", _person(name), {"password": password})

    def set_roles(self, name: str, roles: Mapping[str, str | None]) -> dict[str, Any]:
        """Change roles."""
        return _value(self._client.request("PATCH", _person(name), {"roles": dict(roles)}))

    def remove_person(self, name: str) -> None:
        """Forget a person."""
        self._client.request("DELETE", _person(name))

    def keys(self, app: str) -> list[dict[str, Any]]:
        """Return the keys of a resource, or of every resource."""
        keys = self._client.every(self._keys(app))
        return keys if app == EVERYTHING else [_of_arm(app, each) for each in keys]

    def create_key(
        self, app: str, name: str, rights: Sequence[str], days: float | None = None
    ) -> dict[str, Any]:
        """Make a key."""
        own = {"rights": list(rights), "days": days}
        if app == EVERYTHING:
            return _value(self._client.request("POST", self._keys(app), {"name": name, **own}))
        body = {"name": name, "OpenInsights": own}
        return _of_arm(app, self._client.request("POST", self._keys(app), body))

    def revoke_key(self, app: str, key: str) -> dict[str, Any]:
        """Revoke a key."""
        reply = self._client.request("DELETE", f"{self._keys(app)}/{quote(key, '')}")
        return _value(reply) if app == EVERYTHING else _of_arm(app, reply)

    def audit(self, before: int | None, count: int) -> list[dict[str, Any]]:
        """Return rows of the audit log, newest first."""
        older = "" if before is None else f"&before={before}"
        return _values(self._client.request("GET", f"access/audit?top={count}{older}"))

    def _keys(self, app: str) -> str:
        if app == EVERYTHING:
            return "access/keys"
        resource = found(RemoteResources(self._client), app)
        return f"{quote(resource.resource_id)}/ApiKeys"


@contextmanager
def access_commands(url: str | None, data: Path | None) -> Iterator[AccessCommands]:
    """Open what the options name; see `resource_access`.

    Raises:
        OpenInsightsError: neither way is open; the message says why.
    """
    with server_or_catalog(url, data) as place:
        if isinstance(place, ServerClient):
            yield RemoteAccess(place)
            return
        from openinsights.access.actions import Actions
        from openinsights.access.parts import Access

        settings, clock = place.settings, place.clock
        access = Access(place.engine, clock, settings.session_idle_s, settings.session_longest_s)
        try:
            yield Actions(access, place.resources, clock, noted_as="command line")
        finally:
            access.close()


def _person(name: str) -> str:
    return f"access/people/{quote(name, '')}"


def _values(reply: Any) -> list[dict[str, Any]]:
    return list(reply["value"])


def _value(reply: Any) -> dict[str, Any]:
    return dict(reply)


def _of_arm(app: str, key: Any) -> dict[str, Any]:
    own = key["OpenInsights"]
    shown = {
        "id": key["id"].rpartition("/")[2],
        "name": key["name"],
        "app": app,
        "rights": own["rights"],
        "created": key["createdDate"],
        "expires": own["expires"],
        "lastUsed": own["lastUsed"],
    }
    return {**shown, "key": key["apiKey"]} if "apiKey" in key else shown
