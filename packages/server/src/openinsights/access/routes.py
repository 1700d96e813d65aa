"""Routes that name the right they need. Every route of the server is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from openinsights.access.caller import ASKING, NOBODY, Asking, Caller
from openinsights.access.errors import Forbidden, NotAuthenticated
from openinsights.access.rights import Right

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from openinsights.errors import OpenInsightsError

_UNASKED = (Right.OPEN, Right.INGEST)


class Guarded(Route):
    """A route that serves only those who hold its right.

    READ, WRITE and MANAGE have to be held for some resource at least; which ones the handler then
    sees is decided where it looks them up (`SeenResources`). A handler that looks up none, but
    tells about all of them, has to say `everywhere`.

    Args:
        path: as for `Route`.
        endpoint: as for `Route`.
        right: what is needed, for every method or by method; HEAD needs what GET does.
        methods: as for `Route`; those of `right` when it tells them apart.
        everywhere: whether the right is needed for every resource.

    Attributes:
        elsewhere: what is raised instead of serving anybody, where another server serves it.
    """

    elsewhere: OpenInsightsError | None = None

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],  # an ASGI application or a handler of Starlette's
        *,
        right: Right | Mapping[str, Right],
        methods: Sequence[str] | None = None,
        everywhere: bool = False,
    ) -> None:
        by_method = not isinstance(right, Right)
        named = list(methods or (right if by_method else ("GET",)))
        super().__init__(path, endpoint, methods=named)
        rights = right if not isinstance(right, Right) else dict.fromkeys(named, right)
        self.rights: dict[str, Right] = {method: rights[method] for method in named}
        if "GET" in self.rights:
            self.rights.setdefault("HEAD", self.rights["GET"])
        self.everywhere = everywhere

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or turn its caller away.

        Raises:
            NotAuthenticated: nobody is signed in, and the route needs somebody.
            Forbidden: the caller lacks the right.
            OpenInsightsError: another server serves it; see `elsewhere`.
        """
        if self.elsewhere is not None:
            raise self.elsewhere
        right = self.rights.get(scope["method"])
        if right is None:
            await super().handle(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["right"] = right
        caller: Caller = state.get("caller", NOBODY)
        if right not in _UNASKED:
            allow(caller, right, everywhere=self.everywhere)
        before = ASKING.set(Asking(caller, right))
        try:
            await super().handle(scope, receive, send)
        finally:
            ASKING.reset(before)


def allow(caller: Caller, right: Right, *, everywhere: bool = False) -> None:
    """Turn away who cannot hold a right for anything.

    Raises:
        NotAuthenticated: nobody is signed in.
        Forbidden: the caller lacks the right.
    """
    whole = everywhere or right is Right.ADMINISTER
    if caller.may_everywhere(right) if whole else caller.may_somewhere(right):
        return
    if caller.refusal is not None:
        raise caller.refusal
    if caller.kind == NOBODY.kind:
        raise NotAuthenticated(
            "cannot serve the request: sign in, or send an API key in the header x-api-key or a"
            " token in the header Authorization"
        )
    where = "for every resource" if whole else "for any resource"
    raise Forbidden(f"cannot serve the request: {caller.name} lacks the right '{right}' {where}")
