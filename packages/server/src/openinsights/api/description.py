"""The description of the REST API over HTTP: the OpenAPI document, and a page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import HTMLResponse, Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.openapi import openapi
from openinsights.api.reference_page import reference_page
from openinsights.operation import JSON, Content, promises

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

PATH: Final = "/openapi.json"
PAGE_PATH: Final = "/api"
_PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "x-content-type-options": "nosniff",
}


class DescriptionApi:
    """The routes of the document and of its page.

    Args:
        version: of the server.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self._described: Sequence[Guarded] = ()
        self._document: bytes | None = None
        self._page: str | None = None

    def describe(self, routes: Sequence[Guarded]) -> None:
        """Say which routes the server has, once all of them are known."""
        self._described = routes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded(PATH, self.document, right=Right.OPEN),
            Guarded(PAGE_PATH, self.page, right=Right.OPEN),
        ]

    @promises("description", Content(doc="This document."))
    async def document(self, request: Request) -> Response:
        """Describe the whole REST API in OpenAPI 3.1."""
        if self._document is None:
            self._document = msgspec.json.encode(openapi(self._described, self._version))
        return Response(self._document, media_type=JSON)

    @promises("description", Content(media_types=("text/html",), doc="The page."))
    async def page(self, request: Request) -> Response:
        """Show this description as a page to read; it asks for nothing else."""
        if self._page is None:
            self._page = reference_page(openapi(self._described, self._version))
        return HTMLResponse(self._page, headers=_PAGE_HEADERS)
