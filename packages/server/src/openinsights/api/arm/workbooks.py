"""Workbooks as resources of Azure's management API, with their revisions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.errors import Forbidden
from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match
from openinsights.api.arm.route import (
    API_VERSION,
    GROUP,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    routes_of_kind,
    start_of_ids,
)
from openinsights.api.body import body_as
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.catalog.resource import DEFAULT_LOCATION
from openinsights.catalog.workbooks import Workbook, workbook_not_found
from openinsights.operation import Content, Parameter, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.workbooks import WorkbookStore

ROOM: Final = "workbooks"
TYPE: Final = "microsoft.insights/workbooks"
PROVIDER: Final = "/providers/Microsoft.Insights/workbooks"
_SOURCE = Parameter("sourceId", "Only those of this resource, named by its id or resource id.")
_CATEGORY = Parameter("category", "Only those of this category.")
_CONTENT = Parameter("canFetchContent", "Whether the documents come along.", shape=bool)


class WorkbookProperties(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """What a workbook is.

    Attributes:
        serialized_data: the document, as its author's tool writes it; left out of lists unless
            `canFetchContent` is true.
        source_id: the resource that it is about; who may read that one may read the workbook.
    """

    display_name: str
    version: str
    time_modified: str
    category: str
    user_id: str
    revision: str
    source_id: str | None = None
    description: str | None = None
    serialized_data: str | None = None
    tags: list[str] | None = None


class SystemData(msgspec.Struct, rename="camel", frozen=True):
    """Who made and changed it, and when."""

    created_by: str
    created_at: str
    last_modified_by: str
    last_modified_at: str


class WorkbookShown(msgspec.Struct, rename="camel", frozen=True):
    """A workbook."""

    id: str
    name: str
    type: str
    location: str
    kind: str
    tags: dict[str, str]
    etag: str
    properties: WorkbookProperties
    system_data: SystemData


class PropertyChanges(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is set of a workbook's properties; what is left out stays."""

    display_name: str | None = None
    serialized_data: str | None = None
    version: str | None = None
    category: str | None = None
    source_id: str | None = None
    description: str | None = None
    storage_uri: str | None = None
    tags: list[str] | None = None


