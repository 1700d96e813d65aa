"""Names, messages and dimensions in any script: the same from every form of body to KQL and CSV."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
import unicodedata
from datetime import datetime, timezone

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from typer.testing import CliRunner

from openinsights.cli.main import app

TEXTS = (
    "주문이 완료되었습니다",
    unicodedata.normalize("NFD", "주문 déjà"),  # decomposed letters stay decomposed
    "crème brûlée à l'œuf, « déjà vu »",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🎉",
    "العربية ועברית",
    "日本語、中文；ไทย हिन्दी",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐐷 𒀀",
    "a\u00a0b\u200bc\u202ed\ufeff",
    'quotes "and", commas; line\nbreaks\tand \\ backslashes',
)


def envelope(key, text):
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": datetime.now(timezone.utc).isoformat(),
        "iKey": key,
        "tags": {"ai.cloud.role": text, "ai.operation.name": text},
        "data": {
            "baseType": "MessageData",
            "baseData": {"message": text, "properties": {f"키 {text}"[:100]: text}},
        },
    }


def array(http, key):
    body = json.dumps([envelope(key, text) for text in TEXTS], ensure_ascii=False).encode()
    return http.post("v2.1/track", content=body)


def escaped(http, key):
    return http.post("v2/track", content=json.dumps([envelope(key, text) for text in TEXTS]))


def lines(http, key):
    body = "\n".join(json.dumps(envelope(key, text), ensure_ascii=False) for text in TEXTS)
    headers = {"content-type": "application/x-json-stream", "content-encoding": "gzip"}
    return http.post("v2/track", content=gzip.compress(body.encode()), headers=headers)


def beacons(http, key):
    for text in TEXTS:
        body = "\ufeff" + json.dumps(envelope(key, text), ensure_ascii=False)
        reply = http.post("v2/track", content=body.encode(), headers={"content-type": "text/plain"})
    return reply


def records(key):
    request = ExportLogsServiceRequest()
    for text in TEXTS:
        found = request.resource_logs.add()
        found.resource.attributes.add(key="service.name").value.string_value = text
        record = found.scope_logs.add().log_records.add(time_unix_nano=time.time_ns())
        record.body.string_value = text
        record.attributes.add(key=f"키 {text}"[:100]).value.string_value = text
    return request


def otlp(http, key):
    headers = {"content-type": "application/x-protobuf", "x-ms-instrumentation-key": key}
    return http.post("v1/logs", content=records(key).SerializeToString(), headers=headers)


def otlp_json(http, key):
    from google.protobuf.json_format import MessageToJson

    headers = {"content-type": "application/json", "x-ms-instrumentation-key": key}
    return http.post("v1/logs", content=MessageToJson(records(key)).encode(), headers=headers)


@pytest.fixture(scope="module")
def server(serve_for_module):
    with serve_for_module() as running:
        yield running


@pytest.mark.parametrize("send", [array, escaped, lines, beacons, otlp, otlp_json])
def test_texts_are_the_same_from_the_body_to_kql_and_csv(server, send):
    name = send.__name__.replace("_", "-")
    made = server.create(name)
    reply = send(server.http, made["InstrumentationKey"])
    assert reply.status_code == 200, reply.text
    query = "traces | project message, cloud_RoleName, keys = bag_keys(customDimensions)"
    body = {"query": f"{query} | order by message asc"}
    answer = server.http.post(f"v1/apps/{name}/query", json=body).json()
    rows = answer["tables"][0]["rows"]
    assert sorted(row[0] for row in rows) == sorted(TEXTS)
    for message, role, keys in rows:
        assert role == message
        assert f"키 {message}"[:100] in json.loads(keys)
    for text in TEXTS:
        quoted = json.dumps(text, ensure_ascii=False)
        found = f"traces | where message == {quoted} and message contains {quoted} | count"
        counted = server.http.post(f"v1/apps/{name}/query", json={"query": found}).json()
        assert counted["tables"][0]["rows"] == [[1]], text
    words = ["query", "traces | project message, cloud_RoleName", "--format", "csv"]
    told = CliRunner().invoke(app, [*words, "--app", name, "--url", server.url])
    assert told.exit_code == 0, repr(told.exception)
    read = list(csv.reader(io.StringIO(told.stdout, newline="")))
    assert sorted(read[1:]) == sorted([text, text] for text in TEXTS)
