"""Connection strings: `key=value` pairs that say where telemetry goes and for whom.

Reading is lenient about spaces, the case of keys and a trailing `;`, because people copy these texts
by hand. What is written here is what every client reads: no trailing `;`, no `=` inside a value.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_LENGTH = 4096
DEFAULT_INGESTION_ENDPOINT = "https://dc.services.visualstudio.com"
DEFAULT_LIVE_ENDPOINT = "https://rt.services.visualstudio.com"

NO_KEY = "Instrumentation key cannot be none or empty."
INVALID_KEY = "Invalid instrumentation key."
INVALID_STRING = "Invalid connection string"
INVALID_AUTHORIZATION = "Invalid authorization mechanism"

_GROUPS = (8, 4, 4, 4, 12)
_HEX = frozenset("0123456789abcdef")

# Which key of the text fills which attribute, and the host that stands before an EndpointSuffix.
_KEYS: tuple[tuple[str, str], ...] = (
    ("InstrumentationKey", "instrumentation_key"),
    ("IngestionEndpoint", "ingestion_endpoint"),
    ("LiveEndpoint", "live_endpoint"),
    ("ProfilerEndpoint", "profiler_endpoint"),
    ("SnapshotEndpoint", "snapshot_endpoint"),
    ("ApplicationId", "application_id"),
    ("AADAudience", "aad_audience"),
    ("Authorization", "authorization"),
    ("EndpointSuffix", "endpoint_suffix"),
    ("Location", "location"),
)
_HOSTS = {
    "ingestion_endpoint": "dc",
    "live_endpoint": "live",
    "profiler_endpoint": "profiler",
    "snapshot_endpoint": "snapshot",
}
_ATTRIBUTES = {key.lower(): attribute for key, attribute in _KEYS}


class ConnectionString(NamedTuple):
    """What a connection string says; None where it says nothing."""

    instrumentation_key: str | None = None
    ingestion_endpoint: str | None = None
    live_endpoint: str | None = None
    profiler_endpoint: str | None = None
    snapshot_endpoint: str | None = None
    application_id: str | None = None
    aad_audience: str | None = None
    authorization: str | None = None
    endpoint_suffix: str | None = None
    location: str | None = None


def parse(text: str | None) -> ConnectionString | None:
    """Return what a connection string says, None when it is absent (None, empty or blank).

    An explicit endpoint beats one derived from `EndpointSuffix` and `Location`. Endpoints come
    without a trailing `/`. Unknown keys are ignored; of a repeated key the last value counts.

    Raises:
        ValueError: the text has a part without `=`, names an authorization other than `ikey`,
            holds an instrumentation key that is none, or is a placeholder left in place.
    """
    text = _unquoted((text or "").strip())
    if not text:
        return None
    if _is_placeholder(text):
        raise ValueError(_placeholder_message("connection string", text))
    if len(text) > MAX_LENGTH:
        raise ValueError(f"{INVALID_STRING}: longer than {MAX_LENGTH} characters")
    values = _pairs(text)
    if values.get("authorization", "ikey").lower() != "ikey":
        raise ValueError(INVALID_AUTHORIZATION)
    if "instrumentation_key" in values:
        values["instrumentation_key"] = instrumentation_key(values["instrumentation_key"])
    return ConnectionString(**(_derived_endpoints(values) | values))


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text


def _pairs(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        key, value = key.strip().lower(), value.strip()
        if not key and not equals:
            continue
        if not key or not equals:
            raise ValueError(f"{INVALID_STRING}: {part.strip()[:64]!r} is not key=value")
        attribute = _ATTRIBUTES.get(key)
        if attribute is None or not value:
            continue
        if _is_placeholder(value):
            raise ValueError(_placeholder_message(key, value))
        values[attribute] = value.rstrip("/") if attribute in _HOSTS else value
    return values


def _derived_endpoints(values: dict[str, str]) -> dict[str, str]:
    suffix = values.get("endpoint_suffix", "").strip("./")
    if not suffix:
        return {}
    location = values.get("location", "").strip(".")
    prefix = f"{location}." if location else ""
    return {attribute: f"https://{prefix}{host}.{suffix}" for attribute, host in _HOSTS.items()}


def _is_placeholder(value: str) -> bool:
    return value[:1] == "<" and value[-1:] == ">"


def _placeholder_message(what: str, value: str) -> str:
    return (
        f"{value[:64]} is a placeholder: put the {what} of your resource in its place "
        "(`openinsights resource show NAME` prints the connection string)"
    )


def instrumentation_key(text: str | None) -> str:
    """Return an instrumentation key in lower case.

    Raises:
        ValueError: there is no key, or it is a placeholder or no 8-4-4-4-12 hexadecimal text.
    """
    key = "" if text is None else text.strip()
    if not key:
        raise ValueError(NO_KEY)
    if _is_placeholder(key):
        raise ValueError(_placeholder_message("instrumentation key", key))
    key = key.lower()
    groups = key.split("-")
    if tuple(map(len, groups)) != _GROUPS or not _HEX.issuperset("".join(groups)):
        raise ValueError(INVALID_KEY)
    return key


def format(value: ConnectionString) -> str:
    """Return the text that hands out a connection, in the order and form that every client reads.

    Raises:
        ValueError: there is no instrumentation key, or a value holds `;` or `=`.
    """
    if not value.instrumentation_key:
        raise ValueError(NO_KEY)
    parts = []
    for key, attribute in _KEYS:
        part = getattr(value, attribute)
        if not part:
            continue
        if ";" in part or "=" in part:
            raise ValueError(f"cannot write {key} {part!r}: it holds `;` or `=`")
        parts.append(f"{key}={part}{'/' if attribute in _HOSTS else ''}")
    return ";".join(parts)
