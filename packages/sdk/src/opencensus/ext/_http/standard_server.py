"""Counts the requests that servers based on the standard library's ``http.server`` handle."""

from __future__ import annotations

from functools import wraps
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from opencensus.ext._http.meter import served
from opencensus.ext.patched import is_patched, marked

if TYPE_CHECKING:
    from collections.abc import Callable

_BEGAN = "_opencensus_request_began"
"""Where a handler keeps when the request began that it handles now."""


def count_requests() -> None:
    """Count the requests of all handlers from now on; doing so twice counts them once."""
    handler: Any = BaseHTTPRequestHandler
    if is_patched(handler.parse_request):
        return
    handler.parse_request = _wrap_parse_request(handler.parse_request)
    # Some handlers answer without the standard ``handle_one_request``, but all of them finish.
    handler.handle_one_request = _wrap_last_step(handler.handle_one_request)
    handler.finish = _wrap_last_step(handler.finish)


def _wrap_parse_request(parse_request: Callable[..., Any]) -> Callable[..., Any]:
    """A request begins when its first line was read: waiting for one is no request."""

    @wraps(parse_request)
    def counted_parse_request(self: Any) -> Any:
        began = served.begin()
        understood = parse_request(self)
        if understood:
            self.__dict__[_BEGAN] = began
        else:
            served.end(began)
        return understood

    return marked(counted_parse_request)


def _wrap_last_step(step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def counted_last_step(self: Any) -> Any:
        try:
            return step(self)
        finally:
            served.end(self.__dict__.pop(_BEGAN, None))

    return counted_last_step
