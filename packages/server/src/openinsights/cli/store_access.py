"""How commands reach what is stored: through a running server, or in a folder when none runs."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from openinsights.catalog.errors import ResourceNotFound
from openinsights.cli.configuration import configured
from openinsights.cli.resource_access import found, resource_access, server_or_folder
from openinsights.clock import SystemClock, day_name, day_number
from openinsights.errors import OpenInsightsError
from openinsights.remote_database import ServerClient, ServerRefused
from openinsights.store.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openinsights.app import Parts
    from openinsights.cli.resource_access import ResourceFacts

_LOOKS_EVERY_S = 0.1
_UNAVAILABLE = "ServiceUnavailable"
"""The code of a reply that says to come again."""


class StoreAccess(Protocol):
    """What the commands about stored telemetry need."""

    def days(self) -> list[tuple[str, int]]:
        """Return the days that have data and their size in bytes, oldest first."""
        ...

    def drop_day(self, day: str) -> int:
        """Drop a day, named by its date, and return how many rows it had."""
        ...

    def purge(
        self, resource: ResourceFacts, table: str | None, filters: list[dict[str, Any]]
    ) -> int:
        """Delete rows of a resource and return how many there were."""
        ...

    def take(self, resource: ResourceFacts, table: str, records: list[Any]) -> dict[str, Any]:
        """Store exported records durably and return what became of them, as the API's reply.

        Raises:
            StoreUnavailable: nothing can be stored now; the same records may be given again.
        """
        ...

    def refused(self) -> list[dict[str, Any]]:
        """Return what is known of the bodies that the engine refused."""
        ...

    def refused_rows(self, body_id: str) -> list[dict[str, Any]]:
        """Return the rows of one."""
        ...

    def store_refused(self, body_id: str) -> int:
        """Store one again and return how many of its rows were not stored before."""
        ...

    def drop_refused(self, body_id: str) -> None:
        """Delete one."""
        ...


class RemoteStore:
    """What a running server stores.

    Args:
        client: speaks with it.
    """

    def __init__(self, client: ServerClient) -> None:
        self._client = client

    def days(self) -> list[tuple[str, int]]:
        """Return the days that have data and their size in bytes, oldest first."""
        value = self._client.request("GET", "store/days")["value"]
        return [(each["day"], each["sizeBytes"]) for each in value]

    def drop_day(self, day: str) -> int:
        """Drop a day, named by its date, and return how many rows it had."""
        return int(self._client.request("DELETE", f"store/days/{quote(day, '')}")["deletedRows"])

    def purge(
        self, resource: ResourceFacts, table: str | None, filters: list[dict[str, Any]]
    ) -> int:
        """Ask for a purge and wait until it is done."""
        path = quote(resource.resource_id)
        asked = self._client.request("POST", f"{path}/purge", {"table": table, "filters": filters})
        while True:
            state = self._client.request("GET", f"{path}/operations/{asked['operationId']}")
            if state["status"] == "completed":
                return int(state["deletedRows"])
            time.sleep(_LOOKS_EVERY_S)

    def take(self, resource: ResourceFacts, table: str, records: list[Any]) -> dict[str, Any]:
        """Send exported records and return what became of them."""
        path = f"{quote(resource.resource_id)}/import"
        body = {"records": records, "table": table or None}
        try:
            reply: dict[str, Any] = self._client.request("POST", path, body)
        except ServerRefused as error:
            if error.code == _UNAVAILABLE:
                raise StoreUnavailable(error.message, retry_after_s=1) from None
            raise
        return reply

    def refused(self) -> list[dict[str, Any]]:
        """Return what is known of the bodies that the engine refused."""
        found: list[dict[str, Any]] = self._client.request("GET", "store/refused")["value"]
        return found

    def refused_rows(self, body_id: str) -> list[dict[str, Any]]:
        """Return the rows of one."""
        path = f"store/refused/{quote(body_id, '')}"
        found: list[dict[str, Any]] = self._client.request("GET", path)["value"]
        return found

    def store_refused(self, body_id: str) -> int:
        """Store one again and return how many of its rows were not stored before."""
        path = f"store/refused/{quote(body_id, '')}/store"
        return int(self._client.request("POST", path, {})["storedRows"])

    def drop_refused(self, body_id: str) -> None:
        """Delete one."""
        self._client.request("DELETE", f"store/refused/{quote(body_id, '')}")


class LocalStore:
    """What lies in a data folder that no server holds.

    Args:
        parts: opened on it.
        default_days: retention of resources that say nothing.
    """

    def __init__(self, parts: Parts, default_days: int) -> None:
        self._parts = parts
        self._default_days = default_days

    def days(self) -> list[tuple[str, int]]:
        """Return the days that have data and their size in bytes, oldest first."""
        return [(day_name(each.day), each.size_bytes) for each in self._parts.store.stored_days()]

    def drop_day(self, day: str) -> int:
        """Drop a day, named by its date, and return how many rows it had."""
        return self._parts.store.drop_day(day_number(day))

    def purge(
        self, resource: ResourceFacts, table: str | None, filters: list[dict[str, Any]]
    ) -> int:
        """Note a purge and do it."""
        from openinsights.catalog.retention import classic_name
        from openinsights.keeping.purge import selection_of, unchecked

        name = classic_name(table) if table else ""
        selection_of(unchecked(resource.app_id, name, tuple(filters)))
        purge = self._parts.purges.create(resource.app_id, name, tuple(filters))
        self._parts.keeper.keep()
        return self._parts.purges.get(purge.id).deleted_rows

    def take(self, resource: ResourceFacts, table: str, records: list[Any]) -> dict[str, Any]:
        """Store exported records and return what became of them."""
        from openinsights.importing.rows import Importer

        owner = self._parts.resources.get_by_app_id(resource.app_id)
        if owner is None:
            raise ResourceNotFound(resource.name)
        now = SystemClock().now_ticks()
        imported = Importer(owner, self._default_days, now, table).rows_of(records)
        if imported.rows.count:
            self._parts.store.append(imported.rows).result()
        return {
            "acceptedRows": imported.rows.count,
            "refused": [{"index": each.index, "reason": each.reason} for each in imported.refused],
            "leftOut": imported.left_out,
        }

    def refused(self) -> list[dict[str, Any]]:
        """Return what is known of the bodies that the engine refused."""
        from openinsights.keeping.set_aside import facts

        return [facts(each) for each in self._parts.store.set_aside()]

    def refused_rows(self, body_id: str) -> list[dict[str, Any]]:
        """Return the rows of one."""
        from openinsights.keeping.set_aside import row_objects

        return list(row_objects(self._parts.store.set_aside_rows(body_id)))

    def store_refused(self, body_id: str) -> int:
        """Store one again and return how many of its rows were not stored before."""
        return self._parts.store.store_set_aside(body_id)

    def drop_refused(self, body_id: str) -> None:
        """Delete one."""
        self._parts.store.drop_set_aside(body_id)


@contextmanager
def store_access(url: str | None, data: Path | None) -> Iterator[StoreAccess]:
    """Open what the options name, as `resource_access` does.

    Raises:
        OpenInsightsError: neither way is open; the message says why.
    """
    with ExitStack() as opened:
        place = server_or_folder(url, data, opened)
        if isinstance(place, ServerClient):
            yield RemoteStore(place)
            return
        from openinsights.app import open_parts

        settings, _ = configured(url=url, data=data)
        parts = open_parts(place, settings, SystemClock(), opened)
        yield LocalStore(parts, settings.retention_days)


def resource_named(url: str | None, data: Path | None, name: str) -> ResourceFacts:
    """Return the resource of that name."""
    with resource_access(url, data) as access:
        return found(access, name)


def checked_day(text: str) -> str:
    """Return a date as days are named.

    Raises:
        OpenInsightsError: it is none.
    """
    try:
        return day_name(day_number(text.strip()))
    except ValueError:
        raise OpenInsightsError(
            f"cannot use day {text!r}: name a date, as in 2026-11-21", code="InvalidDay"
        ) from None