class WorkbookChanges(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is set of a workbook; what is left out stays, or has its default.

    Attributes:
        kind: `shared` or `user`.
        etag: as If-Match, for tools that send it in the body.
    """

    location: str | None = None
    kind: str | None = None
    tags: dict[str, str] | None = None
    etag: str | None = None
    properties: PropertyChanges | None = None


_BODY = Content(
    WorkbookChanges,
    example={
        "location": "local",
        "kind": "shared",
        "properties": {
            "displayName": "Failures of the shop",
            "category": "workbook",
            "serializedData": '{"version":"Notebook/1.0","items":[]}',
        },
    },
)


class WorkbooksApi:
    """The routes that manage workbooks.

    Args:
        workbooks: where they are kept.
        resources: what they are about.
        max_body_bytes: longest request body.
    """

    def __init__(
        self, workbooks: WorkbookStore, resources: ResourceStore, max_body_bytes: int
    ) -> None:
        self._workbooks = workbooks
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the workbooks of every subscription."""
        one = f"{GROUP}{PROVIDER}/{{name}}"
        return [
            *routes_of_kind(PROVIDER, self.listed, self.show, self.put, self.patch, self.delete),
            ArmRoute(f"{one}/revisions", self.revisions, right=Right.READ),
            ArmRoute(f"{one}/revisions/{{revision}}", self.revision, right=Right.READ),
        ]

    @promises(
        ROOM,
        Page[WorkbookShown],
        parameters=(API_VERSION, _CATEGORY, _SOURCE, _CONTENT, *PAGING),
        errors=(400, 404),
    )
    async def listed(self, request: Request) -> Response:
        """List workbooks, by their path."""
        asked = request.query_params
        app_id = self._app_id(asked.get("sourceId"))
        category = asked.get("category", "").lower()
        start = start_of_ids(request)
        found = [
            each
            for each in await run_in_threadpool(seen_workbooks, request, self._workbooks)
            if each.id.lower().startswith(start)
            and app_id in ("", each.app_id)
            and category in ("", each.category.lower())
        ]
        page = page_of(request, found, lambda each: each.id.lower())
        whole = _is_true(asked.get("canFetchContent"))
        shown = await run_in_threadpool(
            lambda: [
                _shown((self._workbooks.get(each.id) or each) if whole else each, whole)
                for each in page.value
            ]
        )
        return json_response(Page(shown, page.next_link))

    @promises(ROOM, WorkbookShown, parameters=(API_VERSION, _CONTENT), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a workbook with its document."""
        found = await run_in_threadpool(self._workbooks.get, _path(request))
        if found is None or not _may(request, Right.READ, found):
            raise workbook_not_found(_path(request))
        return _reply(found)

    @promises(
        ROOM,
        WorkbookShown,
        body=_BODY,
        replies={201: WorkbookShown},
        parameters=(API_VERSION, IF_MATCH, IF_NONE_MATCH, _SOURCE),
        errors=(400, 404, 409, 412, 413),
    )
    async def put(self, request: Request) -> Response:
        """Make or replace a workbook; doing it twice is doing it once, but for the revision."""
        changes = await body_as(request, self._max_body_bytes, WorkbookChanges)
        parts = request.path_params
        new = Workbook(parts["subscription"], parts["group"], parts["name"], "", "")
        return await self._keep(request, new, changes)

    @promises(
        ROOM,
        WorkbookShown,
        status=200,
        body=_BODY,
        parameters=(API_VERSION, IF_MATCH, _SOURCE),
        errors=(400, 404, 412, 413),
    )
    async def patch(self, request: Request) -> Response:
        """Change a workbook."""
        changes = await body_as(request, self._max_body_bytes, WorkbookChanges)
        known = await run_in_threadpool(self._workbooks.get, _path(request))
        if known is None or not _may(request, Right.WRITE, known):
            raise workbook_not_found(_path(request))
        return await self._keep(request, known, changes)

    @promises(ROOM, replies={204: None}, parameters=(API_VERSION, IF_MATCH), errors=(403, 412))
    async def delete(self, request: Request) -> Response:
        """Delete a workbook with its revisions; 204 when there is none."""

        def check(known: Workbook) -> None:
            _refuse_others(request, known)
            check_match(request, _named(known), _etag(known))

        was = await run_in_threadpool(self._workbooks.delete, _path(request), check)
        return Response(status_code=200 if was else 204)

    @promises(ROOM, Page[WorkbookShown], parameters=(API_VERSION, *PAGING), errors=(400, 404))
    async def revisions(self, request: Request) -> Response:
        """List what a workbook was, the newest first, without documents."""
        found = await run_in_threadpool(self._workbooks.revisions, _path(request))
        if not found or not _may(request, Right.READ, found[0]):
            raise workbook_not_found(_path(request))
        newest = [(_newest_first(each), each) for each in found]
        page = page_of(request, sorted(newest, key=lambda each: each[0]), lambda each: each[0])
        shown = [_shown(each, whole=False) for _, each in page.value]
        return json_response(Page(shown, page.next_link))

    @promises(ROOM, WorkbookShown, parameters=(API_VERSION,), errors=(404,))
    async def revision(self, request: Request) -> Response:
        """Show what a workbook was, with its document."""
        found = await run_in_threadpool(
            self._workbooks.revision, _path(request), request.path_params["revision"]
        )
        if not _may(request, Right.READ, found):
            raise workbook_not_found(_path(request))
        return _reply(found)

    async def _keep(self, request: Request, base: Workbook, changes: WorkbookChanges) -> Response:
        properties = changes.properties or PropertyChanges()
        if properties.storage_uri:
            raise ApiError(
                400, BAD_ARGUMENT, "cannot use storageUri: this server keeps workbooks itself"
            )
        source = properties.source_id
        if source is None and not base.app_id:
            source = request.query_params.get("sourceId")
        said: dict[str, Any] = {
            "location": changes.location or base.location or DEFAULT_LOCATION,
            "kind": changes.kind,
            "tags": None if changes.tags is None else tuple(changes.tags.items()),
            "display_name": properties.display_name,
            "content": properties.serialized_data,
            "version": properties.version,
            "category": properties.category,
            "description": properties.description,
            "source_id": source,
            "app_id": None if source is None else self._app_id(source),
        }
        wanted = dataclasses.replace(
            base, **{name: value for name, value in said.items() if value is not None}
        )
        _refuse_others(request, wanted)

        def check(known: Workbook | None) -> None:
            if known is not None:
                _refuse_others(request, known)
            etag = None if known is None else _etag(known)
            check_match(request, _named(wanted), etag)
            if changes.etag and etag is not None and changes.etag.strip('"') != etag.strip('"'):
                raise ApiError(
                    412,
                    "PreconditionFailed",
                    f"cannot change {_named(wanted)}: it has changed since it was read;"
                    " read it again",
                )

        kept, is_new = await run_in_threadpool(
            self._workbooks.put, wanted, caller_of(request).name, check
        )
        return _reply(kept, 201 if is_new else 200)

    def _app_id(self, source: str | None) -> str:
        """Return the id of the resource that a source names, "" when it names none of ours."""
        if not source or source.strip().lower() in ("azure monitor", "microsoft_azure_monitor"):
            return ""
        return self._resources.named(source).app_id


def seen_workbooks(request: Request, workbooks: WorkbookStore) -> list[Workbook]:
    """Return the workbooks that a caller may read, by their path; it may block."""
    return list(_seen(request, workbooks))


def _seen(request: Request, workbooks: WorkbookStore) -> Iterator[Workbook]:
    for each in workbooks.every():
        if _may(request, Right.READ, each):
            yield each


def _may(request: Request, right: Right, workbook: Workbook) -> bool:
    """Whether a caller holds a right: for the resource that it is about, else for all of them."""
    caller = caller_of(request)
    if workbook.app_id:
        return caller.may(right, workbook.app_id)
    return caller.may_everywhere(right)


def _refuse_others(request: Request, workbook: Workbook) -> None:
    if not _may(request, Right.WRITE, workbook):
        about = "its resource" if workbook.app_id else "every resource, for it names none"
        raise Forbidden(
            f"cannot change {_named(workbook)}: {caller_of(request).name} lacks the right"
            f" '{Right.WRITE}' for {about}"
        )


def _path(request: Request) -> str:
    parts = request.path_params
    return Workbook(parts["subscription"], parts["group"], parts["name"], "", "").id


def _named(workbook: Workbook) -> str:
    return f"workbook {workbook.name[:80]!r}"


def _etag(workbook: Workbook) -> str:
    return f'"{workbook.revision}"'


def _newest_first(workbook: Workbook) -> str:
    return f"{2**63 - workbook.modified_ticks:020d}/{workbook.revision}"


def _is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"


def _reply(workbook: Workbook, status: int = 200) -> Response:
    return json_response(_shown(workbook, whole=True), status, {"etag": _etag(workbook)})


def _shown(workbook: Workbook, whole: bool) -> WorkbookShown:
    properties = WorkbookProperties(
        display_name=workbook.display_name,
        version=workbook.version,
        time_modified=datetime_text(workbook.modified_ticks),
        category=workbook.category,
        user_id=workbook.modified_by,
        revision=workbook.revision,
        source_id=workbook.source_id or None,
        description=workbook.description or None,
        serialized_data=workbook.content if whole else None,
    )
    return WorkbookShown(
        workbook.id,
        workbook.name,
        TYPE,
        workbook.location,
        workbook.kind,
        dict(workbook.tags),
        _etag(workbook),
        properties,
        SystemData(
            workbook.created_by,
            datetime_text(workbook.created_ticks),
            workbook.modified_by,
            datetime_text(workbook.modified_ticks),
        ),
    )
