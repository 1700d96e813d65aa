"""Which import switches on which integration, and how web frameworks get their middleware."""

from __future__ import annotations

import logging
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

DJANGO_MIDDLEWARE: Final = "opencensus.ext.django.middleware.OpencensusMiddleware"
PYRAMID_TWEEN: Final = "opencensus.ext.pyramid.pyramid_middleware.OpenCensusTweenFactory"


def _integration(name: str) -> Callable[[Any], None]:
    def switch_on(_: Any) -> None:
        import_module(f"opencensus.ext.{name}.trace").trace_integration()

    return switch_on


def _postgresql(driver: str) -> Callable[[Any], None]:
    def switch_on(_: Any) -> None:
        # Only the driver that the application imported: the others stay where they are.
        from opencensus.ext.postgresql import trace

        trace.DRIVERS[driver]()

    return switch_on


def _after(kind: Any, name: str, then: Callable[[Any], None]) -> None:
    """Let something be done to each object after a method of its type, once, however often called."""
    method = getattr(kind, name)
    if is_patched(method):
        return

    @wraps(method)
    def followed(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        then(self)
        return result

    setattr(kind, name, marked(followed))


def _flask(flask: Any) -> None:
    _after(flask.Flask, "__init__", _add_flask_middleware)


def _add_flask_middleware(application: Any) -> None:
    from opencensus.ext.flask.flask_middleware import FlaskMiddleware

    FlaskMiddleware(application)


def _starlette(applications: Any) -> None:
    _after(applications.Starlette, "__init__", _add_starlette_middleware)


def _fastapi(applications: Any) -> None:
    _after(applications.FastAPI, "__init__", _add_starlette_middleware)


def _add_starlette_middleware(application: Any) -> None:
    from starlette.middleware import Middleware

    from opencensus.ext.fastapi.fastapi_middleware import FastAPIMiddleware

    if all(one.cls is not FastAPIMiddleware for one in application.user_middleware):
        application.user_middleware.insert(0, Middleware(FastAPIMiddleware))


def _django(handlers: Any) -> None:
    load_middleware = handlers.BaseHandler.load_middleware
    if is_patched(load_middleware):
        return

    @wraps(load_middleware)
    def load(self: Any, *args: Any, **kwargs: Any) -> Any:
        from django.conf import settings

        if DJANGO_MIDDLEWARE not in settings.MIDDLEWARE:
            settings.MIDDLEWARE = [DJANGO_MIDDLEWARE, *settings.MIDDLEWARE]
        return load_middleware(self, *args, **kwargs)

    handlers.BaseHandler.load_middleware = marked(load)


def _pyramid(config: Any) -> None:
    make_wsgi_app = config.Configurator.make_wsgi_app
    if is_patched(make_wsgi_app):
        return

    @wraps(make_wsgi_app)
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        from pyramid.interfaces import ITweens

        self.commit()
        tweens = self.registry.queryUtility(ITweens)
        names = [name for name, _ in tweens.implicit()] if tweens is not None else []
        if PYRAMID_TWEEN not in names:
            self.add_tween(PYRAMID_TWEEN)
        return make_wsgi_app(self, *args, **kwargs)

    config.Configurator.make_wsgi_app = marked(make)


def _aiohttp_server(web: Any) -> None:
    construct = web.Application.__init__
    if is_patched(construct):
        return

    @wraps(construct)
    def init(self: Any, *args: Any, middlewares: Any = (), **kwargs: Any) -> None:
        from opencensus.ext.aiohttp_server.aiohttp_middleware import AiohttpMiddleware

        if not any(isinstance(one, AiohttpMiddleware) for one in middlewares):
            middlewares = (AiohttpMiddleware(), *middlewares)
        construct(self, *args, middlewares=middlewares, **kwargs)

    web.Application.__init__ = marked(init)


def _opentelemetry(trace: Any) -> None:
    """Stand behind OpenTelemetry's API, from the first span on that nobody else would receive.

    Until then the program may give it a provider, which it takes only one of.
    """
    resolve = getattr(trace.ProxyTracer, "_tracer", None)
    if not isinstance(resolve, property):
        return

    def tracer_of(self: Any) -> Any:
        try:
            _stand_in_for_opentelemetry()
        except Exception:
            # Older versions of its API have other parts.
            log.debug("OpenTelemetry's API is left alone", exc_info=True)
        return resolve.__get__(self)

    trace.ProxyTracer._tracer = property(tracer_of)


def _stand_in_for_opentelemetry() -> None:
    from opencensus.ext.auto.trace import program_tracer
    from opencensus.ext.opentelemetry.trace import stand_in

    tracer = program_tracer()
    if tracer is not None and not execution_context.is_exporter():
        stand_in(tracer, TRACED_HERE)


TRACED_HERE: Final = frozenset(
    (
        "fastapi",
        *(
            f"opentelemetry.instrumentation.{name}"
            for name in (
                "aiohttp_client",
                "aiohttp_server",
                "asyncio",
                "asyncpg",
                "celery",
                "django",
                "fastapi",
                "flask",
                "grpc",
                "httpx",
                "mysql",
                "psycopg",
                "psycopg2",
                "pymongo",
                "pymysql",
                "pyramid",
                "redis",
                "requests",
                "sqlalchemy",
                "sqlite3",
                "starlette",
                "threading",
                "urllib",
                "urllib3",
            )
        ),
    )
)
"""What OpenTelemetry's instrumentations of libraries are called that have an integration here."""

LIBRARIES: Final[dict[str, Callable[[Any], None]]] = {
    "logging": _integration("logging"),
    "threading": _integration("threading"),
    "http.client": _integration("httplib"),
    "requests": _integration("requests"),
    "urllib3.connectionpool": _integration("urllib3"),
    "httpx": _integration("httpx"),
    "aiohttp.client": _integration("aiohttp_client"),
    "sqlite3": _integration("sqlite3"),
    "psycopg2": _postgresql("psycopg2"),
    "psycopg": _postgresql("psycopg"),
    "asyncpg": _postgresql("asyncpg"),
    "mysql.connector": _integration("mysql"),
    "pymysql": _integration("pymysql"),
    "sqlalchemy": _integration("sqlalchemy"),
    "pymongo": _integration("pymongo"),
    "redis": _integration("redis"),
    "celery": _integration("celery"),
    "grpc.aio": _integration("grpc"),
    "flask": _flask,
    "starlette.applications": _starlette,
    "fastapi.applications": _fastapi,
    "django.core.handlers.base": _django,
    "pyramid.config": _pyramid,
    "aiohttp.web": _aiohttp_server,
    "opentelemetry.trace": _opentelemetry,
}
"""What is done with a module once it was imported."""
