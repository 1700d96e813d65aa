"""The shop's front door, on Flask: pages for customers, everything behind it over HTTP."""

from __future__ import annotations

import os
import random
import time

import requests
from flask import Flask, abort, jsonify, request

import process
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from telemetry import instrument

telemetry = instrument("storefront", "requests")
log, events = telemetry.log, telemetry.events
app = Flask(__name__)
FlaskMiddleware(app, **telemetry.traced)
ORDERS = os.environ["SHOP_ORDERS_URL"]
TIMEOUT_S = 3.0


@app.get("/")
def home():
    time.sleep(random.uniform(0.002, 0.012))
    return jsonify(welcome="tea and what it takes")


@app.get("/products")
def products():
    reply = requests.get(f"{ORDERS}/stock", timeout=TIMEOUT_S)
    return jsonify(reply.json())


@app.get("/products/<product>")
def product(product):
    reply = requests.get(f"{ORDERS}/stock/{product}", timeout=TIMEOUT_S)
    if reply.status_code == 404:
        log.info("unknown product %s", product, extra={"custom_dimensions": {"product": product}})
        abort(404)
    if reply.status_code >= 500:
        log.error("no price", extra={"custom_dimensions": {"product": product}})
        return jsonify(error="price unknown"), 502
    return jsonify(reply.json())


@app.get("/search")
def search():
    words = request.args.get("q", "")
    time.sleep(random.lognormvariate(-2.5, 0.9))  # the search that nobody has indexed yet
    log.info("searched", extra={"custom_dimensions": {"words": words, "hits": random.randrange(9)}})
    return jsonify(hits=[])


@app.post("/checkout")
def checkout():
    basket = request.get_json()
    customer = request.headers.get("X-Customer", "anonymous")
    try:
        reply = requests.post(f"{ORDERS}/orders", json=basket, timeout=TIMEOUT_S)
    except requests.Timeout:
        log.exception("orders took longer than %.0f s", TIMEOUT_S)
        return jsonify(error="try again later"), 504
    if reply.status_code == 409:
        log.warning("sold out", extra={"custom_dimensions": {"product": basket["product"]}})
        return jsonify(error="sold out"), 409
    if reply.status_code >= 500:
        log.error(
            "checkout failed",
            extra={
                "custom_dimensions": {"upstream": reply.status_code, "issuer": basket["issuer"]}
            },
        )
        return jsonify(error="payment failed"), 502
    events.info(
        "order placed",
        extra={
            "custom_dimensions": {
                "product": basket["product"],
                "issuer": basket["issuer"],
                "customer": customer,
            },
            "custom_measurements": {"quantity": basket["quantity"]},
        },
    )
    return jsonify(reply.json()), 201


if __name__ == "__main__":
    process.prepare()
    app.run(host=process.HOST, port=process.port(), threaded=True, debug=False)
