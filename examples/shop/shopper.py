"""The customers: a few threads that look around, search, and sometimes buy.

Each thing that they do is a trace of its own, which begins here.
"""

from __future__ import annotations

import os
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import process
from catalog import PRODUCTS
from opencensus.trace.tracer import Tracer
from telemetry import instrument

telemetry = instrument("shopper", "httplib")
STOREFRONT = os.environ["SHOP_STOREFRONT_URL"]
CUSTOMERS = int(os.environ.get("SHOP_CUSTOMERS", "4"))
ISSUERS = ("visa",) * 6 + ("amex",) * 2 + ("tealeaf",) * 2
WORDS = ("green tea", "찻잔", "théière", "gift 🎁", "kettle 1.2 l", "matcha")


def fetch(path, body=None):
    """Ask the storefront; whatever it answers is fine with a customer."""
    wanted = urllib.request.Request(
        STOREFRONT + path,
        data=body,
        headers={"Content-Type": "application/json", "X-Customer": f"c{random.randrange(300)}"},
    )
    Tracer(**telemetry.traced)
    try:
        urllib.request.urlopen(wanted, timeout=10).read()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return


def visit():
    """One customer's visit."""
    fetch("/")
    fetch("/products")
    for _ in range(random.randrange(1, 4)):
        fetch("/products/" + urllib.parse.quote(random.choice(PRODUCTS)[0]))
        time.sleep(random.expovariate(4))
    if random.random() < 0.4:
        fetch("/search?q=" + urllib.parse.quote(random.choice(WORDS)))
    if random.random() < 0.03:
        fetch("/products/unicorn")
    if random.random() < 0.6:
        product = random.choice(PRODUCTS)[0]
        body = f'{{"product": "{product}", "quantity": {random.choice((1, 1, 1, 2, 3))}, "issuer": "{random.choice(ISSUERS)}"}}'
        fetch("/checkout", body.encode())


def shop_for_ever():
    """Visit after visit."""
    while True:
        visit()
        time.sleep(random.expovariate(1.5))


if __name__ == "__main__":
    process.prepare()
    threads = [threading.Thread(target=shop_for_ever, daemon=True) for _ in range(CUSTOMERS)]
    for thread in threads:
        thread.start()
    threading.Event().wait()
