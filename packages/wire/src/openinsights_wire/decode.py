"""From the bytes of a request to typed envelopes, one by one, in order.

The usual body is read by typed decoders in one pass over the envelopes and one over each typed part.
Only what they refuse takes the lenient way, item by item.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from openinsights_wire.envelope import Envelope
from openinsights_wire.errors import BAD_BODY, WireError
from openinsights_wire.lenient import FINISH, NotJson, lenient_data, lenient_envelope, tolerant
from openinsights_wire.limits import MAX_BATCH_ITEMS, MAX_ITEM_BYTES
from openinsights_wire.split import Span, resume_points, split_items
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
    from collections.abc import Sequence
    from typing import TypeAlias

    _Decoded: TypeAlias = tuple[Span, Envelope | WireError]

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_LINE_END, _LIST = b"\n["
_BRACKETS = b"]}, \t\r\n"

# How many characters of one body are read again, to find what stands behind strings without an
# end; a try counts as 1,024 at least.
_MAX_REREAD = 4 * 1024 * 1024
_TRY = 1_024

# Bodies up to this size are cut into items by the codec; larger ones by a loop that can stop early.
_QUICK_SPLIT_BYTES = 1024 * 1024
_SMALLEST_ITEM_BYTES = 40


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
    if len(body) > max_items * _SMALLEST_ITEM_BYTES:
        _check_count(body.count(b'"baseType"'), max_items)
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
            if name in FINISH:
                FINISH[name](data.baseData)
        except (KeyError, WireError, *REFUSALS):
            results[index] = lenient_data(envelope, raw)
    return results


def _check_count(count: int, max_items: int) -> None:
    if count > max_items:
        raise WireError(
            f"{BAD_BODY}: cannot take a batch of so many items: the most is {max_items}", 413
        )


def _decode_items(body: bytes, max_items: int) -> list[Envelope | WireError]:
    items = _quick_split(body)
    if items is None:
        spans = split_items(body, max_items)
        _check_count(len(spans), max_items)
        results = _decode_spans(body, spans)
    else:
        _check_count(len(items), max_items)
        results = [_decode_item(item) for item in items]
    _check_count(len(results), max_items)
    if results and all(isinstance(result, NotJson) for result in results):
        raise WireError(str(results[0]))
    return results


def _quick_split(body: bytes) -> Sequence[bytes] | None:
    """Return the items of a body that is well-formed as a whole, None for any other."""
    if len(body) > _QUICK_SPLIT_BYTES:
        return None
    try:
        if body.lstrip(_SPACE)[:1] == b"[":
            return split_array(body)
        lines = split_lines(body)
    except REFUSALS:
        return None
    return None if any(bytes(line)[:1] == b"[" for line in lines) else lines


def _decode_spans(body: bytes, spans: list[Span]) -> list[Envelope | WireError]:
    results: list[Envelope | WireError] = []
    allowed = _MAX_REREAD
    decoded = [(span, _decode_item(body[span.start : span.end])) for span in spans]
    for good, run in groupby(decoded, key=lambda pair: isinstance(pair[1], Envelope)):
        pairs = list(run)
        if not good and any(_may_hide_items(body, span, result) for span, result in pairs):
            whole = Span(pairs[0][0].start, pairs[-1][0].end)
            found, allowed = _recover(body, whole, allowed)
            pairs = _merged(body, pairs, found)
        results.extend(result for _, result in pairs)
    return results


def _may_hide_items(body: bytes, span: Span, result: Envelope | WireError) -> bool:
    """Return whether an item is broken, or a list that took in what follows it."""
    return isinstance(result, NotJson) or body[span.start] == _LIST


def _merged(body: bytes, broken: list[_Decoded], found: list[_Decoded]) -> list[_Decoded]:
    """Return what was found and the errors that stand outside of it, in order."""
    merged: list[_Decoded] = []
    covered = 0
    pairs = [(pair, True) for pair in found] + [(pair, False) for pair in broken]
    for (span, result), is_found in sorted(pairs, key=lambda entry: entry[0][0].start):
        if is_found:
            covered = span.end
        elif span.start < covered or (found and _is_left_over(body, span)):
            continue
        merged.append((span, result))
    return merged


def _is_left_over(body: bytes, span: Span) -> bool:
    return not body[span.start : span.end].strip(_BRACKETS)


def _decode_item(item: bytes) -> Envelope | WireError:
    try:
        envelope = decode_envelope(item)
    except REFUSALS:
        return lenient_envelope(item)
    data = envelope.data
    raw: Any = data.baseData
    try:
        data.baseData = DECODE_BASE_DATA[data.baseType](raw)
        if data.baseType in FINISH:
            FINISH[data.baseType](data.baseData)
    except (KeyError, WireError, *REFUSALS):
        return lenient_data(envelope, raw)
    return envelope


def _recover(body: bytes, whole: Span, allowed: int) -> tuple[list[_Decoded], int]:
    """Return the items that stand behind the broken parts of a run, and what is left of `allowed`.

    A try reads no more than an item may have, so that no body costs more than its size allows.
    """
    found: list[_Decoded] = []
    end = 0
    for start in resume_points(body, whole):
        if allowed <= 0:
            break
        if start < end:
            continue
        window = body[start : start + MAX_ITEM_BYTES].decode("utf-8", "surrogateescape")
        length, value = _read_object(window)
        allowed -= max(length, _TRY)
        on_its_line = body[start - 1] == _LINE_END
        if "data" in value or (value and on_its_line):
            item = window[:length].encode("utf-8", "surrogateescape")
            end = start + len(item)
            found.append((Span(start, end), _decode_item(item)))
        elif on_its_line:
            broken = NotJson(f"{BAD_BODY}: cannot read the item: it is broken on its line")
            found.append((Span(start, start + 1), broken))
    return found, allowed


def _read_object(text: str) -> tuple[int, dict[str, Any]]:
    """Return how far reading one object came, and the object: empty when it is broken."""
    try:
        value, length = tolerant.raw_decode(text)
    except RecursionError:
        return len(text), {}
    except json.JSONDecodeError as error:
        return error.pos, {}
    return length, value
