"""Availability tests as the web tests of Azure's management API."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.errors import Forbidden
from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match, etag_of
from openinsights.api.arm.resources import AnyResource
from openinsights.api.arm.route import (
    API_VERSION,
    COMPONENT,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    component_of,
    routes_of_kind,
    start_of_ids,
)
from openinsights.api.body import json_object
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.availability.shape import WebTestShape
from openinsights.catalog.availability_tests import KeptTest, availability_test_not_found
from openinsights.catalog.resource import DEFAULT_LOCATION
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.availability.book import TestBook
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

ROOM: Final = "availability tests"
TYPE: Final = "microsoft.insights/webtests"
PROVIDER: Final = "/providers/Microsoft.Insights/webtests"
LINK: Final = "hidden-link:"
"""With a resource id behind it, the tag that says which component a test is about."""


class WebTest(msgspec.Struct, frozen=True):
    """An availability test."""

    id: str
    name: str
    type: str
    location: str
    tags: dict[str, str]
    kind: str
    etag: str
    properties: dict[str, Any]  # as their author sent them


class WebTestBody(msgspec.Struct, omit_defaults=True):
    """A test to make or change.

    Attributes:
        tags: one of them is `hidden-link:` with the resource id of the component behind it; its
            value is `Resource`.
    """

    location: str | None = None
    kind: str | None = None
    tags: dict[str, str] | None = None
    properties: WebTestShape | None = None


_BODY = Content(
    WebTestBody,
    example={
        "location": "local",
        "kind": "standard",
        "tags": {
            "hidden-link:/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
            "/providers/Microsoft.Insights/components/shop": "Resource"
        },
        "properties": {
            "SyntheticMonitorId": "front-page",
            "Name": "Front page",
            "Enabled": False,
            "Frequency": 300,
            "Timeout": 30,
            "Kind": "standard",
            "RetryEnabled": True,
            "Locations": [{"Id": "local"}],
            "Request": {"RequestUrl": "http://127.0.0.1:8000/", "HttpVerb": "GET"},
            "ValidationRules": {"ExpectedHttpStatusCode": 200},
        },
    },
)


class WebTestsApi:
    """The routes that manage availability tests.

    Args:
        book: where they are kept.
        resources: what they are about.
        max_body_bytes: longest request body.
    """

    def __init__(self, book: TestBook, resources: ResourceStore, max_body_bytes: int) -> None:
        self._book = book
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the tests of every subscription."""
        return [
            *routes_of_kind(PROVIDER, self.listed, self.show, self.put, self.patch, self.delete),
            ArmRoute(f"{COMPONENT}/webtests", self.of_component, right=Right.READ),
        ]

    @promises(ROOM, Page[WebTest], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List availability tests, by their path."""
        start = start_of_ids(request)
        found = [
            each
            for each in await run_in_threadpool(seen_tests, request, self._book)
            if each.id.lower().startswith(start)
        ]
        return _page(request, found)

    @promises(ROOM, Page[WebTest], parameters=(API_VERSION, *PAGING), errors=(400, 404))
    async def of_component(self, request: Request) -> Response:
        """List the availability tests of a component, by their path."""
        app_id = component_of(request, self._resources).app_id
        found = await run_in_threadpool(self._book.of, app_id)
        return _page(request, [each for each, _ in found])

    @promises(ROOM, WebTest, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show an availability test."""
        found = await run_in_threadpool(self._book.get, _path(request))
        if found is None or not _may(request, Right.READ, found):
            raise availability_test_not_found(_path(request))
        return _reply(found)

    @promises(
        ROOM,
        WebTest,
        body=_BODY,
        replies={201: WebTest},
        parameters=(API_VERSION, IF_MATCH, IF_NONE_MATCH),
        errors=(400, 404, 409, 412, 413),
    )
    async def put(self, request: Request) -> Response:
        """Make or replace an availability test with its alert rule; doing it twice is doing it once."""
        body, properties = await self._body(request)
        parts = request.path_params
        wanted = self._test(
            KeptTest(parts["subscription"], parts["group"], parts["name"], "", ""),
            body,
            properties,
        )
        return await self._keep(request, wanted)

    @promises(
        ROOM,
        WebTest,
        body=_BODY,
        parameters=(API_VERSION, IF_MATCH),
        errors=(400, 404, 412, 413),
    )
    async def patch(self, request: Request) -> Response:
        """Change tags or properties of an availability test; those that are left out stay."""
        body, properties = await self._body(request)
        known = await run_in_threadpool(self._book.get, _path(request))
        if known is None or not _may(request, Right.WRITE, known):
            raise availability_test_not_found(_path(request))
        return await self._keep(
            request, self._test(known, body, {**known.properties, **properties})
        )

    @promises(ROOM, replies={204: None}, parameters=(API_VERSION, IF_MATCH), errors=(403, 412))
    async def delete(self, request: Request) -> Response:
        """Delete an availability test with its alert rule; 204 when there is none."""

        def check(known: KeptTest) -> None:
            _refuse_others(request, known)
            check_match(request, _named(known), _shown(known).etag)

        was = await run_in_threadpool(self._book.delete, _path(request), check)
        return Response(status_code=200 if was else 204)

    async def _body(self, request: Request) -> tuple[WebTestBody, dict[str, Any]]:
        """Return a body as its form, and its properties as they were sent."""
        sent = await json_object(request, self._max_body_bytes)
        try:
            body = msgspec.convert(sent, WebTestBody)
        except msgspec.ValidationError as error:
            raise ApiError(400, BAD_ARGUMENT, f"cannot read the body: {error}") from None
        return body, sent.get("properties") or {}

    def _test(self, base: KeptTest, body: WebTestBody, properties: dict[str, Any]) -> KeptTest:
        tags = dict(base.tags) if body.tags is None else body.tags
        shape = body.properties or WebTestShape()
        named = properties.get("Name") or base.name
        enabled = properties.get("Enabled")
        return dataclasses.replace(
            base,
            location=body.location or base.location or DEFAULT_LOCATION,
            kind=body.kind or shape.kind or base.kind,
            tags=tuple(tags.items()),
            app_id=self._linked(tags).app_id,
            display_name=str(named).strip(),
            properties={
                name: value for name, value in properties.items() if name != "provisioningState"
            },
            is_enabled=enabled is not False,
        )

    def _linked(self, tags: dict[str, str]) -> Resource:
        """Return the component that tags name.

        Raises:
            ApiError: they name none, or several.
            ResourceForbidden: the caller may not see it.
        """
        links = [tag[len(LINK) :] for tag in tags if tag.lower().startswith(LINK)]
        if len(links) != 1:
            raise ApiError(
                400,
                BAD_ARGUMENT,
                "cannot tell what the availability test is about: it needs one tag"
                f" '{LINK}<resource id of the component>' with the value 'Resource'",
            )
        found = self._resources.get_by_resource_id(links[0])
        if found is None:
            raise ApiError(
                400,
                BAD_ARGUMENT,
                f"cannot make the availability test: its tag {LINK} names no component"
                f" ({links[0][:200]!r})",
            )
        return found

    async def _keep(self, request: Request, wanted: KeptTest) -> Response:
        def check(known: KeptTest | None) -> None:
            if known is not None:
                _refuse_others(request, known)
            check_match(request, _named(wanted), None if known is None else _shown(known).etag)

        kept, is_new = await run_in_threadpool(self._book.put, wanted, check)
        return _reply(kept, 201 if is_new else 200)


def seen_tests(request: Request, book: TestBook) -> list[KeptTest]:
    """Return the tests that a caller may read, by their path; it may block."""
    return [each for each in book.every() if _may(request, Right.READ, each)]


def listed_among_all(request: Request, book: TestBook) -> list[AnyResource]:
    """Return the tests that a caller may read as lists of every type show them; it may block."""
    return [
        AnyResource(each.id, each.name, TYPE, each.location, dict(each.tags), each.kind)
        for each in seen_tests(request, book)
    ]


def _may(request: Request, right: Right, test: KeptTest) -> bool:
    return caller_of(request).may(right, test.app_id)


def _refuse_others(request: Request, test: KeptTest) -> None:
    if not _may(request, Right.WRITE, test):
        raise Forbidden(
            f"cannot change {_named(test)}: {caller_of(request).name} lacks the right"
            f" '{Right.WRITE}' for its component"
        )


def _path(request: Request) -> str:
    parts = request.path_params
    return KeptTest(parts["subscription"], parts["group"], parts["name"], "", "").id


def _named(test: KeptTest) -> str:
    return f"availability test {test.name[:80]!r}"


def _page(request: Request, found: list[KeptTest]) -> Response:
    page = page_of(request, found, lambda each: each.id.lower())
    return json_response(Page([_shown(each) for each in page.value], page.next_link))


def _reply(test: KeptTest, status: int = 200) -> Response:
    shown = _shown(test)
    return json_response(shown, status, {"etag": shown.etag})


def _shown(test: KeptTest) -> WebTest:
    properties = {**test.properties, "provisioningState": "Succeeded"}
    tags = dict(test.tags)
    etag = etag_of((test.location, test.kind, tags, properties))
    return WebTest(test.id, test.name, TYPE, test.location, tags, test.kind, etag, properties)
