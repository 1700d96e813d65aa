"""The shop's products, one row each."""

from __future__ import annotations

PRODUCTS = (
    # id, name, price in euro cents, pieces in stock
    ("teapot", "Cast iron teapot", 6450, 400),
    ("kettle", "Gooseneck kettle", 8900, 300),
    ("sencha", "Sencha, 100 g", 1250, 5000),
    ("matcha", "Matcha, 30 g", 2400, 900),
    ("oolong", "Milk oolong, 100 g", 1490, 2500),
    ("cups", "Set of six cups", 3600, 25),
    ("scale", "Brewing scale", 4990, 60),
    ("찻잔", "고려 찻잔", 5200, 40),
)
