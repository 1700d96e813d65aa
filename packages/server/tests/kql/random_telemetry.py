"""Random rows for the tables of a resource: a small shop, few values of each column, many ties."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.schema.table import Table

_MINUTE = 600_000_000
_NAMES = ("GET /products", "POST /cart", "GET /health", "POST /checkout")
_TEXTS: dict[str, tuple[str, ...]] = {
    "name": _NAMES,
    "operation_Name": _NAMES,
    "url": ("https://shop.example/products?id=1", "https://shop.example/cart", ""),
    "success": ("True", "True", "True", "False"),
    "resultCode": ("200", "404", "500", ""),
    "target": ("db", "queue", "api.example"),
    "type": ("SQL", "HTTP", "Queue Message | RabbitMQ", "ValueError"),
    "data": ("select 1", "GET https://api.example/x", ""),
    "message": ("ready", "Order 17 failed: timeout", "straße über Brücke", "Ünïcode error"),
    "problemId": ("ValueError at pay", "KeyError at cart"),
    "outerMessage": ("no money", "key 'x'", ""),
    "outerType": ("ValueError", "KeyError"),
    "cloud_RoleName": ("shop-web", "shop-api", "shop-orders", ""),
    "cloud_RoleInstance": ("one", "two"),
    "client_Type": ("PC", "Browser"),
    "client_City": ("Berlin", "Pune", ""),
    "client_Browser": ("Firefox 128", "Chrome 127", ""),
    "application_Version": ("1.0", "1.1", ""),
    "location": ("Berlin", "Pune"),
    "category": ("Process", "Processor"),
    "counter": ("% Processor Time", "Available Bytes"),
    "instance": ("_Total", "python"),
    "sdkVersion": ("py3:oc0.11", "javascript:2.8"),
    "_ResourceId": ("/subscriptions/x/shop",),
    "itemType": ("request", "trace"),
}
_DIMENSIONS = (
    None,
    {"tenant": "a", "feature": "new"},
    {"tenant": "b", "path": "/tmp/x y", "text": 'say "hi" ü', "n": "17", "real": "1.50"},
    {"tenant": "", "json": '{"a":[1,2]}'},
)
_MEASUREMENTS = (None, {"size": 17, "share": 0.5}, {"size": 3, "share": 1.25})
_DETAILS = (
    None,
    [
        {
            "id": "1",
            "type": "ValueError",
            "message": "no money",
            "parsedStack": [
                {"method": "pay", "level": 0, "line": 17, "assembly": "shop", "fileName": "pay.py"},
                {
                    "method": "main",
                    "level": 1,
                    "line": 3,
                    "assembly": "shop",
                    "fileName": "main.py",
                },
            ],
        }
    ],
)


def rows_of(table: Table, count: int, now: int, seed: int = 1) -> list[dict[str, Any]]:
    """So many rows of the last two hours; identifiers are unique, operations are shared."""
    random = Random(f"{table.name} {seed}")
    found = []
    for number in range(count):
        row: dict[str, Any] = {}
        for column in table.columns:
            row[column.name] = _value(random, table.name, column.name, column.type, number, now)
        found.append(row)
    return found


def _value(random: Random, table: str, name: str, type_: KqlType, number: int, now: int) -> object:
    if type_ is KqlType.DATETIME:
        return now - random.randrange(120 * _MINUTE)
    if name == "itemCount":
        return random.choice((1, 1, 1, 2, 5, 100))
    if name == "severityLevel":
        return random.choice((None, 0, 1, 2, 3, 4))
    if name == "valueCount":
        return random.choice((None, 1, 10))
    if type_ in (KqlType.INT, KqlType.LONG):
        return random.choice((None, 0, 1, 5))
    if type_ is KqlType.REAL:
        return random.choice((None, 0.0, 1.5, round(random.expovariate(0.01), 3)))
    if type_ is KqlType.DYNAMIC:
        choices: tuple[object, ...] = _DIMENSIONS
        if name == "customMeasurements":
            choices = _MEASUREMENTS
        elif name == "details":
            choices = _DETAILS
        value = random.choice(choices)
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if name in ("id", "itemId"):
        return f"{table}-{number:05d}"
    if name in ("operation_Id", "session_Id", "user_Id", "operation_ParentId"):
        return random.choice((f"{name[:4]}{random.randrange(40):02d}", ""))
    if name in _TEXTS:
        return random.choice(_TEXTS[name])
    return random.choice((f"{name[:3]} one", f"{name[:3]} two", ""))
