"""Items that the typed decoders refused: read as plain JSON, then taken for what they mean."""

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
from openinsights_wire.strict import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights_wire.base_types import BaseData


class NotJson(WireError):
    """An item that is no JSON at all."""


def lenient_data(envelope: Envelope, raw: bytes) -> Envelope | WireError:
    """Return an envelope, typed but for its data, with what the bytes of its data mean."""
    data = envelope.data
    quick = _with_text_properties(data.baseType, raw)
    if quick is not None:
        data.baseData = quick
        return envelope

    def read() -> Envelope:
        envelope.data = _data_of({"baseType": data.baseType, "baseData": _loads(raw)})
        return envelope

    return _result_of(read)


def lenient_envelope(item: bytes) -> Envelope | WireError:
    """Return the envelope that the bytes of an item mean."""
    return _result_of(lambda: _envelope_of(_loads(item)))


def _result_of(read: Callable[[], Envelope]) -> Envelope | WireError:
    try:
        return read()
    except WireError as error:
        # The frames that tracebacks keep alive are larger than many an item, and refer back to the
        # errors: neither this one's are kept, nor those of what it was raised in the handling of.
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    except RecursionError:
        return NotJson(f"{BAD_BODY}: cannot read the item: it is nested too deeply")


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
        finish(base_type, data)
    except (AttributeError, LookupError, TypeError, WireError, *REFUSALS):
        return None
    return data


def _envelope_of(value: object) -> Envelope:
    if not isinstance(value, dict):
        raise WireError(
            f"{BAD_BODY}: cannot read the item: it is no object but {coerce.json_type(value)}"
        )
    if value.get("data") is None:
        raise coerce.missing("data", "Envelope")
    envelope: Envelope = coerce.struct_of(Envelope, {**value, "data": _data_of(value["data"])})
    return envelope


def _data_of(value: object) -> Data:
    if not isinstance(value, dict):
        actual = coerce.json_type(value)
        raise field_error(
            FIELD_WRONG_TYPE, "data", "Envelope", "is of the wrong type", "object", actual
        )
    base_type = value.get("baseType")
    if base_type is None:
        raise coerce.missing("baseType", "Data")
    name = canonical_name(base_type) if isinstance(base_type, str) else None
    if name is None:
        expected, actual = f"one of {', '.join(BASE_TYPES)}", coerce.json_type(base_type)
        raise field_error(UNKNOWN_BASE_TYPE, "baseType", "Data", "is not known", expected, actual)
    if value.get("baseData") is None:
        raise coerce.missing("baseData", "Data")
    base_data: BaseData = coerce.struct_of(BASE_TYPES[name], value["baseData"])
    finish(name, base_data)
    return Data(name, base_data)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else (-inf if digits[0] == "-" else inf)


# The standard library reads what other writers get wrong: NaN and Infinity, control characters,
# half of a surrogate pair, integers of any size.
tolerant = json.JSONDecoder(strict=False, parse_int=_integer)


def _loads(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except REFUSALS:
        pass
    try:
        return tolerant.decode(bytes(raw).decode("utf-8", "replace"))
    except ValueError as error:
        raise NotJson(f"{BAD_BODY}: cannot read the item: {error}") from None


def finish(base_type: str, data: Any) -> None:
    """Do in place what typed decoding leaves open for some types.

    Raises:
        WireError: a severity or a kind has no meaning.
    """
    step = FINISH.get(base_type)
    if step is not None:
        step(data)


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


FINISH: dict[str, Callable[[Any], None]] = {
    "MessageData": _finish_severity,
    "ExceptionData": _finish_severity,
    "MetricData": _finish_metrics,
    "PageViewData": _finish_page,
    "PageViewPerfData": _finish_page,
}
