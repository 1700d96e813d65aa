"""A span for each call made with the client of aiohttp, and headers that carry the trace along."""

from __future__ import annotations

import asyncio
import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

import aiohttp

from opencensus.ext._http.client import open_call
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import exceptions_status, execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MODULE_NAME = "aiohttp_client"

FAILURES = (
    (asyncio.TimeoutError, exceptions_status.TIMEOUT),
    (aiohttp.InvalidURL, exceptions_status.INVALID_URL),
)


def trace_integration(tracer: Any = None) -> None:
    """Trace the calls of all sessions from now on; doing so twice traces them once.

    The span of a call ends when the answer begins; that of a WebSocket when it is open.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    session: Any = aiohttp.ClientSession
    # Every method of a session, also that of WebSockets, makes its calls through this one.
    if not is_patched(session._request):
        session._request = _traced(session._request)


def _traced(request: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(request)
    async def traced_request(
        self: Any, method: str, str_or_url: Any, *args: Any, **kwargs: Any
    ) -> Any:
        call = open_call(method, _address(self, str_or_url), None, failures=FAILURES)
        if call is None:
            return await request(self, method, str_or_url, *args, **kwargs)
        given = kwargs.get("headers")
        # A name may stand there several times: the kind of mapping is the caller's.
        headers = self._prepare_headers(given)
        headers.update(call.headers)
        kwargs["headers"] = headers
        with call:
            response = await request(self, method, str_or_url, *args, **kwargs)
            call.status_code = response.status
        return response

    return marked(traced_request)


def _address(session: Any, url: Any) -> Any:
    try:
        return session._build_url(url)
    except Exception:
        # Sessions say themselves what is wrong with an address.
        return url
