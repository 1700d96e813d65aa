"""Stock and orders: a database, and a call to payments for every order."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import requests
from flask import Flask, abort, jsonify, request

import catalog
from opencensus.stats import aggregation, measure, stats, view
from opencensus.tags import tag_key, tag_map, tag_value
from telemetry import instrument, serve

app = Flask(__name__)
log = instrument("orders", app)
PAYMENTS = os.environ["SHOP_PAYMENTS_URL"]
DATABASE = Path(os.environ["SHOP_DATABASE"])

ISSUER = tag_key.TagKey("issuer")
REVENUE = measure.MeasureFloat("revenue", "value of accepted orders", "EUR")
ORDERS = measure.MeasureInt("orders", "orders that were accepted", "1")
for name, what, how in (
    ("shop/revenue", REVENUE, aggregation.SumAggregation()),
    ("shop/orders", ORDERS, aggregation.CountAggregation()),
):
    stats.stats.view_manager.register_view(view.View(name, what.description, [ISSUER], what, how))


def connect():
    """Open the database; the client makes a dependency of every statement."""
    return closing(sqlite3.connect(DATABASE, timeout=2.0))


@app.get("/stock")
def stock():
    with connect() as database:
        rows = (
            database.cursor()
            .execute("select id, name, price from products order by name")
            .fetchall()
        )
    return jsonify([{"id": i, "name": n, "price": p} for i, n, p in rows])


@app.get("/stock/<product>")
def stock_of(product):
    with connect() as database:
        row = (
            database.cursor()
            .execute("select id, name, price, stock from products where id = ?", (product,))
            .fetchone()
        )
    if row is None:
        abort(404)
    if product == "scale" and random.random() < 0.2:
        prices = {"list": None}
        return jsonify(price=prices["list"]["eur"])  # the broken price list: TypeError
    return jsonify(id=row[0], name=row[1], price=row[2], stock=row[3])


@app.post("/orders")
def order():
    wanted = request.get_json()
    with connect() as database:
        cursor = database.cursor()
        price, in_stock = cursor.execute(
            "select price, stock from products where id = ?", (wanted["product"],)
        ).fetchone()
        if in_stock < wanted["quantity"]:
            restock(database, wanted["product"])
            return jsonify(error="sold out"), 409
        amount = price * wanted["quantity"]
        paid = requests.post(
            f"{PAYMENTS}/charge", json={"issuer": wanted["issuer"], "amount": amount}, timeout=2.5
        )
        if paid.status_code != 200:
            log.error(
                "payment refused by %s",
                wanted["issuer"],
                extra={"custom_dimensions": {"amount": amount, "status": paid.status_code}},
            )
            return jsonify(error="payment failed"), 502
        cursor.execute(
            "update products set stock = stock - ? where id = ?",
            (wanted["quantity"], wanted["product"]),
        )
        cursor.execute(
            "insert into orders (product, quantity, state) values (?, ?, 'paid')",
            (wanted["product"], wanted["quantity"]),
        )
        database.commit()
    record(wanted["issuer"], amount / 100)
    log.info(
        "order accepted",
        extra={"custom_dimensions": {"product": wanted["product"], "amount": amount}},
    )
    return jsonify(order=cursor.lastrowid)


def restock(database, product):
    """Order more from the supplier, who answers after a while."""
    time.sleep(random.uniform(0.05, 0.2))
    database.execute("update products set stock = stock + 200 where id = ?", (product,))
    database.commit()


def record(issuer, amount):
    """Count the order and its value by card issuer."""
    tags = tag_map.TagMap()
    tags.insert(ISSUER, tag_value.TagValue(issuer))
    measured = stats.stats.stats_recorder.new_measurement_map()
    measured.measure_float_put(REVENUE, amount)
    measured.measure_int_put(ORDERS, 1)
    measured.record(tags)


if __name__ == "__main__":
    catalog.create(DATABASE)
    serve(app)
