"""A Django project that knows nothing of telemetry; serves until its input ends."""

import logging
import sys
import threading
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path


def order(request, number):
    from django.db import connection

    logging.getLogger("shop").warning("order %d", number)
    with connection.cursor() as cursor:
        cursor.execute("select %s * 2", [number])
        total = cursor.fetchone()[0]
    return HttpResponse(f"order {number}: {total}")


settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    ROOT_URLCONF=__name__,
    SECRET_KEY="not secret",
)
urlpatterns = [path("orders/<int:number>", order)]
django.setup()
server = make_server("127.0.0.1", 0, get_wsgi_application())
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
server.shutdown()
