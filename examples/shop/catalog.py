"""The shop's products, one row each, and the database that holds stock and orders."""

from __future__ import annotations

import sqlite3
from pathlib import Path

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


def create(path: Path) -> None:
    """Create the database if it is not there."""
    with sqlite3.connect(path) as database:
        database.executescript(
            """
            create table if not exists products (id text primary key, name text, price integer, stock integer);
            create table if not exists orders (id integer primary key, product text, quantity integer, state text);
            """
        )
        database.executemany("insert or ignore into products values (?, ?, ?, ?)", PRODUCTS)
