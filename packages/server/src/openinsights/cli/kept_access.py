"""How commands reach saved queries and workbooks: through a server, or in a data folder."""

from __future__ import annotations

import dataclasses
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from openinsights.catalog.errors import WorkbookNotFound
from openinsights.catalog.resource import DEFAULT_RESOURCE_GROUP, DEFAULT_SUBSCRIPTION, checked_name
from openinsights.catalog.saved_queries import SHARED, SavedQuery
from openinsights.catalog.workbooks import Workbook
from openinsights.cli.resource_access import RemoteResources, server_or_catalog
from openinsights.query.values import datetime_text
from openinsights.remote_database import ServerClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openinsights.catalog.saved_queries import SavedQueryStore
    from openinsights.catalog.workbooks import WorkbookStore
    from openinsights.cli.resource_access import ResourceAccess, ResourceFacts

_AUTHOR = "command line"


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """A saved query as commands print it."""

    name: str
    type: str
    alias: str
    content: str
    id: str
    created: str
    modified: str


@dataclass(frozen=True, slots=True)
class WorkbookFacts:
    """A workbook as commands print it."""

    name: str
    display_name: str
    resource_group: str
    category: str
    source: str
    modified: str
    modified_by: str
    revision: str
    content: str
    path: str


class KeptAccess(Protocol):
    """What the commands about saved queries and workbooks need."""

    resources: ResourceAccess

    def queries(self, resource: ResourceFacts) -> list[QueryFacts]:
        """Return the saved queries of a resource that all share, by name."""
        ...

    def save_query(
        self, resource: ResourceFacts, query: SavedQuery, *, replaces: bool
    ) -> QueryFacts:
        """Save a query; see `SavedQueryStore.put`."""
        ...

    def delete_query(self, resource: ResourceFacts, name: str) -> None:
        """Delete a saved query by its name.

        Raises:
            OpenInsightsError: there is none.
        """
        ...

    def workbooks(self) -> list[WorkbookFacts]:
        """Return all workbooks without their contents, by their path."""
        ...

    def workbook(self, path: str) -> WorkbookFacts:
        """Return a workbook with its content."""
        ...

    def save_workbook(self, workbook: Workbook, source: ResourceFacts | None) -> WorkbookFacts:
        """Make or replace a workbook."""
        ...

    def delete_workbook(self, path: str) -> None:
        """Delete a workbook."""
        ...


class RemoteKept:
    """What a running server keeps.

    Args:
        client: speaks with it.
    """

    def __init__(self, client: ServerClient) -> None:
        self._client = client
        self.resources: ResourceAccess = RemoteResources(client)

    def queries(self, resource: ResourceFacts) -> list[QueryFacts]:
        """Return the saved queries of a resource, by name."""
        path = f"{quote(resource.resource_id)}/analyticsItems?includeContent=true"
        return [_query_of(each) for each in self._client.request("GET", path)]

    def save_query(
        self, resource: ResourceFacts, query: SavedQuery, *, replaces: bool
    ) -> QueryFacts:
        """Save a query."""
        body = {
            "Name": query.name,
            "Content": query.content,
            "Type": query.type,
            "Properties": {"functionAlias": query.alias} if query.alias else None,
        }
        asked = urlencode({"overrideItem": "true"} if replaces else {})
        path = f"{quote(resource.resource_id)}/analyticsItems/item?{asked}"
        return _query_of(self._client.request("PUT", path, body))

    def delete_query(self, resource: ResourceFacts, name: str) -> None:
        """Delete a saved query by its name."""
        path = f"{quote(resource.resource_id)}/analyticsItems/item?{urlencode({'name': name})}"
        self._client.request("DELETE", path)

    def workbooks(self) -> list[WorkbookFacts]:
        """Return all workbooks without their contents."""
        path = "providers/Microsoft.Insights/workbooks"
        return [_workbook_of(each) for each in self._client.every(path)]

    def workbook(self, path: str) -> WorkbookFacts:
        """Return a workbook with its content."""
        return _workbook_of(self._client.request("GET", quote(path)))

    def save_workbook(self, workbook: Workbook, source: ResourceFacts | None) -> WorkbookFacts:
        """Make or replace a workbook."""
        properties = {
            "displayName": workbook.display_name,
            "serializedData": workbook.content,
            "category": workbook.category,
            "sourceId": None if source is None else source.resource_id,
        }
        reply = self._client.request("PUT", quote(workbook.id), {"properties": properties})
        return _workbook_of(reply)

    def delete_workbook(self, path: str) -> None:
        """Delete a workbook."""
        self._client.request("DELETE", quote(path))


