"""Logs what a shop does: lines with dimensions, and a failure."""

import logging

from opencensus.ext.azure.log_exporter import AzureLogHandler

shop = logging.getLogger("shop")
shop.setLevel(logging.INFO)
shop.addHandler(
    AzureLogHandler(connection_string="InstrumentationKey=00000000-0000-0000-0000-000000000000")
)

shop.info("opened")
shop.warning("stock low", extra={"custom_dimensions": {"product": "teapot", "left": 3}})
shop.warning("ignored dimensions", extra={"custom_dimensions": "not a dict"})


def price(product):
    return {"kettle": 8900}[product]


try:
    price("teapot")
except KeyError:
    shop.exception("cannot price", extra={"custom_dimensions": {"product": "teapot"}})
