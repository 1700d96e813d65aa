"""A span that was written down becomes the same envelopes as one that was not."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencensus.ext.azure import frozen_span
from opencensus.ext.azure.common.batch import encode
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler, ProbabilitySampler
from opencensus.trace.span import SpanKind
from opencensus.trace.span_context import SpanContext
from opencensus.trace.status import Status
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "11111111-2222-3333-4444-555555555555"

TEXTS = st.text(max_size=20)
VALUES = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.binary(max_size=9),
    st.none(),
    st.lists(TEXTS, max_size=3),
    st.dictionaries(TEXTS, st.integers(0, 9), max_size=3),
)


class Kept(AzureExporter):
    """Keeps the spans that it is given."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spans: list[Any] = []

    def take_span(self, span: Any) -> None:
        self.spans.append(span)


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("storage")
    one = Kept(
        connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
        storage_path=str(folder),
    )
    yield one
    one.shutdown(0)


def encoded(exporter: Kept, item: Any) -> list[bytes]:
    found = item if isinstance(item, list) else exporter._convert(item)
    return [encode(envelope) for envelope in found]


def assert_same(exporter: Kept, item: Any, *, is_short: bool | None = None) -> None:
    body = frozen_span.freeze(item, exporter._convert)

    assert is_short is None or body.startswith(b"[") is not is_short
    assert encoded(exporter, frozen_span.thaw(body)) == encoded(exporter, item)


@given(
    name=TEXTS,
    kind=st.sampled_from([SpanKind.UNSPECIFIED, SpanKind.SERVER, SpanKind.CLIENT]),
    attributes=st.dictionaries(
        st.one_of(
            TEXTS,
            st.sampled_from(
                ["http.method", "http.url", "http.route", "http.status_code", "error.message"]
            ),
        ),
        VALUES,
        max_size=6,
    ),
    failure=st.one_of(st.none(), TEXTS),
    rate=st.sampled_from([1.0, 0.5]),
    is_inner=st.booleans(),
)
def test_spans_come_back_as_they_were(
    exporter: Kept,
    name: str,
    kind: int,
    attributes: dict[str, Any],
    failure: str | None,
    rate: float,
    is_inner: bool,
) -> None:
    exporter.spans.clear()
    sampler: Any = AlwaysOnSampler() if rate == 1.0 else ProbabilitySampler(rate)
    context = SpanContext(trace_id="6e0c63257de34c900000000000000001")
    tracer = Tracer(exporter=exporter, sampler=sampler, span_context=context)
    if is_inner:
        tracer.start_span("outer")
    span = tracer.start_span(name)
    span.span_kind = kind
    for key, value in attributes.items():
        span.add_attribute(key, value)
    if failure is not None:
        span.set_status(Status(2, failure))
    while tracer.current_span() is not None:
        tracer.end_span()

    assert exporter.spans
    for one in exporter.spans:
        assert_same(exporter, one)


@pytest.fixture
def span(exporter: Kept) -> Any:
    exporter.spans.clear()
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
    with tracer.span("one") as made:
        made.add_attribute("shop", "east")
    return exporter.spans[0]


def test_attribute_of_any_type_becomes_its_text(exporter: Kept, span: Any) -> None:
    class Thing:
        def __str__(self) -> str:
            return "a thing"

    span.add_attribute("thing", Thing())
    span.add_attribute("things", [Thing(), {"in": Thing()}])

    assert_same(exporter, span, is_short=True)


def test_span_with_parts_that_few_have_is_converted_at_once(exporter: Kept, span: Any) -> None:
    span.add_annotation("noted", by="me")
    assert_same(exporter, span, is_short=False)


def test_span_with_children_of_its_own_is_converted_at_once(exporter: Kept, span: Any) -> None:
    child = span.span("child")
    child.start()
    child.finish()
    assert_same(exporter, span, is_short=False)
    assert len(encoded(exporter, span)) == 2


@pytest.mark.parametrize("value", [2**70, "half \ud800"])
def test_what_the_form_has_no_place_for_is_converted_at_once(
    exporter: Kept, span: Any, value: object
) -> None:
    span.add_attribute("odd", value)
    assert_same(exporter, span, is_short=False)


def test_what_is_no_span_is_converted_at_once(exporter: Kept, span: Any) -> None:
    (data,) = span.context_tracer.get_span_datas(span)
    assert_same(exporter, data, is_short=False)


def test_exporter_with_a_form_of_its_own_is_asked_at_once(
    tmp_path: Path, track_server: Any
) -> None:
    class Own(AzureExporter):
        def span_data_to_envelope(self, sd: Any) -> Any:
            for envelope in super().span_data_to_envelope(sd):
                envelope.data.baseData.properties["own"] = str(
                    datetime(2026, 1, 1, tzinfo=timezone.utc)
                )
                yield envelope

    exporter = Own(
        connection_string=track_server.connection_string,
        storage_path=str(tmp_path),
        durable_queue=True,
    )
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span("one"):
        pass
    (ring,) = tmp_path.glob("*.ring")
    assert b'"own":"2026-01-01' in ring.read_bytes()
    exporter.shutdown()
    assert track_server.accepted[0]["data"]["baseData"]["properties"]["own"].startswith("2026")