class LocalKept:
    """What lies in a data folder that no server holds.

    Args:
        resources: of the folder.
        queries: of the folder.
        workbooks: of the folder.
    """

    def __init__(
        self, resources: ResourceAccess, queries: SavedQueryStore, workbooks: WorkbookStore
    ) -> None:
        self.resources = resources
        self._queries = queries
        self._workbooks = workbooks

    def queries(self, resource: ResourceFacts) -> list[QueryFacts]:
        """Return the saved queries of a resource, by name."""
        return [_query_facts(each) for each in self._queries.every(resource.app_id, SHARED)]

    def save_query(
        self, resource: ResourceFacts, query: SavedQuery, *, replaces: bool
    ) -> QueryFacts:
        """Save a query."""
        return _query_facts(self._queries.put(query, replaces=replaces))

    def delete_query(self, resource: ResourceFacts, name: str) -> None:
        """Delete a saved query by its name."""
        self._queries.delete(self._queries.get(resource.app_id, SHARED, name=name))

    def workbooks(self) -> list[WorkbookFacts]:
        """Return all workbooks without their contents."""
        return [_workbook_facts(each) for each in self._workbooks.every()]

    def workbook(self, path: str) -> WorkbookFacts:
        """Return a workbook with its content."""
        found = self._workbooks.get(path)
        if found is None:
            raise WorkbookNotFound(f"cannot find workbook {path!r}")
        return _workbook_facts(found)

    def save_workbook(self, workbook: Workbook, source: ResourceFacts | None) -> WorkbookFacts:
        """Make or replace a workbook."""
        if source is not None:
            workbook = dataclasses.replace(
                workbook, source_id=source.resource_id, app_id=source.app_id
            )
        kept, _ = self._workbooks.put(workbook, _AUTHOR, lambda _: None)
        return _workbook_facts(kept)

    def delete_workbook(self, path: str) -> None:
        """Delete a workbook."""
        self._workbooks.delete(path, lambda _: None)


@contextmanager
def kept_access(url: str | None, data: Path | None) -> Iterator[KeptAccess]:
    """Open what the options name, as `resource_access` does.

    Raises:
        OpenInsightsError: neither way is open; the message says why.
    """
    with server_or_catalog(url, data) as place:
        if isinstance(place, ServerClient):
            yield RemoteKept(place)
            return
        from openinsights.catalog.saved_queries import SavedQueryStore
        from openinsights.catalog.workbooks import WorkbookStore

        yield LocalKept(
            place.access,
            SavedQueryStore(place.engine, place.clock),
            WorkbookStore(place.engine, place.clock),
        )


def found_workbook(access: KeptAccess, name: str) -> WorkbookFacts:
    """Return the workbook of a name, display name or path, with its content.

    Raises:
        WorkbookNotFound: there is none, or there are several.
    """
    wanted = name.strip().lower()
    every = access.workbooks()
    matches = [
        each
        for each in every
        if wanted in (each.name.lower(), each.display_name.lower(), each.path.lower())
    ]
    if len(matches) != 1:
        there = ", ".join(sorted(each.display_name for each in matches or every)[:8])
        why = f"{len(matches)} have that name" if matches else f"there is {there or 'none yet'}"
        raise WorkbookNotFound(f"cannot find workbook {name[:80]!r}: {why}")
    return access.workbook(matches[0].path)


def new_workbook(display_name: str, content: str, group: str, category: str) -> Workbook:
    """Return a workbook under a name of its own."""
    group = checked_name("resource group", group or DEFAULT_RESOURCE_GROUP)
    name = str(uuid.uuid4())
    return Workbook(DEFAULT_SUBSCRIPTION, group, name, display_name, content, category=category)


def _query_of(item: Any) -> QueryFacts:  # JSON of the management API
    return QueryFacts(
        name=item["Name"],
        type=item["Type"],
        alias=(item.get("Properties") or {}).get("functionAlias") or "",
        content=item.get("Content") or "",
        id=item["Id"],
        created=item["TimeCreated"],
        modified=item["TimeModified"],
    )


def _query_facts(query: SavedQuery) -> QueryFacts:
    return QueryFacts(
        query.name,
        query.type,
        query.alias,
        query.content,
        query.id,
        datetime_text(query.created_ticks),
        datetime_text(query.modified_ticks),
    )


def _workbook_of(shown: Any) -> WorkbookFacts:  # JSON of the management API
    properties = shown["properties"]
    return WorkbookFacts(
        name=shown["name"],
        display_name=properties["displayName"],
        resource_group=shown["id"].split("/")[4],
        category=properties["category"],
        source=properties.get("sourceId") or "",
        modified=properties["timeModified"],
        modified_by=properties["userId"],
        revision=properties["revision"],
        content=properties.get("serializedData") or "",
        path=shown["id"],
    )


def _workbook_facts(workbook: Workbook) -> WorkbookFacts:
    return WorkbookFacts(
        workbook.name,
        workbook.display_name,
        workbook.resource_group,
        workbook.category,
        workbook.source_id,
        datetime_text(workbook.modified_ticks),
        workbook.modified_by,
        workbook.revision,
        workbook.content,
        workbook.id,
    )
