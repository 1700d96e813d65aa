"""How long the wire takes per envelope: reading bodies, writing batches, and the lenient way.

Run: `python benchmarks/wire.py`. Bodies are mixed requests, dependencies, log lines, events and
metrics of about 850 bytes each. The best of several rounds is printed, so that a busy machine shows
less; untyped `msgspec` and `json` read the same bodies in the same run.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights_wire.decode import decode_body
from openinsights_wire.encode import encode_batch
from openinsights_wire.stamps import parse_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 25
ENVELOPES_PER_ROUND = 2_000
TAGS = {
    "ai.cloud.role": "checkout",
    "ai.cloud.roleInstance": "checkout-7c9f4d-x2k",
    "ai.device.id": "checkout-7c9f4d-x2k",
    "ai.device.locale": "en_GB",
    "ai.device.osVersion": "#1 SMP Debian 6.1.0",
    "ai.device.type": "Other",
    "ai.internal.sdkVersion": "py3.11.7:oc0.11.4:ext1.1.15",
    "ai.operation.id": "3f2504e04f8911d39a0c0305e82c3301",
    "ai.operation.parentId": "9a0c0305e82c3301",
    "ai.operation.name": "POST /orders/<id>/checkout",
}
PROPERTIES = {
    "customer.tier": "gold",
    "http.user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "region": "eu-north",
    "build": "2026.11.3-rc1",
}
BASES: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "RequestData",
        {
            "id": "00f067aa0ba902b7",
            "name": "POST /orders/<id>/checkout",
            "duration": "0.00:00:00.128",
            "responseCode": "200",
            "success": True,
            "url": "http://shop.example/orders/81/checkout",
        },
    ),
    (
        "RemoteDependencyData",
        {
            "id": "53995c3f42cd8ad8",
            "name": "GET /stock",
            "duration": "0.00:00:00.031",
            "resultCode": "200",
            "success": True,
            "type": "HTTP",
            "data": "http://stock:8000/stock/17",
            "target": "stock:8000",
        },
    ),
    ("MessageData", {"message": "order 81 was paid by card", "severityLevel": 1}),
    ("EventData", {"name": "order placed", "measurements": {"items": 3.0, "total": 81.5}}),
    ("MetricData", {"metrics": [{"ns": "queue", "name": "queue", "value": 12.0}]}),
)


def body(count: int, properties: dict[str, Any]) -> bytes:
    """Return a JSON array of `count` envelopes, the keys in the order of OpenCensus."""
    items = []
    for number in range(count):
        base_type, base = BASES[number % len(BASES)]
        items.append(
            {
                "iKey": "11111111-2222-3333-4444-555555555555",
                "tags": TAGS,
                "time": f"2026-11-21T07:{number % 60:02d}:39.799123Z",
                "name": f"Microsoft.ApplicationInsights.{base_type}",
                "data": {
                    "baseData": {"ver": 2, **base, "properties": properties},
                    "baseType": base_type,
                },
            }
        )
    return json.dumps(items).encode()


def microseconds(work: Callable[[], object], repeats: int, items: int) -> float:
    """Return the best time of the rounds, in microseconds per item."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        best = min(best, time.perf_counter() - start)
    return best / (repeats * items) * 1e6


def main() -> None:
    """Print one line per measurement."""
    sys.stdout.write(f"Python {sys.version.split()[0]}, msgspec {msgspec.__version__}\n")
    for count in (100, 1_000):
        usual = body(count, PROPERTIES)
        numbers = body(count, {**PROPERTIES, "lineNumber": 11})
        envelopes: list[Any] = decode_body(usual)
        repeats = ENVELOPES_PER_ROUND // count
        rows: tuple[tuple[str, Callable[[], object]], ...] = (
            ("decode_body", lambda usual=usual: decode_body(usual)),
            ("decode_body, a number in properties", lambda numbers=numbers: decode_body(numbers)),
            ("encode_batch", lambda envelopes=envelopes: encode_batch(envelopes)),
            ("msgspec.json.decode, untyped", lambda usual=usual: msgspec.json.decode(usual)),
            ("json.loads, untyped", lambda usual=usual: json.loads(usual)),
        )
        for name, work in rows:
            figure = microseconds(work, repeats, count)
            sys.stdout.write(
                f"{name:<40} {count:>5} x {len(usual) // count} B  {figure:6.2f} us per envelope\n"
            )
    time_text, duration_text = "2026-11-21T07:19:39.799123Z", "0.00:00:00.128"
    for name, work in (
        ("parse_time", lambda: parse_time(time_text)),
        ("parse_duration", lambda: parse_duration(duration_text)),
    ):
        sys.stdout.write(f"{name:<40} {microseconds(work, 2_000, 1):6.2f} us\n")


if __name__ == "__main__":
    main()
