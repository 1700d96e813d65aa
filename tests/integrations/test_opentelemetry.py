"""From real instrumentations of OpenTelemetry over our core to our server to a query."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import RunningServer

PROGRAM = Path(__file__).with_name("programs") / "instrumented.py"


@pytest.mark.parametrize("conventions", ["old", "http"])
def test_what_instrumentations_record_is_one_operation(
    server: RunningServer, client_environment: dict[str, str], conventions: str
) -> None:
    key = str(uuid.uuid4())
    text = f"InstrumentationKey={key};IngestionEndpoint={server.url}/;LiveEndpoint={server.url}/"
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM)],
        env={
            **client_environment,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": text,
            "OTEL_SEMCONV_STABILITY_OPT_IN": conventions,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    assert port, process.communicate()[1]
    trace, caller = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    headers = {"traceparent": f"00-{trace}-{caller}-01"}
    address = f"http://127.0.0.1:{port}"
    request = urllib.request.Request(f"{address}/orders/21?x=1", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert reply.read() == b"42"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{address}/broken", timeout=30)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said

    app = f"app-{key[:8]}"
    rows = server.wait_for_rows(
        app,
        f"union requests, dependencies | where operation_Id == '{trace}'"
        " | project name, type, target, data, url, resultCode, success, id, operation_ParentId,"
        " operation_Name",
        5,
    )
    found = {row["name"]: row for row in rows}
    assert len(rows) == len(found) == 5
    ids = {row["id"]: name for name, row in found.items()}
    assert {name: ids.get(row["operation_ParentId"]) for name, row in found.items()} == {
        "GET /orders/<int:number>": None,
        "price": "GET /orders/<int:number>",
        "GET /prices/21": "price",
        "GET /prices/<int:number>": "GET /prices/21",
        "sqlite3.query": "GET /prices/<int:number>",
    }
    served = found["GET /orders/<int:number>"]
    assert served["operation_ParentId"] == caller
    assert (served["url"], served["resultCode"]) == (f"{address}/orders/21?x=1", "200")
    assert served["operation_Name"] == "GET /orders/<int:number>"
    call = found["GET /prices/21"]
    assert (call["type"], call["target"]) == ("HTTP", f"127.0.0.1:{port}")
    assert (call["data"], call["resultCode"]) == (f"{address}/prices/21", "200")
    assert (found["price"]["type"], found["sqlite3.query"]["data"]) == ("INPROC", "select ? * ?")
    lines = server.wait_for_rows(
        app, f"traces | where operation_Id == '{trace}' | project message, operation_ParentId", 2
    )
    assert {row["message"]: ids[row["operation_ParentId"]] for row in lines} == {
        "asked": "price",
        "told": "GET /prices/<int:number>",
    }

    measured = (
        "customMetrics | where name {} | project name, valueSum, valueCount, d = customDimensions"
    )
    (counted,) = server.wait_for_rows(app, measured.format("== 'asked'"))
    assert '"number":"21"' in counted.pop("d").replace(" ", "")
    assert counted == {"name": "asked", "valueSum": 1.0, "valueCount": 1}
    took = server.wait_for_rows(
        app, measured.format("startswith 'http.client.' and name has 'duration'")
    )
    assert {"old": "http.client.duration", "http": "http.client.request.duration"}[conventions] in {
        row["name"] for row in took
    }

    (failure,) = server.wait_for_rows(
        app,
        "requests | where url endswith '/broken'"
        " | join kind=inner exceptions on $left.id == $right.operation_ParentId"
        " | project name, resultCode, success, type, outerMessage, method",
    )
    assert "broken" in failure.pop("method")
    assert failure == {
        "name": "GET /broken",
        "resultCode": "500",
        "success": "False",
        "type": "LookupError",
        "outerMessage": "no such price",
    }


def test_programs_with_the_sdk_send_with_our_exporters(
    server: RunningServer, client_environment: dict[str, str]
) -> None:
    key = str(uuid.uuid4())
    text = f"InstrumentationKey={key};IngestionEndpoint={server.url}/;LiveEndpoint={server.url}/"
    address = f"{server.url}/health"
    done = subprocess.run(
        [sys.executable, str(PROGRAM.with_name("exported.py")), address],
        env={**client_environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": text},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr

    app = f"app-{key[:8]}"
    rows = server.wait_for_rows(
        app,
        "dependencies | project name, data, resultCode, id, operation_ParentId, operation_Id",
        2,
    )
    found = {row["name"]: row for row in rows}
    assert len(rows) == len(found) == 2, "our own sending is no call of the program"
    call, sell = found["GET /health"], found["sell"]
    assert (call["data"], call["resultCode"]) == (address, "200")
    assert call["operation_ParentId"] == sell["id"]
    lines = server.wait_for_rows(
        app, "traces | project message, operation_ParentId, operation_Id, cloud_RoleName"
    )
    assert lines == [
        {
            "message": "sold a cup",
            "operation_ParentId": sell["id"],
            "operation_Id": sell["operation_Id"],
            "cloud_RoleName": "exported",
        }
    ]
    counted = server.wait_for_rows(
        app, "customMetrics | where name == 'sold' | summarize total = sum(valueSum) by name"
    )
    assert counted == [{"name": "sold", "total": 2.0}]
