"""The database of stock and orders."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, insert

from catalog import PRODUCTS

_tables = MetaData()
products = Table(
    "products",
    _tables,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("price", Integer),
    Column("stock", Integer),
)
orders = Table(
    "orders",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("product", Text),
    Column("quantity", Integer),
    Column("state", Text),
)


def create(path: Path) -> Engine:
    """Create the database with the shop's products and return what connects to it."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 2.0})
    _tables.create_all(engine)
    rows = [dict(zip(products.columns.keys(), row, strict=True)) for row in PRODUCTS]
    with engine.begin() as database:
        database.execute(insert(products).prefix_with("or ignore"), rows)
    return engine
