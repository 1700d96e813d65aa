"""What alert rules look at, and the management API that they are made by."""

from __future__ import annotations

import json
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from playwright.sync_api import expect


def requests(sender: Any, key: str, count: int, *, failed: bool, ago_s: float = 0) -> Any:
    """Return envelopes of requests that all came at one time."""
    at = datetime.now(timezone.utc) - timedelta(seconds=ago_s)
    return [
        sender.envelope(
            key,
            "RequestData",
            at,
            "web",
            "GET /",
            f"{n:032x}",
            id=f"{n:016x}",
            name="GET /",
            duration=20.0,
            responseCode="500" if failed else "200",
            success=not failed,
            properties={},
        )
        for n in range(count)
    ]


def an_hour_with_failures(sender: Any, key: str) -> Any:
    """Return envelopes of twelve requests every five minutes; those of ten minutes failed."""
    return [
        each
        for minutes in range(2, 60, 5)
        for _ in range(3)
        for each in requests(sender, key, 4, failed=minutes in (22, 27), ago_s=60 * minutes)
    ]


def key_of(resource: Any) -> str:
    """Return the instrumentation key of a resource."""
    pairs = resource.facts["connection_string"].split(";")
    return dict(pair.split("=", 1) for pair in pairs)["InstrumentationKey"]


def path_of(resource: Any, kind: str, name: str) -> str:
    """Return the path of something in the group of a resource; `kind` is a type of it."""
    group = "/".join(resource.facts["resource_id"].split("/")[:5])
    return f"{group}/providers/{kind}/{quote(name)}"


def arm(server: Any, method: str, path: str, body: Any = None) -> Any:
    """Ask the management API; return what it answers."""
    request = urllib.request.Request(
        server.url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        text = reply.read()
        return json.loads(text) if text else None


def enter(control: Any) -> None:
    """Press Enter on a control, once it can be used: a key does not wait for that."""
    expect(control).to_be_enabled()
    control.press("Enter")
