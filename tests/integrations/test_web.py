"""From a web framework on a real server to our server to a query."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RunningServer

PROGRAM = Path(__file__).with_name("programs") / "web.py"

TEMPLATES = {
    "aiohttp": "/orders/{number}",
    "asgi": "/orders/{value}",
    "django": "/orders/<number>",
    "django-asgi": "/orders/<number>",
    "fastapi": "/orders/{number}",
    "flask": "/orders/<number>",
    "pyramid": "/orders/{number}",
    "starlette": "/orders/{number}",
    "wsgi": "/orders/{value}",
}
"""How each framework writes the template of `/orders/7`."""


class Web:
    """The program with all frameworks, and the server it reports to."""

    def __init__(self, server: RunningServer, environment: dict[str, str]) -> None:
        key = str(uuid.uuid4())
        self.server = server
        self.resource = f"app-{key[:8]}"
        text = (
            f"InstrumentationKey={key};IngestionEndpoint={server.url}/;LiveEndpoint={server.url}/"
        )
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env={**environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": text},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ports: dict[str, int] = json.loads(self.process.stdout.readline() or "{}")

    def get(self, name: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and text of an answer."""
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, headers=headers or {}), timeout=30
            ) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace")
        except OSError:
            # A server may hang up where the application fails.
            return 500, ""

    def rows(self, query: str, at_least: int = 1) -> list[dict[str, Any]]:
        return self.server.wait_for_rows(self.resource, query, at_least)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def web(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    import os

    kept = {name: value for name, value in os.environ.items() if "INSIGHTS" not in name}
    running = Web(server, {**kept, "TMPDIR": str(tmp_path_factory.mktemp("web"))})
    yield running
    running.close()


@pytest.mark.parametrize("name", TEMPLATES)
def test_request_and_what_is_in_it_are_found_by_a_query(web: Web, name: str) -> None:
    trace, caller = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    headers = {"traceparent": f"00-{trace}-{caller}-01"}
    assert web.get(name, "/orders/7?x=1", headers) == (200, web.get(name, "/orders/7")[1])

    (found,) = web.rows(
        f"""
        requests
        | where operation_Id == "{trace}"
        | join kind=inner (dependencies | where name == "price") on operation_Id
        | join kind=inner (traces | where message == "sold 7") on operation_Id
        | project name, url, resultCode, success, operation_Name, operation_ParentId, cloud_RoleName,
            isAbove = operation_ParentId1 == id and operation_ParentId2 == id,
            isAround = timestamp <= timestamp1 and duration1 > 0 and duration >= duration1
        """
    )
    named = f"GET {TEMPLATES[name]}"
    assert found == {
        "name": named,
        "url": f"http://127.0.0.1:{web.ports[name]}/orders/7?x=1",
        "resultCode": "200",
        "success": "True",
        "operation_Name": named,
        "operation_ParentId": caller,
        "cloud_RoleName": name,
        "isAbove": True,
        "isAround": True,
    }


@pytest.mark.parametrize("name", TEMPLATES)
def test_failure_and_its_exception_are_found_by_a_query(web: Web, name: str) -> None:
    trace = uuid.uuid4().hex
    assert web.get(name, "/broken", {"traceparent": f"00-{trace}-{'b' * 16}-01"})[0] == 500

    (found,) = web.rows(
        f"""
        requests
        | where operation_Id == "{trace}"
        | join kind=inner exceptions on $left.id == $right.operation_ParentId
        | project resultCode, success, type, outerMessage, method
        """
    )
    assert "broken" in found.pop("method")
    assert found == {
        "resultCode": "500",
        "success": "False",
        "type": "LookupError",
        "outerMessage": "no such price",
    }


@pytest.mark.parametrize("name", TEMPLATES)
def test_streamed_answer_is_one_request_as_long_as_it_took(web: Web, name: str) -> None:
    trace = uuid.uuid4().hex
    assert web.get(name, "/stream", {"traceparent": f"00-{trace}-{'b' * 16}-01"}) == (200, "abc")

    (found,) = web.rows(
        f'requests | where operation_Id == "{trace}" | project resultCode, isLong = duration >= 6'
    )
    assert found == {"resultCode": "200", "isLong": True}


def test_trace_goes_on_through_all_frameworks(web: Web) -> None:
    trace = uuid.uuid4().hex
    names = list(TEMPLATES)
    ports = "-".join(str(web.ports[name]) for name in names[1:])
    headers = {"traceparent": f"00-{trace}-{'a' * 16}-01"}
    assert web.get(names[0], f"/relay/{ports}", headers)[0] == 200

    rows = web.rows(
        f"""
        requests
        | where operation_Id == "{trace}"
        | join kind=inner dependencies on $left.operation_ParentId == $right.id, operation_Id
        | join kind=inner (requests | where operation_Id == "{trace}")
            on $left.operation_ParentId1 == $right.id
        | where type == "HTTP" and duration > 0 and duration1 <= duration2
        | project from = cloud_RoleName2, to = cloud_RoleName
        """,
        len(names) - 1,
    )
    assert {(row["from"], row["to"]) for row in rows} == set(pairwise(names))
