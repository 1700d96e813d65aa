"""A Django project: GET /<name> asks the database and answers with the worker's process id."""

import os

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler


def answer(request, name):
    with connection.cursor() as cursor:
        cursor.execute("select %s", [name])
        assert cursor.fetchone() == (name,)
    return HttpResponse(str(os.getpid()))


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MIDDLEWARE=["opencensus.ext.django.middleware.OpencensusMiddleware"],
    OPENCENSUS={"TRACE": {"SAMPLER": AlwaysOnSampler(), "EXPORTER": AzureExporter()}},
    ROOT_URLCONF=__name__,
    SECRET_KEY="not secret",
)
urlpatterns = [path("<str:name>", answer)]
django.setup()
wsgi, asgi = get_wsgi_application(), get_asgi_application()
