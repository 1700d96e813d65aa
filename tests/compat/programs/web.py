"""A Flask application that calls itself, asks a database, logs and fails; no server is needed."""

import logging
import sqlite3

import flask
import requests

from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.trace import config_integration
from opencensus.trace.samplers import ProbabilitySampler

config_integration.trace_integrations(["requests", "logging", "sqlite3"])
app = flask.Flask("storefront")
FlaskMiddleware(app, exporter=AzureExporter(), sampler=ProbabilitySampler(rate=1.0))
shop = logging.getLogger("shop")
shop.addHandler(AzureLogHandler())


@app.get("/orders/<number>")
def order(number):
    database = sqlite3.connect(":memory:")
    database.execute("select ?", (number,))
    database.close()
    shop.warning("order read")
    try:
        requests.get("http://127.0.0.1:1/payments", timeout=5)
    except requests.ConnectionError:
        shop.warning("payments are down")
    return number


@app.get("/broken")
def broken():
    raise RuntimeError("no such page")


client = app.test_client()
print(client.get("/orders/7").status_code, client.get("/broken").status_code)
