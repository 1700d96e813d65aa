"""What the routes of action groups and of processing rules have in common: documents with a path.

Each is about one resource or about all of them. Who may not see one is told that there is none; who
sees one and may not change it is told that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.errors import Forbidden
from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match, etag_of
from openinsights.api.arm.resources import AnyResource
from openinsights.api.arm.route import start_of_ids
from openinsights.api.errors import ApiError
from openinsights.api.lists import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec
    from starlette.requests import Request


class Document(Protocol):
    """What is kept."""

    @property
    def name(self) -> str:
        """The last part of its path."""

    @property
    def id(self) -> str:
        """Its path."""

    @property
    def key(self) -> str:
        """Its path in lower case."""

    @property
    def app_id(self) -> str:
        """The resource that it is about; "" for one that is about more than one."""

    @property
    def location(self) -> str:
        """A plain label here."""

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Labels of the owner."""


_Kept = TypeVar("_Kept", bound=Document)


class Store(Protocol[_Kept]):
    """Where documents of a kind are kept; its methods may block."""

    def get(self, path: str) -> _Kept | None:
        """Return the one of a path in any letter case, None when there is none."""

    def every(self) -> list[_Kept]:
        """Return all by their path."""

    def delete(self, path: str, check: Callable[[_Kept], None]) -> bool:
        """Delete one unless the check raises; return whether there was one."""


@dataclass(frozen=True, slots=True)
class KeptKind(Generic[_Kept]):
    """One kind of document.

    Attributes:
        what: as messages call it.
        store: where they are kept.
        path_of: the path of a subscription's group's name.
        whole: how one looks to who may change it; its tag follows from that.
        about_all: why one that is about no single resource is about all of them.
        is_open: whether everybody sees those that are about all resources.
    """

    what: str
    store: Store[_Kept]
    path_of: Callable[[str, str, str], str]
    whole: Callable[[_Kept], msgspec.Struct]
    about_all: str
    is_open: bool

    def may(self, request: Request, right: Right, kept: _Kept) -> bool:
        """Whether a caller holds a right: for the resource that it is about, else for all."""
        caller = caller_of(request)
        if kept.app_id:
            return caller.may(right, kept.app_id)
        return caller.may_everywhere(right) or (self.is_open and right is Right.READ)

    def refuse_others(self, request: Request, kept: _Kept) -> None:
        """Refuse a caller who may not change it.

        Raises:
            Forbidden: the caller may not.
        """
        if not self.may(request, Right.WRITE, kept):
            about = "its resource" if kept.app_id else f"every resource, for {self.about_all}"
            raise Forbidden(
                f"cannot change {self.named(kept)}: {caller_of(request).name} lacks the right"
                f" '{Right.WRITE}' for {about}"
            )

    def seen(self, request: Request) -> list[_Kept]:
        """Return those that a caller sees; it may block."""
        return [each for each in self.store.every() if self.may(request, Right.READ, each)]

    def among_all(self, request: Request, kind: str) -> list[AnyResource]:
        """Return those that a caller sees as lists of every type show them; it may block."""
        return [
            AnyResource(each.id, each.name, kind, each.location, dict(each.tags))
            for each in self.seen(request)
        ]

    async def page(self, request: Request) -> Page[_Kept]:
        """Return the page of those that a caller sees and whose path the request names."""
        start = start_of_ids(request)
        every = await run_in_threadpool(self.seen, request)
        found = [each for each in every if each.key.startswith(start)]
        return page_of(request, found, lambda each: each.key)

    async def found(self, request: Request, right: Right = Right.READ) -> _Kept:
        """Return the one that a request names.

        Raises:
            ApiError: there is none for who lacks the right.
        """
        found = await run_in_threadpool(self.store.get, self._path(request))
        if found is None or not self.may(request, right, found):
            name = request.path_params["name"][:80]
            raise ApiError(404, "ResourceNotFound", f"cannot find {self.what} {name!r}")
        return found

    def check_for(self, request: Request, wanted: _Kept) -> Callable[[_Kept | None], None]:
        """Return what raises when a document may not be kept in the place of what is there.

        Raises:
            Forbidden: the caller may not keep it anywhere.
        """
        self.refuse_others(request, wanted)

        def check(known: _Kept | None) -> None:
            if known is not None:
                self.refuse_others(request, known)
            check_match(request, self.named(wanted), None if known is None else self.etag(known))

        return check

    async def delete(self, request: Request) -> Response:
        """Delete the one that a request names; 204 when there is none."""

        def check(known: _Kept) -> None:
            self.refuse_others(request, known)
            check_match(request, self.named(known), self.etag(known))

        was = await run_in_threadpool(self.store.delete, self._path(request), check)
        return Response(status_code=200 if was else 204)

    def named(self, kept: _Kept) -> str:
        """Return how messages name it."""
        return f"{self.what} {kept.name[:80]!r}"

    def etag(self, kept: _Kept) -> str:
        """Return what changes whenever it does."""
        return etag_of(self.whole(kept))

    def _path(self, request: Request) -> str:
        parts = request.path_params
        return self.path_of(parts["subscription"], parts["group"], parts["name"])
