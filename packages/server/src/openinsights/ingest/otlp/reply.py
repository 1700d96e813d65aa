"""What senders of OTLP are told: accepted, accepted in part, or why not and whether to try again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from openinsights.ingest.reply import Reply

if TYPE_CHECKING:
    from openinsights.ingest.errors import IngestError
    from openinsights.ingest.otlp.body import OtlpForm, Signal
    from openinsights.ingest.outcome import Outcome
    from openinsights_wire.reply import ItemError

INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNAVAILABLE = 3, 8, 12, 14
PERMISSION_DENIED, UNAUTHENTICATED = 7, 16
PROTOBUF, JSON = b"application/x-protobuf", b"application/json"

_CODES = {
    401: UNAUTHENTICATED,
    403: PERMISSION_DENIED,
    413: RESOURCE_EXHAUSTED,
    415: UNIMPLEMENTED,
    429: RESOURCE_EXHAUSTED,
    503: UNAVAILABLE,
}
_TRANSLATED = {408: 503, 439: 429}
"""Statuses that senders of OTLP do not know, as those that they do: all of these are tried again."""
_RETRIED = frozenset((429, 503))
_RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"
_MAX_MESSAGE = 1024
_encode = msgspec.json.Encoder().encode


def status_of(error: IngestError) -> int:
    """Return the HTTP status that an error has in OTLP."""
    return _TRANSLATED.get(error.status_code, error.status_code)


def code_of(error: IngestError) -> int:
    """Return the gRPC code of an error."""
    return _CODES.get(status_of(error), INVALID_ARGUMENT)


def retry_after_s(error: IngestError) -> int | None:
    """Return after how many seconds to try again, None for what is not to be tried again."""
    return (error.retry_after_s or 1) if status_of(error) in _RETRIED else None


def refused_as_a_whole(outcome: Outcome) -> ItemError | None:
    """Return the first error when nothing was accepted, None otherwise."""
    refused = outcome.refused
    return refused[0] if refused and not outcome.accepted else None


def success(signal: Signal, form: OtlpForm, outcome: Outcome, is_json: bool) -> bytes:
    """Return the body of an Export…ServiceResponse, with what was not accepted."""
    refused = outcome.refused
    if not refused:
        return b'{"partialSuccess":{}}' if is_json else b""
    rejected, message = form.rejected(refused), refused[0].message[:_MAX_MESSAGE]
    if is_json:
        part = {signal.rejected: str(rejected), "errorMessage": message}
        return _encode({"partialSuccess": part})
    return _field(1, _number(1, rejected) + _field(2, message.encode()))


def http_refusal(error: IngestError, is_json: bool) -> Reply:
    """Return the reply to a request of which nothing was taken."""
    wait = retry_after_s(error)
    headers = () if wait is None else ((b"retry-after", str(wait).encode()),)
    message = error.message[:_MAX_MESSAGE]
    if is_json:
        body = _encode({"code": code_of(error), "message": message})
        return Reply(status_of(error), body, headers, JSON)
    return Reply(status_of(error), _status(code_of(error), message, None), headers, PROTOBUF)


def grpc_trailers(error: IngestError) -> tuple[tuple[str, bytes], ...]:
    """Return the trailing metadata that tells a gRPC sender when to try again."""
    wait = retry_after_s(error)
    if wait is None:
        return ()
    info = _field(1, _number(1, wait))
    return (
        ("grpc-status-details-bin", _status(code_of(error), error.message[:_MAX_MESSAGE], info)),
        # where OpenTelemetry's exporter for Python looks
        ("google.rpc.retryinfo-bin", info),
    )


def _status(code: int, message: str, retry_info: bytes | None) -> bytes:
    status = _number(1, code) + _field(2, message.encode())
    if retry_info is not None:
        status += _field(3, _field(1, _RETRY_INFO) + _field(2, retry_info))
    return status


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)
