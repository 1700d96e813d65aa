"""From the bytes of a request to typed envelopes, one by one, in order.

The usual body is read by typed decoders in one pass over the envelopes and one over each typed part.
Only what they refuse takes the lenient way, item by item.
"""

from __future__ import annotations

import json
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights_wire import coerce
from openinsights_wire.base_types import BASE_TYPES, canonical_name
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.errors import (
    BAD_BODY,
    FIELD_WRONG_TYPE,
    UNKNOWN_BASE_TYPE,
    WireError,
    field_error,
)
from openinsights_wire.limits import MAX_BATCH_ITEMS, MAX_ITEM_BYTES
from openinsights_wire.split import resume_points, split_items
from openinsights_wire.strict import (
    DECODE_BASE_DATA,
    REFUSALS,
    decode_array,
    decode_envelope,
    decode_lines,
    split_array,
    split_lines,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights_wire.base_types import BaseData

# How much is tried again behind a broken string before the rest of its item is given up.
_MAX_RESUMES = 1_000
_MAX_RESUME_BYTES = 16 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


def decode_body(body: bytes, *, max_items: int = MAX_BATCH_ITEMS) -> list[Envelope | WireError]:
    """Return one entry per item of a body, in order: the envelope, or the error that says why not.

    The body may be a JSON array, one object, objects on lines, or any mix of these with space
    around. Every decoded envelope has a canonical `baseType`, typed data and texts within limits;
    `time` and durations are still texts that `stamps` reads.

    Raises:
        WireError: nothing in the body is JSON, or it has more than `max_items` items (status 413).
    """
    body = body.removeprefix(_BOM)
    first = body.lstrip(_SPACE)[:1] if body[:1] in (b" ", b"\t", b"\r", b"\n") else body[:1]
    if not first:
        raise WireError(f"{BAD_BODY}: cannot read the body: it is empty")
    if first not in (b"[", b"{"):
        raise WireError(
            f"{BAD_BODY}: cannot read the body: it is neither a JSON array nor an object"
        )
    try:
        envelopes = decode_array(body) if first == b"[" else decode_lines(body)
    except REFUSALS:
        return _decode_items(body, max_items)
    _check_count(len(envelopes), max_items)
    # Hot: the loop over the items of every usual body.
    results: list[Envelope | WireError] = envelopes  # type: ignore[assignment]
    for index, envelope in enumerate(envelopes):
        data = envelope.data
        raw: Any = data.baseData
        name = data.baseType
        try:
            data.baseData = DECODE_BASE_DATA[name](raw)
            if name in _FINISH:
                _FINISH[name](data.baseData)
        except (KeyError, WireError, *REFUSALS):
            results[index] = _lenient_data(envelope, raw)
    return results


def _check_count(count: int, max_items: int) -> None:
    if count > max_items:
        raise WireError(
            f"{BAD_BODY}: cannot take a batch of {count} items: the most is {max_items}", 413
        )


def _decode_items(body: bytes, max_items: int) -> list[Envelope | WireError]:
    items = _split(body)
    _check_count(len(items), max_items)
    results: list[Envelope | WireError] = []
    for item in items:
        result = _decode_item(item)
        results.append(result)
        if isinstance(result, _NotJson):
            results.extend(_recover(bytes(item)))
    _check_count(len(results), max_items)
    if results and all(isinstance(result, _NotJson) for result in results):
        raise WireError(str(results[0]))
    return results


def _split(body: bytes) -> Sequence[bytes]:
    try:
        if body.lstrip(_SPACE)[:1] == b"[":
            return split_array(body)
        lines = split_lines(body)
    except REFUSALS:
        return split_items(body)
    return split_items(body) if any(bytes(line)[:1] == b"[" for line in lines) else lines


def _recover(item: bytes) -> list[Envelope | WireError]:
    """Return the envelopes that stand behind the broken part of an item, tried a bounded time."""
    found: list[Envelope | WireError] = []
    end = scanned = 0
    for start in resume_points(item)[:_MAX_RESUMES]:
        if start < end or scanned > _MAX_RESUME_BYTES:
            continue
        text = item[start : start + MAX_ITEM_BYTES].decode("utf-8", "surrogateescape")
        scanned += len(text)
        try:
            value, length = _tolerant.raw_decode(text)
        except (ValueError, RecursionError):
            continue
        if "data" in value:
            size = len(text[:length].encode("utf-8", "surrogateescape"))
            found.append(_decode_item(item[start : start + size]))
            end = start + size
    return found


class _NotJson(WireError):
    """An item that is no JSON at all."""


def _decode_item(item: bytes) -> Envelope | WireError:
    try:
        envelope = decode_envelope(item)
    except REFUSALS:
        return _lenient_envelope(item)
    return _typed_data(envelope)


def _typed_data(envelope: Envelope) -> Envelope | WireError:
    data = envelope.data
    raw: Any = data.baseData
    try:
        data.baseData = DECODE_BASE_DATA[data.baseType](raw)
        if data.baseType in _FINISH:
            _FINISH[data.baseType](data.baseData)
    except (KeyError, WireError, *REFUSALS):
        return _lenient_data(envelope, raw)
    return envelope


def _lenient_data(envelope: Envelope, raw: bytes) -> Envelope | WireError:
    data = envelope.data
    quick = _with_text_properties(data.baseType, raw)
    if quick is not None:
        data.baseData = quick
        return envelope
    try:
        envelope.data = _data_of({"baseType": data.baseType, "baseData": _loads(raw)})
    except WireError as error:
        return error
    except RecursionError:
        return _too_deep()
    return envelope


def _with_text_properties(base_type: str, raw: bytes) -> BaseData | None:
    """Return data whose only oddity is values in `properties` that are no texts: the usual one."""
    struct = BASE_TYPES.get(base_type)
    if struct is None:
        return None
    try:
        value = msgspec.json.decode(raw)
        value["properties"] = {
            key: item if type(item) is str else coerce.text_of(item)
            for key, item in value["properties"].items()
        }
        data = msgspec.convert(value, struct)
        if base_type in _FINISH:
            _FINISH[base_type](data)
    except (AttributeError, LookupError, TypeError, WireError, *REFUSALS):
        return None
    return data


def _lenient_envelope(item: bytes) -> Envelope | WireError:
    try:
        value = _loads(item)
        if not isinstance(value, dict):
            return WireError(
                f"{BAD_BODY}: cannot read the item: it is no object but {coerce.json_type(value)}"
            )
        data = value.get("data")
        if data is None:
            return coerce.missing("data", "Envelope")
        value["data"] = _data_of(data)
        envelope: Envelope = coerce.struct_of(Envelope, value)
    except WireError as error:
        return error
    except RecursionError:
        return _too_deep()
    return envelope


def _data_of(value: object) -> Data:
    if not isinstance(value, dict):
        raise field_error(
            FIELD_WRONG_TYPE,
            "data",
            "Envelope",
            "is of the wrong type",
            "object",
            coerce.json_type(value),
        )
    base_type = value.get("baseType")
    if base_type is None:
        raise coerce.missing("baseType", "Data")
    name = canonical_name(base_type) if isinstance(base_type, str) else None
    if name is None:
        raise field_error(
            UNKNOWN_BASE_TYPE,
            "baseType",
            "Data",
            "is not known",
            f"one of {', '.join(BASE_TYPES)}",
            coerce.json_type(base_type),
        )
    if value.get("baseData") is None:
        raise coerce.missing("baseData", "Data")
    base_data: BaseData = coerce.struct_of(BASE_TYPES[name], value["baseData"])
    if name in _FINISH:
        _FINISH[name](base_data)
    return Data(name, base_data)


def _too_deep() -> WireError:
    return _NotJson(f"{BAD_BODY}: cannot read the item: it is nested too deeply")


def _loads(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except REFUSALS:
        pass
    try:
        # The standard library reads what other writers get wrong: NaN and Infinity, control
        # characters, half of a surrogate pair, integers of any size.
        return _tolerant.decode(bytes(raw).decode("utf-8", "replace"))
    except ValueError as error:
        raise _NotJson(f"{BAD_BODY}: cannot read the item: {error}") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else (-inf if digits[0] == "-" else inf)


_tolerant = json.JSONDecoder(strict=False, parse_int=_integer)


def _finish_severity(data: Any) -> None:
    severity = data.severityLevel
    if severity is not None and (type(severity) is not int or not 0 <= severity <= 4):
        data.severityLevel = coerce.severity_of(severity, type(data).__name__)


def _finish_metrics(data: Any) -> None:
    for point in data.metrics:
        kind = point.kind
        if kind is not None and kind != 0 and kind != 1:
            point.kind = coerce.kind_of(kind)


def _finish_page(data: Any) -> None:
    if data.referredUri is not None:
        data.referrerUri = data.referrerUri or data.referredUri
        data.referredUri = None


# What typed decoding leaves open for some types, done in place.
_FINISH: dict[str, Callable[[Any], None]] = {
    "MessageData": _finish_severity,
    "ExceptionData": _finish_severity,
    "MetricData": _finish_metrics,
    "PageViewData": _finish_page,
    "PageViewPerfData": _finish_page,
}
