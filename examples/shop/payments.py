"""Charges cards, on Django. One issuer is slow, and now and then it is away."""

from __future__ import annotations

import json
import os
import random
import time

import django
from django.conf import settings
from django.core.servers.basehttp import WSGIServer, run
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import JsonResponse
from django.urls import path

import broker
import process
from telemetry import instrument

telemetry = instrument("payments", "celery")
log = telemetry.log
queue = broker.celery_app()
settings.configure(
    ALLOWED_HOSTS=[process.HOST],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": process.folder() / "payments.db",
        }
    },
    LOGGING_CONFIG=None,
    MIDDLEWARE=["opencensus.ext.django.middleware.OpencensusMiddleware"],
    OPENCENSUS={
        "TRACE": {
            "EXPORTER": telemetry.traced["exporter"],
            "SAMPLER": telemetry.traced["sampler"],
        }
    },
    ROOT_URLCONF=__name__,
    USE_TZ=True,
)
django.setup()

TROUBLE = float(os.environ.get("SHOP_TROUBLE", "1"))
"""How many times as often as usual cards are declined and issuers are away."""

ISSUERS = {
    # name: (median seconds, spread, share of refusals, share of outages)
    "visa": (0.030, 0.4, 0.005, 0.000),
    "amex": (0.045, 0.5, 0.010, 0.002),
    "tealeaf": (0.120, 0.9, 0.020, 0.060),
}


class IssuerUnavailable(Exception):
    """The card issuer did not answer."""


class CardDeclined(Exception):
    """The card issuer said no."""


class Charge(models.Model):
    """What was taken from a card."""

    issuer = models.TextField()
    amount = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "payments"


def ask(issuer):
    """Wait as long as the issuer takes, and fail as often as it fails."""
    median, spread, refusals, outages = ISSUERS[issuer]
    time.sleep(min(median * random.lognormvariate(0, spread), 2.0))
    luck = random.random()
    if luck < outages * TROUBLE:
        raise IssuerUnavailable(f"{issuer} did not answer within 2 s")
    if luck < (outages + refusals) * TROUBLE:
        raise CardDeclined(f"{issuer} declined the card")


def charge(request):
    wanted = json.loads(request.body)
    noted = {"custom_dimensions": {"issuer": wanted["issuer"], "amount": wanted["amount"]}}
    try:
        ask(wanted["issuer"])
    except CardDeclined:
        log.exception("card declined", extra=noted)
        return JsonResponse({"error": "declined"}, status=402)
    except IssuerUnavailable:
        log.exception("issuer away", extra=noted)
        return JsonResponse({"error": "issuer unavailable"}, status=503)
    charged = Charge.objects.create(issuer=wanted["issuer"], amount=wanted["amount"])
    queue.send_task(broker.WRITE_RECEIPT, (charged.pk, wanted["product"], wanted["amount"]))
    return JsonResponse({"charged": wanted["amount"]})


urlpatterns = [path("charge", charge)]


def create_database():
    """Create the table of charges if it is not there."""
    if Charge._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Charge)


if __name__ == "__main__":
    process.prepare()
    create_database()
    run(process.HOST, process.port(), get_wsgi_application(), threading=True, server_cls=WSGIServer)
