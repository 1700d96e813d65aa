"""A small Django project in this process, for the tests of its integration."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path
from web_contract import broken_pieces, here, pieces

URLS = "opencensus_tests_of_django"

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["localhost"],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "archive": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
        MIDDLEWARE=["opencensus.ext.django.middleware.OpencensusMiddleware"],
        LOGGING_CONFIG=None,
        ROOT_URLCONF=URLS,
        SECRET_KEY="of a test",
        USE_TZ=True,
    )
    django.setup()


def order(request: Any, number: int) -> Any:
    return HttpResponse(here(number))


def broken(request: Any) -> Any:
    raise LookupError("no such price")


async def async_order(request: Any, number: int) -> Any:
    return HttpResponse(here(number))


async def async_broken(request: Any) -> Any:
    raise LookupError("no such price")


async def in_order(made: Any) -> Any:
    for piece in made:
        yield piece


async def async_stream(request: Any) -> Any:
    return StreamingHttpResponse(in_order(pieces()))


async def async_cut(request: Any) -> Any:
    return StreamingHttpResponse(in_order(broken_pieces()))


def statement(request: Any, alias: str) -> Any:
    with connections[alias].cursor() as cursor:
        cursor.execute("select %s", [7])
        return HttpResponse(str(cursor.fetchone()[0]))


def wrong_statement(request: Any) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute("select * from nowhere")
    return HttpResponse("never")


def answer(request: Any, what: str) -> Any:
    raise {"404": Http404, "403": PermissionDenied}[what]


def signed_in(request: Any) -> Any:
    request.user = type("User", (), {"pk": 5, "get_username": lambda self: "ada"})()
    return HttpResponse("hello")


def anonymous(request: Any) -> Any:
    from django.contrib.auth.models import AnonymousUser

    request.user = AnonymousUser()
    return HttpResponse("hello")


def urls(*patterns: Any) -> str:
    module = ModuleType(URLS)
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    sys.modules[URLS] = module
    return URLS


COMMON = (
    path("away", lambda request: HttpResponse("away", status=503)),
    path("_ah/health", lambda request: HttpResponse("ok")),
    path("statements/<alias>", statement),
    path("wrong-statement", wrong_statement),
    path("answers/<what>", answer),
    path("signed-in", signed_in),
    path("anonymous", anonymous),
    re_path(
        r"^old/(?P<year>\d{4}(?:ad|bc)?)/\w+/(\d+)/?$", lambda request, **_: HttpResponse("old")
    ),
    path("inside/", include([path("<int:number>", order), re_path(r"^deep/(\w+)$", order)])),
)

PLAIN = (
    path("orders/<int:number>", order),
    path("broken", broken),
    path("stream", lambda request: StreamingHttpResponse(pieces())),
    path("stream-broken", lambda request: StreamingHttpResponse(broken_pieces())),
    *COMMON,
)

ASYNC = (
    path("orders/<int:number>", async_order),
    path("broken", async_broken),
    path("stream", async_stream),
    path("stream-broken", async_cut),
    *COMMON,
)

MIXED = (path("orders/<int:number>", order), path("broken", broken), *ASYNC)
