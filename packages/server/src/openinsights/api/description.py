"""The description of the REST API: the OpenAPI document over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.openapi import openapi
from openinsights.operation import JSON, Content, promises

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

PATH: Final = "/openapi.json"


class DescriptionApi:
    """The route of the document.

    Args:
        version: of the server.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self._described: Sequence[Guarded] = ()
        self._document: bytes | None = None

    def describe(self, routes: Sequence[Guarded]) -> None:
        """Say which routes the server has, once all of them are known."""
        self._described = routes

    def routes(self) -> list[Guarded]:
        """Return the route."""
        return [Guarded(PATH, self.document, right=Right.OPEN)]

    @promises("description", Content(doc="This document."))
    async def document(self, request: Request) -> Response:
        """Describe the whole REST API in OpenAPI 3.1."""
        if self._document is None:
            self._document = msgspec.json.encode(openapi(self._described, self._version))
        return Response(self._document, media_type=JSON)
