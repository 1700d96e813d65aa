"""A span for each request that a Starlette application serves."""

from __future__ import annotations

from opencensus.ext.asgi.asgi_middleware import ASGIMiddleware


class StarletteMiddleware(ASGIMiddleware):
    """Traces the requests and WebSockets of an application: `app.add_middleware(StarletteMiddleware)`.

    Operations are named after the route's template, of mounted applications as well. An exception
    that no handler of the application takes is recorded. Arguments are those of `ASGIMiddleware`
    without `app`.
    """
