"""The addresses of the Django project in `web.py`; async views below `/async`."""

from __future__ import annotations

from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path


def make(sell, relay, broken, pieces, async_pieces):
    """Return the name of this module, with its addresses made."""

    def order(request, number):
        with connection.cursor() as cursor:
            cursor.execute("select %s", [number])
        return HttpResponse(sell(number))

    async def passed_on(request, ports):
        import asyncio

        return HttpResponse(await asyncio.to_thread(relay, ports))

    def stream(request):
        is_async = hasattr(request, "scope")
        return StreamingHttpResponse(async_pieces() if is_async else pieces())

    globals()["urlpatterns"] = [
        path("orders/<number>", order),
        path("relay/<ports>", passed_on),
        path("broken", lambda request: broken()),
        path("stream", stream),
    ]
    return __name__
