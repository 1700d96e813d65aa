"""Prebuilt bodies of mixed telemetry, about 1 KB an envelope, each made unique before it is sent.

What differs from one envelope to the next in telemetry (ids, numbers of orders and pages, the end of
durations) is left open in a `Template` and drawn for each body that is sent: what is sent again and
again takes less of the disk than telemetry does.
"""

from __future__ import annotations

import json
import random
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = "4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c7d11"
STAMP = b"00000000000000aa"
"""The part of a body that `unique` replaces; as long as what replaces it."""

_MIX = (
    ("RequestData", 35),
    ("RemoteDependencyData", 30),
    ("MessageData", 20),
    ("EventData", 5),
    ("MetricData", 6),
    ("ExceptionData", 4),
)
_ROUTES = ("GET /", "GET /items", "GET /items/{id}", "POST /orders", "GET /search", "PUT /cart")
_ROLES = ("shop-web", "shop-orders", "shop-stock")


_HEX, _DECIMAL = "~", "^"
"""Stand for a digit that is drawn later; no template has them for anything else."""


class Template:
    """A JSON array of envelopes in which digits are left open.

    Args:
        items: how many envelopes.
        seed: makes templates differ.
        with_sequence: whether items carry the item ids of our client.
    """

    def __init__(self, items: int, seed: int, *, with_sequence: bool = False) -> None:
        text = json.dumps(_envelopes(items, seed, with_sequence), separators=(",", ":"))
        whole = text.encode()
        self._bytes = np.frombuffer(whole, np.uint8)
        self._open = tuple(
            (np.flatnonzero(self._bytes == ord(mark)), (digits * 26)[:256])
            for mark, digits in ((_HEX, b"0123456789abcdef"), (_DECIMAL, b"0123456789"))
        )
        self._stamps = [each.start() for each in re.finditer(STAMP, whole)]

    def __len__(self) -> int:
        return len(self._bytes)

    def filled(self, rng: np.random.Generator) -> bytes:
        """Return the body with digits drawn."""
        content = np.empty(len(self), np.uint8)
        self.fill(content, rng)
        return content.tobytes()

    def fill(
        self, content: NDArray[np.uint8], rng: np.random.Generator, number: int | None = None
    ) -> None:
        """Write the body into an array as long as it is; with a number it is the `unique` one."""
        # Hot: it takes the processor from the server. Digits are looked up by bytes, since numpy
        # makes 64-bit numbers of what it looks up first.
        content[:] = self._bytes
        for places, digit_of in self._open:
            drawn = rng.bytes(len(places)).translate(digit_of)
            content[places] = np.frombuffer(drawn, np.uint8)
        if number is not None:
            stamp = np.frombuffer(_stamp(number), np.uint8)
            for start in self._stamps:
                content[start : start + len(stamp)] = stamp


def body(items: int, seed: int, *, with_sequence: bool = False) -> bytes:
    """Return a JSON array of `items` envelopes.

    Args:
        items: how many.
        seed: makes bodies differ.
        with_sequence: whether items carry the item ids of our client.
    """
    template = Template(items, seed, with_sequence=with_sequence)
    return template.filled(np.random.default_rng(seed))


def _envelopes(items: int, seed: int, with_sequence: bool) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    now = datetime.now(timezone.utc) - timedelta(seconds=60)
    kinds = rng.choices([kind for kind, _ in _MIX], [share for _, share in _MIX], k=items)
    envelopes = [
        _envelope(kind, now + timedelta(microseconds=number * 997), rng)
        for number, kind in enumerate(kinds)
    ]
    for number, envelope in enumerate(envelopes):
        if with_sequence:
            envelope["seq"] = f"oi.{STAMP.decode()}.{number}"
    envelopes[0]["tags"]["ai.session.id"] = STAMP.decode()
    return envelopes


def unique(template: bytes, number: int) -> bytes:
    """Return the body with a stamp that no other number gives."""
    return template.replace(STAMP, _stamp(number))


def _stamp(number: int) -> bytes:
    return b"%016x" % number


