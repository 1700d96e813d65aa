"""Stock and orders, on FastAPI: a database by SQLAlchemy, and a call to payments for every order."""

from __future__ import annotations

import os
import random
import time

import httpx
import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import insert, select, update

import database
import process
from opencensus.ext.fastapi.fastapi_middleware import FastAPIMiddleware
from opencensus.stats import aggregation, measure, stats, view
from opencensus.tags import tag_key, tag_map, tag_value
from telemetry import instrument

telemetry = instrument("orders", "httpx", "sqlalchemy")
log = telemetry.log
app = FastAPI()
app.add_middleware(FastAPIMiddleware, **telemetry.traced)

engine = database.create(process.folder() / "shop.db")
payments = httpx.AsyncClient(base_url=os.environ["SHOP_PAYMENTS_URL"], timeout=2.5)

ISSUER = tag_key.TagKey("issuer")
REVENUE = measure.MeasureFloat("revenue", "value of accepted orders", "EUR")
ORDERS = measure.MeasureInt("orders", "orders that were accepted", "1")
for name, what, how in (
    ("shop/revenue", REVENUE, aggregation.SumAggregation()),
    ("shop/orders", ORDERS, aggregation.CountAggregation()),
):
    stats.stats.view_manager.register_view(view.View(name, what.description, [ISSUER], what, how))


class Order(BaseModel):
    """What a customer wants."""

    product: str
    quantity: int
    issuer: str


@app.get("/stock")
def stock():
    products = database.products.c
    with engine.connect() as connection:
        rows = connection.execute(
            select(products.id, products.name, products.price).order_by(products.name)
        )
        return [dict(row._mapping) for row in rows]


@app.get("/stock/{product}")
def stock_of(product: str):
    row = product_named(product)
    if row is None:
        raise HTTPException(404)
    if product == "scale" and random.random() < 0.2:
        prices = {"list": None}
        return {"price": prices["list"]["eur"]}  # the broken price list: TypeError
    return dict(row._mapping)


@app.post("/orders")
async def order(wanted: Order):
    product = await run_in_threadpool(product_named, wanted.product)
    if product is None:
        raise HTTPException(404)
    if product.stock < wanted.quantity:
        await run_in_threadpool(restock, wanted.product)
        return JSONResponse({"error": "sold out"}, 409)
    amount = product.price * wanted.quantity
    charge = {"issuer": wanted.issuer, "amount": amount, "product": wanted.product}
    paid = await payments.post("/charge", json=charge)
    if paid.status_code != 200:
        log.error(
            "payment refused by %s",
            wanted.issuer,
            extra={"custom_dimensions": {"amount": amount, "status": paid.status_code}},
        )
        return JSONResponse({"error": "payment failed"}, 502)
    number = await run_in_threadpool(book, wanted)
    record(wanted.issuer, amount / 100)
    log.info(
        "order accepted",
        extra={"custom_dimensions": {"product": wanted.product, "amount": amount}},
    )
    return {"order": number}


def product_named(product):
    """Return the row of a product, or None."""
    with engine.connect() as connection:
        query = select(database.products).where(database.products.c.id == product)
        return connection.execute(query).one_or_none()


def book(wanted):
    """Take an order out of the stock and return its number."""
    stock = database.products.c.stock
    with engine.begin() as connection:
        connection.execute(
            update(database.products)
            .where(database.products.c.id == wanted.product)
            .values(stock=stock - wanted.quantity)
        )
        booked = connection.execute(
            insert(database.orders).values(
                product=wanted.product, quantity=wanted.quantity, state="paid"
            )
        )
        return booked.inserted_primary_key[0]


def restock(product):
    """Order more from the supplier, who answers after a while."""
    time.sleep(random.uniform(0.05, 0.2))
    stock = database.products.c.stock
    with engine.begin() as connection:
        connection.execute(
            update(database.products)
            .where(database.products.c.id == product)
            .values(stock=stock + 200)
        )


def record(issuer, amount):
    """Count the order and its value by card issuer."""
    tags = tag_map.TagMap()
    tags.insert(ISSUER, tag_value.TagValue(issuer))
    measured = stats.stats.stats_recorder.new_measurement_map()
    measured.measure_float_put(REVENUE, amount)
    measured.measure_int_put(ORDERS, 1)
    measured.record(tags)


if __name__ == "__main__":
    process.prepare()
    uvicorn.run(
        app,
        host=process.HOST,
        port=process.port(),
        log_config=None,
        timeout_graceful_shutdown=1,
    )
