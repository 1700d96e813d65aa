"""A Django project whose settings are texts, as the documents show them."""

import logging

import django
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MIDDLEWARE=[
        "opencensus.ext.django.middleware.OpencensusMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    OPENCENSUS={
        "TRACE": {
            "SAMPLER": "opencensus.trace.samplers.ProbabilitySampler(rate=1.0)",
            "EXPORTER": """opencensus.ext.azure.trace_exporter.AzureExporter(
                service_name='mysite',
            )""",
            "BLACKLIST_PATHS": ["private"],
        }
    },
    LOGGING={
        "version": 1,
        "handlers": {"azure": {"class": "opencensus.ext.azure.log_exporter.AzureLogHandler"}},
        "loggers": {"shop": {"handlers": ["azure"], "level": "INFO"}},
    },
    ROOT_URLCONF=__name__,
)
django.setup()

from django.test import Client  # noqa: E402


def order(request, number):
    with connection.cursor() as cursor:
        cursor.execute("select %s", [number])
    logging.getLogger("shop").info("order read")
    return HttpResponse(str(number))


urlpatterns = [path("orders/<int:number>/", order), path("private", lambda request: HttpResponse())]

client = Client(headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
print(client.get("/orders/7/").content.decode(), client.get("/private").status_code)
