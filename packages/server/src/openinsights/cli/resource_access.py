"""How commands reach resources: through a running server, or in the data folder when none runs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import typer

from openinsights.catalog import own_resource
from openinsights.catalog.errors import ResourceNotFound
from openinsights.catalog.resource import (
    DEFAULT_SUBSCRIPTION,
    Resource,
    ResourcePath,
    checked_key,
    checked_label,
    checked_name,
    connection_string,
)
from openinsights.catalog.retention import EVERY_TABLE
from openinsights.catalog.unknown_names import resource_not_found
from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.clock import SystemClock
from openinsights.data_folder import (
    DataFolder,
    DataFolderLocked,
    refuse_without_telemetry,
    secret_in,
)
from openinsights.query.values import datetime_text
from openinsights.remote_database import ServerClient, ServerUnreachable
from openinsights.tls import authority_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import sqlalchemy as sa

    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.settings import Settings

_COMPONENTS = "providers/Microsoft.Insights/components"


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """A resource as commands print it."""

    name: str
    resource_group: str
    location: str
    app_id: str
    instrumentation_key: str
    connection_string: str
    resource_id: str
    created: str
    retention_days: int
    retention_days_by_table: dict[str, int]
    settings: dict[str, Any] = field(default_factory=dict)  # values are JSON's


class ResourceAccess(Protocol):
    """What the `resource` commands need."""

    def create(
        self, name: str, resource_group: str, location: str, instrumentation_key: str | None
    ) -> ResourceFacts:
        """Make a resource.

        Raises:
            OpenInsightsError: it cannot be made; the message says why.
        """
        ...

    def list(self) -> list[ResourceFacts]:
        """Return every resource, oldest first."""
        ...

    def set_retention(
        self, resource: ResourceFacts, changes: dict[str, int | None]
    ) -> ResourceFacts:
        """Change the days of retention by table name; see `Retention.changed`."""
        ...

    def delete(self, resource: ResourceFacts) -> int:
        """Delete a resource with its telemetry; return the number of rows deleted."""
        ...

    def change(self, resource: ResourceFacts, settings: Mapping[str, object]) -> ResourceFacts:
        """Change settings of a resource, by name; None sets back to the default.

        Raises:
            OpenInsightsError: there is no such setting, or it cannot have the value.
        """
        ...


class RemoteResources:
    """Resources of a running server.

    Args:
        client: speaks with it.
    """

    def __init__(self, client: ServerClient) -> None:
        self._client = client

    def create(
        self, name: str, resource_group: str, location: str, instrumentation_key: str | None
    ) -> ResourceFacts:
        """Make a resource; one of that name must not exist."""
        group = checked_name("resource group", resource_group)
        name = checked_name("resource", name)  # a slash in it would name another path
        path = str(ResourcePath(DEFAULT_SUBSCRIPTION, quote(group, ""), quote(name, "")))
        key = None if instrumentation_key is None else checked_key(instrumentation_key)
        body = {
            "location": checked_label("location", location),
            "properties": {"InstrumentationKey": key},
        }
        headers = {"if-none-match": "*"}
        return _facts(self._client.request("PUT", path, body, headers))

    def list(self) -> list[ResourceFacts]:
        """Return every resource, oldest first."""
        return [_facts(each) for each in self._client.every(_COMPONENTS)]

    def set_retention(
        self, resource: ResourceFacts, changes: dict[str, int | None]
    ) -> ResourceFacts:
        """Change the days of retention by table name."""
        by_table = {table: days for table, days in changes.items() if table != EVERY_TABLE}
        properties: dict[str, object] = {"RetentionInDaysByTable": by_table}
        if EVERY_TABLE in changes:
            properties["RetentionInDays"] = changes[EVERY_TABLE]
        body = {"properties": properties}
        return _facts(self._client.request("PATCH", quote(resource.resource_id), body))

    def delete(self, resource: ResourceFacts) -> int:
        """Delete a resource with its telemetry."""
        reply = self._client.request("DELETE", quote(resource.resource_id))
        return 0 if reply is None else int(reply["deletedRows"])

    def change(self, resource: ResourceFacts, settings: Mapping[str, object]) -> ResourceFacts:
        """Change settings of a resource."""
        body = {"properties": {"OpenInsights": dict(settings)}}
        return _facts(self._client.request("PATCH", quote(resource.resource_id), body))


class LocalResources:
    """Resources of a data folder that no server holds.

    Args:
        resources: where they are kept.
        telemetry: the folder of the telemetry store.
        store: the URL of the store, "" when it is in that folder.
        public_url: what connection strings name.
        retention_days: of resources that say nothing.
    """

    def __init__(
        self,
        resources: ResourceStore,
        telemetry: Path,
        store: str,
        public_url: str,
        retention_days: int,
    ) -> None:
        self._resources = resources
        self._telemetry = telemetry
        self._store = store
        self._public_url = public_url
        self._retention_days = retention_days

    def create(
        self, name: str, resource_group: str, location: str, instrumentation_key: str | None
    ) -> ResourceFacts:
        """Make a resource; one of that name must not exist."""
        return self._facts(
            self._resources.create(name, resource_group, location, instrumentation_key)
        )

    def list(self) -> list[ResourceFacts]:
        """Return every resource, oldest first."""
        return [self._facts(resource) for resource in self._resources.list()]

    def set_retention(
        self, resource: ResourceFacts, changes: dict[str, int | None]
    ) -> ResourceFacts:
        """Change the days of retention by table name; the next server to run applies them."""
        return self._facts(self._resources.set_retention(resource.app_id, changes))

    def delete(self, resource: ResourceFacts) -> int:
        """Delete a resource with its telemetry."""
        self._resources.delete(resource.app_id)
        if not self._store and not self._telemetry.is_dir():
            return 0
        from openinsights.store.opening import open_store
        from openinsights.store.selection import Selection

        store = open_store(self._store, self._telemetry, SystemClock())
        try:
            return store.delete(Selection(app_ids=(resource.app_id,)))
        finally:
            store.close()

    def change(self, resource: ResourceFacts, settings: Mapping[str, object]) -> ResourceFacts:
        """Change settings of a resource."""
        return self._facts(self._resources.update(resource.app_id, settings=settings))

    def _facts(self, resource: Resource) -> ResourceFacts:
        return ResourceFacts(
            name=resource.name,
            resource_group=resource.resource_group,
            location=resource.location,
            app_id=resource.app_id,
            instrumentation_key=resource.instrumentation_key,
            connection_string=connection_string(resource, self._public_url),
            resource_id=resource.resource_id,
            created=datetime_text(resource.created_ticks),
            retention_days=resource.retention.days or self._retention_days,
            retention_days_by_table=dict(resource.retention.tables),
            settings=resource.settings.to_json(),
        )


@dataclass(frozen=True, slots=True)
class OpenCatalog:
    """What is configured in a data folder that no server holds.

    Attributes:
        engine: the catalog's database.
        resources: in it; closing these closes the database.
        telemetry: the folder of the telemetry store.
        store: the URL of the store, "" when it is in that folder.
        settings: of the command.
        clock: tells the time.
    """

    engine: sa.Engine
    resources: ResourceStore
    telemetry: Path
    settings: Settings
    clock: Clock

    @property
    def access(self) -> LocalResources:
        """The resources, as commands work on them."""
        settings = self.settings
        public_url = settings.public_url or f"http://{settings.host}:{settings.port}/"
        return LocalResources(
            self.resources,
            self.telemetry,
            settings.store.reveal(),
            public_url,
            settings.retention_days,
        )


@contextmanager
def resource_access(
    url: str | None, data: Path | None, *, makes_folder: bool = False
) -> Iterator[ResourceAccess]:
    """Open what the options name.

    A named URL is used, whatever happens. A named folder is used, through the server that holds
    it if one does. With neither, the server at its usual place is used when it runs, else the
    user's own data folder.

    Args:
        url: of a server.
        data: a data folder.
        makes_folder: whether a data folder that is not there yet is made.

    Raises:
        OpenInsightsError: neither way is open; the message says why.
    """
    with server_or_catalog(url, data, makes_folder=makes_folder) as place:
        yield RemoteResources(place) if isinstance(place, ServerClient) else place.access


def server_or_folder(
    url: str | None, data: Path | None, opened: ExitStack, *, makes_folder: bool = False
) -> ServerClient | DataFolder:
    """Return the running server or the data folder that a command works on.

    Args:
        url: of a server; see `resource_access`.
        data: a data folder.
        opened: closes it.
        makes_folder: whether a data folder that is not there yet is made.

    Raises:
        OpenInsightsError: neither way is open; the message says why.
    """
    settings, folder = configured(url=url, data=data)
    if data is None or url is not None:
        client = ServerClient(
            settings.url or DEFAULT_URL, settings.ca_file, settings.api_key.reveal()
        )
        opened.callback(client.close)
        try:
            # a server that takes no telemetry is there all the same
            client.request("GET", "portal/api/session")
        except ServerUnreachable:
            if settings.url:
                raise
            typer.echo(f"no server at {client.url}; using data folder {folder}", err=True)
        else:
            return client
    if not makes_folder:
        refuse_without_telemetry(folder)
    try:
        return opened.enter_context(DataFolder(folder))
    except DataFolderLocked as locked:
        if not locked.holder.url:
            raise
        client = ServerClient(locked.holder.url, authority_in(folder), secret_in(folder))
        opened.callback(client.close)
        return client


def found(access: ResourceAccess, name: str) -> ResourceFacts:
    """Return the resource of that name, id or resource id.

    Raises:
        ResourceNotFound: there is none, or several have the name.
    """
    wanted = name.lower()
    every = access.list()
    matches = [
        each
        for each in every
        if wanted
        in (
            each.name.lower(),
            each.app_id,
            each.resource_id.lower(),
            f"{each.resource_group}/{each.name}".lower(),
        )
    ]
    if not matches:
        raise resource_not_found(name, (each.name for each in every))
    if len(matches) > 1:
        choices = ", ".join(f"{each.resource_group}/{each.name}" for each in matches)
        raise ResourceNotFound(f"cannot tell which resource {name!r} is meant: {choices}")
    return matches[0]


def chosen(access: ResourceAccess, name: str | None) -> ResourceFacts:
    """Return the resource of that name; without a name the only one there is.

    Raises:
        ResourceNotFound: there is none of the name, or no name and not exactly one resource.
    """
    if name is not None:
        return found(access, name)
    own = (own_resource.GROUP, own_resource.NAME)
    every = [each for each in access.list() if (each.resource_group, each.name) != own]
    if len(every) == 1:
        return every[0]
    remedy = "name one with --app" if every else "make one: openinsights resource create NAME"
    raise ResourceNotFound(f"cannot choose a resource: there are {len(every)} resources; {remedy}")


@contextmanager
def server_or_catalog(
    url: str | None, data: Path | None, *, makes_folder: bool = True
) -> Iterator[ServerClient | OpenCatalog]:
    """Open the running server, or what is configured in the data folder, that a command works on.

    Raises:
        OpenInsightsError: neither way is open; the message says why.
    """
    with ExitStack() as opened:
        place = server_or_folder(url, data, opened, makes_folder=makes_folder)
        if isinstance(place, ServerClient):
            yield place
            return
        # only who works on a folder pays for loading what opens it
        from openinsights.catalog import engine
        from openinsights.catalog.resources import ResourceStore

        settings, _ = configured(url=url, data=data)
        clock = SystemClock()
        catalog = engine.open_catalog(settings.catalog.reveal(), place.catalog)
        resources = ResourceStore(catalog, clock)
        opened.callback(resources.close)
        yield OpenCatalog(catalog, resources, place.telemetry, settings, clock)


def _facts(component: Any) -> ResourceFacts:  # JSON of the management API
    properties = component["properties"]
    return ResourceFacts(
        name=component["name"],
        resource_group=component["id"].split("/")[4],
        location=component["location"],
        app_id=properties["AppId"],
        instrumentation_key=properties["InstrumentationKey"],
        connection_string=properties["ConnectionString"],
        resource_id=component["id"],
        created=properties["CreationDate"],
        retention_days=properties["RetentionInDays"],
        retention_days_by_table=properties["RetentionInDaysByTable"],
        settings=properties.get("OpenInsights") or {},
    )