def _envelope(kind: str, at: datetime, rng: random.Random) -> dict[str, Any]:
    role = rng.choice(_ROLES)
    return {
        "ver": 1,
        "name": f"Microsoft.ApplicationInsights.{kind}",
        "time": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "iKey": KEY,
        "tags": {
            "ai.cloud.role": role,
            "ai.cloud.roleInstance": f"{role}-7c9f4d-{rng.randrange(4)}",
            "ai.device.id": f"{role}-7c9f4d",
            "ai.device.locale": "en_GB",
            "ai.device.osVersion": "#1 SMP Debian 6.1.0",
            "ai.device.type": "Other",
            "ai.internal.sdkVersion": "py3.11.7:oc1.0.0:ext0.1.0",
            "ai.operation.id": _HEX * 32,
            "ai.operation.parentId": _HEX * 16,
            "ai.operation.name": rng.choice(_ROUTES),
        },
        "data": {"baseType": kind, "baseData": {"ver": 2, **_DATA[kind](rng)}},
    }


def _properties(rng: random.Random) -> dict[str, str]:
    return {
        "tenant": f"tenant-{rng.randrange(40)}",
        "region": rng.choice(("north", "south", "west")),
        "feature": rng.choice(("checkout", "browse", "search")),
        "build": "2026.11.21-4f8a2c1",
        "order": _DECIMAL * 8,
    }


def _duration(rng: random.Random) -> str:
    return f"0.00:00:{rng.expovariate(20):06.3f}{_DECIMAL * 3}"


def _request(rng: random.Random) -> dict[str, Any]:
    route = rng.choice(_ROUTES)
    return {
        "id": _HEX * 16,
        "name": route,
        "url": f"https://shop.example/{route.split('/', 1)[1]}?page={_DECIMAL * 3}",
        "duration": _duration(rng),
        "responseCode": rng.choice(("200", "200", "200", "404", "500")),
        "success": rng.random() < 0.9,
        "properties": _properties(rng) | {"request.name": route},
    }


def _dependency(rng: random.Random) -> dict[str, Any]:
    return {
        "id": _HEX * 16,
        "name": "SELECT items",
        "data": f"SELECT id, name, price FROM items WHERE shelf = ? AND id > {_DECIMAL * 6}",
        "target": "stock-db|items",
        "type": "postgresql",
        "duration": _duration(rng),
        "resultCode": "0",
        "success": True,
        "properties": _properties(rng),
    }


def _message(rng: random.Random) -> dict[str, Any]:
    return {
        "message": f"order {_DECIMAL * 8} accepted for tenant {rng.randrange(40)} "
        "after checking stock, price and address",
        "severityLevel": rng.choice((1, 1, 1, 2, 3)),
        "properties": _properties(rng)
        | {"process": "MainProcess", "module": "orders", "fileName": "/srv/shop/orders.py"},
    }


def _event(rng: random.Random) -> dict[str, Any]:
    return {
        "name": "OrderPlaced",
        "properties": _properties(rng),
        "measurements": {"items": rng.randrange(9), "total": rng.random() * 100},
    }


def _metric(rng: random.Random) -> dict[str, Any]:
    point = {"ns": "shop", "name": "queue_length", "value": rng.randrange(50), "kind": 0}
    return {"metrics": [point], "properties": _properties(rng)}


def _exception(rng: random.Random) -> dict[str, Any]:
    frames = [
        {"level": level, "method": f"step_{level}", "fileName": "/srv/shop/pay.py", "line": 40}
        for level in range(6)
    ]
    return {
        "exceptions": [
            {
                "id": 1,
                "outerId": 0,
                "typeName": rng.choice(("TimeoutError", "ValueError")),
                "message": f"payment {_DECIMAL * 6} was not confirmed in time",
                "hasFullStack": True,
                "parsedStack": frames,
            }
        ],
        "severityLevel": 3,
        "properties": _properties(rng),
    }


_DATA = {
    "RequestData": _request,
    "RemoteDependencyData": _dependency,
    "MessageData": _message,
    "EventData": _event,
    "MetricData": _metric,
    "ExceptionData": _exception,
}
