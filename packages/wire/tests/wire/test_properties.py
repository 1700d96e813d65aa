"""What holds for any bytes, any JSON and any telemetry. Rules W7 and W40."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from openinsights_wire.base_types import BASE_TYPES
from openinsights_wire.decode import decode_body
from openinsights_wire.encode import encode_batch
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.limits import truncate
from openinsights_wire.plan import FieldPlan, plan_of

GOOD = b'{"time":"2026-11-21T07:19:39Z","data":{"baseType":"EventData","baseData":{"name":"g"}}}'
JSONISH = st.text(alphabet='{}[]",:\\\n \t\r0123456789eE+-.truefalsn\x00\ud800é', max_size=200)


@given(st.binary(max_size=300))
@settings(deadline=None)
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'["\\')
@example(b"\xef\xbb\xbf")
def test_decoding_is_total_on_any_bytes(body: bytes) -> None:
    try:
        results = decode_body(body)
    except WireError:
        return
    assert all(isinstance(result, (Envelope, WireError)) for result in results)


@given(JSONISH)
@settings(deadline=None, max_examples=400)
def test_decoding_is_total_on_what_looks_like_json(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    for form in (
        body,
        b"[" + body,
        b"{" + body,
        b"[" + GOOD + b"," + body + b"]",
        GOOD + b"\n" + body,
    ):
        try:
            decode_body(form)
        except WireError:
            continue


@given(JSONISH)
@settings(deadline=None, max_examples=400)
def test_a_bad_line_takes_no_good_line_with_it(text: str) -> None:
    bad = text.replace("\n", " ").encode("utf-8", "surrogatepass")
    results = decode_body(GOOD + b"\n" + bad.strip(b"[] ") + b"\n" + GOOD)
    names = [r.data.baseData.name for r in results if isinstance(r, Envelope)]  # type: ignore[union-attr]
    assert names.count("g") >= 2


SAMPLES = [
    b" ".join(line.strip() for line in path.read_bytes().splitlines())
    for path in sorted((Path(__file__).parents[4] / "contract").glob("*/*.json"))
]
DAMAGE = [
    b"", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"null", b"NaN", b"1e999", b"-",
    b"\xff", rb"\ud800", b"\x00", b"true", b"9" * 400, b'""', b"[]", b"{}", b'"x"', b'"},{"',
]  # fmt: skip


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(DAMAGE)), max_size=4),
    st.sampled_from([(b"[", b",", b"]"), (b"", b"\n", b"")]),
)
@settings(deadline=None, max_examples=400)
def test_a_damaged_item_takes_no_good_item_with_it(
    sample: bytes, damages: list[tuple[float, int, bytes]], form: tuple[bytes, bytes, bytes]
) -> None:
    for place, gone, new in damages:
        start = int(place * len(sample))
        sample = sample[:start] + new + sample[start + gone :]
    opening, between, closing = form
    results = decode_body(opening + between.join([GOOD, sample, GOOD]) + closing)
    names = [r.data.baseData.get("name") for r in results if isinstance(r, Envelope)]
    assert names.count("g") == 2


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just(10**400),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELD_NAMES = sorted({row.name for struct in BASE_TYPES.values() for row in plan_of(struct)})


@given(
    st.sampled_from([*BASE_TYPES, "NewData", "pageviewdata"]),
    st.dictionaries(st.sampled_from(FIELD_NAMES), ANY_JSON, max_size=8),
    st.dictionaries(
        st.sampled_from(["name", "iKey", "seq", "tags", "flags", "sampleRate", "ver"]), ANY_JSON
    ),
)
@settings(deadline=None, max_examples=400)
def test_wrong_types_in_any_field_touch_no_other_item(
    base_type: str, base: dict[str, Any], fields: dict[str, Any]
) -> None:
    item = {
        "time": "2026-11-21T07:19:39Z",
        **fields,
        "data": {"baseType": base_type, "baseData": base},
    }
    body = b"[" + GOOD + b"," + json.dumps(item).encode() + b"," + GOOD + b"]"
    first, result, last = decode_body(body)
    assert isinstance(first, Envelope)
    assert isinstance(last, Envelope)
    assert isinstance(result, (Envelope, WireError))
    if isinstance(result, Envelope):
        repr(result).encode()


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)


def values_of(row: FieldPlan) -> st.SearchStrategy[Any]:
    """Return values that one field may have."""
    if row.what == "structs":
        assert row.struct is not None
        return st.lists(struct_of(row.struct), min_size=1, max_size=2)
    return {
        "text": TEXT,
        "duration": st.just("0.00:00:01.500"),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "number": NUMBER,
        "boolean": st.booleans(),
        "severity": st.integers(0, 4),
        "kind": st.integers(0, 1),
        "properties": st.dictionaries(TEXT, TEXT, max_size=3),
        "measurements": st.dictionaries(TEXT, NUMBER, max_size=3),
        "tags": st.dictionaries(TEXT, TEXT, max_size=3),
    }[row.what]


def struct_of(struct: Any) -> st.SearchStrategy[Any]:
    """Return structs whose every field has an allowed value."""
    rows = [row for row in plan_of(struct) if row.name not in ("data", "referredUri")]
    required = {row.name: values_of(row) for row in rows if row.required}
    optional = {row.name: values_of(row) for row in rows if not row.required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: struct(**fields))


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    name = draw(st.sampled_from(list(BASE_TYPES)))
    rows = [row for row in plan_of(Envelope) if row.name != "data"]
    fields = draw(st.fixed_dictionaries({}, optional={row.name: values_of(row) for row in rows}))
    data = Data(name, draw(struct_of(BASE_TYPES[name])))
    return Envelope(**{"time": "2026-11-21T07:19:39Z", **fields, "data": data})


@given(st.lists(envelopes(), max_size=4))
@settings(deadline=None, max_examples=150)
def test_what_is_written_is_read_back(batch: list[Envelope]) -> None:
    body = encode_batch([truncate(item) for item in batch])
    assert decode_body(body) == batch
