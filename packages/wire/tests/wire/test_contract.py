"""Every sample of what clients send is read, and written again as the same. Rules W1, W3 and W40."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openinsights_wire.decode import decode_body
from openinsights_wire.encode import encode_batch
from openinsights_wire.envelope import Envelope, item_count
from openinsights_wire.stamps import parse_duration, parse_time

CONTRACT = Path(__file__).parents[4] / "contract"
SAMPLES = sorted(CONTRACT.glob("*/*.json"))
BASE_TYPES = {
    "request": "RequestData",
    "dependency": "RemoteDependencyData",
    "message": "MessageData",
    "exception": "ExceptionData",
    "event": "EventData",
    "metric": "MetricData",
    "performance_counter": "MetricData",
    "page_view_perf": "PageViewPerfData",
    "page_view": "PageViewData",
    "availability": "AvailabilityData",
}


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(name: str) -> Envelope:
    (envelope,) = decode_body((CONTRACT / f"{name}.json").read_bytes())
    assert isinstance(envelope, Envelope)
    return envelope


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_sample_is_read_as_its_type_and_written_again(path: Path) -> None:
    (envelope,) = decode_body(path.read_bytes())
    assert isinstance(envelope, Envelope), envelope
    expected = next(base for kind, base in BASE_TYPES.items() if path.stem.startswith(kind))
    assert envelope.data.baseType == expected
    assert parse_time(envelope.time) > 0
    assert decode_body(encode_batch([envelope])) == [envelope]


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_nothing_that_a_sample_says_is_lost(path: Path) -> None:
    sent = json.loads(path.read_bytes())
    envelope: Any = decode_body(path.read_bytes())[0]
    assert {key: value for key, value in sent.items() if key != "data"} == {
        key: envelope[key] for key in sent if key != "data"
    }
    base = envelope.data.baseData
    for key, value in sent["data"]["baseData"].items():
        found = base["referrerUri" if key == "referredUri" else key]
        if key == "properties":
            assert set(found) == set(value)
        elif key not in ("exceptions", "metrics", "severityLevel"):
            assert found == value
    if base.get("duration") is not None:
        assert parse_duration(base.duration) > 0


def test_all_nine_types_have_samples() -> None:
    assert {read(name_of(path)).data.baseType for path in SAMPLES} == set(BASE_TYPES.values())


def test_what_is_particular_to_a_client_is_understood() -> None:
    message: Any = read("opencensus/message").data.baseData
    assert message.properties["lineNumber"] == "57"
    of_span: Any = read("opencensus/exception_of_span").data.baseData
    assert of_span.exceptions[0].stack.startswith("  File")
    assert of_span.exceptions[0].parsedStack is None
    aggregate: Any = read("dotnet/metric").data.baseData
    assert (aggregate.metrics[0].kind, aggregate.metrics[0].count) == (1, 6)
    warning: Any = read("opentelemetry-python/message").data.baseData
    assert warning.severityLevel == 2
    page: Any = read("browser/page_view").data.baseData
    assert (page.referrerUri, page.referredUri) == ("https://shop.example/", None)
    assert item_count(read("dotnet/request").sampleRate) == 4
