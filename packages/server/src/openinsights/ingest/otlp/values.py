"""Attribute values as the texts of customDimensions, in the spelling of Azure's exporter.

Lists, maps and bytes are the exception: they become JSON, which a query can read, where Azure's
exporter for Python writes Python's own notation.
"""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights_wire.fields import KEY_LENGTH, VALUE_LENGTH
from openinsights_wire.stamps import TICKS_PER_SECOND, UNIX_EPOCH_TICKS, format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.ingest.otlp.records import Attributes

CUSTOM_MEASUREMENTS = "microsoft.custom_measurements"
MAX_MESSAGE = 32_768
MAX_TAG = 1024

_encode = msgspec.json.Encoder(enc_hook=repr).encode


def text(value: Any) -> str:
    """Return the text of a value, "" for none."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list | dict):
        return _json(value)
    return str(value)


def time_text(time_ns: int) -> str:
    """Return nanoseconds since 1970 as an envelope's time, to 100 ns."""
    # Hot: once per item; those of a body lie within few seconds.
    second, rest = divmod(time_ns, 1_000_000_000)
    return f"{_second_text(second)}{rest // 100:07d}Z"


@lru_cache(maxsize=1024)
def _second_text(second: int) -> str:
    return format_time(UNIX_EPOCH_TICKS + second * TICKS_PER_SECOND)[: -len("0000000Z")]


def message_text(body: Any) -> str:
    """Return the text of a log record's body, without space around it."""
    if body is None:
        return ""
    if isinstance(body, str | bytes | list | dict):
        return text(body)[:MAX_MESSAGE]
    return json.dumps(body)


def properties(attributes: Attributes, is_left_out: Callable[[str], bool]) -> dict[str, str]:
    """Return what attributes are in customDimensions.

    Args:
        attributes: all of a record's.
        is_left_out: whether an attribute of this name has its own column or is left out; names
            that are empty or too long have to be.
    """
    # Hot: once per attribute.
    return {
        key: value
        if type(value) is str and len(value) <= VALUE_LENGTH
        else text(value)[:VALUE_LENGTH]
        for key, value in attributes.items()
        if not is_left_out(key) and value is not None
    }


def measurements(attributes: Attributes) -> dict[str, float] | None:
    """Return the numbers of `microsoft.custom_measurements`, None when there are none."""
    value = attributes.get(CUSTOM_MEASUREMENTS)
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
    if not isinstance(value, dict):
        return None
    return {
        key[:KEY_LENGTH]: float(number)
        for key, number in value.items()
        if key and type(number) in (int, float) and _fits(number)
    } or None


def first(attributes: Attributes, *names: str) -> Any:
    """Return the first value that is there and neither empty nor 0, None when there is none."""
    for name in names:
        value = attributes.get(name)
        if value:
            return value
    return None


def either(attributes: Attributes, names: tuple[str, str]) -> Any:
    """Return the value of a new name, else of the old one; None when both are absent or empty."""
    # Hot: as `first`, for what every span is asked.
    return attributes.get(names[0]) or attributes.get(names[1]) or None


def _fits(number: float) -> bool:
    try:
        return isfinite(float(number))
    except OverflowError:
        return False


def _json(value: Any) -> str:
    return _encode(_plain(value)).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


STANDARD_PREFIXES = (
    "http.",
    "db.",
    "message.",
    "messaging.",
    "rpc.",
    "enduser.",
    "net.",
    "peer.",
    "exception.",
    "thread.",
    "fass.",
    "code.",
)
"""Attributes of spans that begin so are in columns of their own, or left out as Azure leaves them."""
STANDARD_NAMES = frozenset(
    (
        "session.id",
        "_MS.sampleRate",
        CUSTOM_MEASUREMENTS,
        "client.address",
        "client.port",
        "server.address",
        "server.port",
        "url.full",
        "url.path",
        "url.query",
        "url.scheme",
        "url.template",
        "error.type",
        "network.local.address",
        "network.local.port",
        "network.protocol.name",
        "network.peer.address",
        "network.peer.port",
        "network.protocol.version",
        "network.transport",
        "user_agent.original",
        "user_agent.synthetic.type",
    )
)


@lru_cache(maxsize=4096)
def is_standard(name: str) -> bool:
    """Return whether an attribute of a span is kept out of customDimensions."""
    return is_no_name(name) or name in STANDARD_NAMES or name.startswith(STANDARD_PREFIXES)


@lru_cache(maxsize=4096)
def is_no_name(name: str) -> bool:
    """Return whether an attribute's name is empty or too long for a custom dimension."""
    return not 0 < len(name) <= KEY_LENGTH
