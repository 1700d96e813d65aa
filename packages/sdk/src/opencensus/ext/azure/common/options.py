"""The options of all exporters: one row each, where their values come from, what is refused.

Resolving is pure: the environment comes in as an argument. Exporters read the frozen result.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from openinsights_wire import connection_string as connection_strings

if TYPE_CHECKING:
    from opencensus.ext.azure.common.transport import Credential
    from openinsights_wire.connection_string import ConnectionString

logger = logging.getLogger(__name__)

CONNECTION_STRING_VARIABLE = "APPLICATIONINSIGHTS_CONNECTION_STRING"
INSTRUMENTATION_KEY_VARIABLE = "APPINSIGHTS_INSTRUMENTATIONKEY"
ROLE_NAME_VARIABLE = "APPLICATIONINSIGHTS_ROLE_NAME"
ROLE_INSTANCE_VARIABLE = "APPLICATIONINSIGHTS_ROLE_INSTANCE"


def _row(default: Any, sentence: str, unit: str = "") -> Any:
    return field(default=default, metadata={"sentence": sentence, "unit": unit})


@dataclass(frozen=True)
class Options:
    """The options of one exporter, resolved by :func:`resolve`."""

    connection_string: str | None = _row(
        None, "Names the resource and its server; wins over instrumentation_key."
    )
    instrumentation_key: str = _row("", "The key of the resource.")
    endpoint: str = _row(
        connection_strings.DEFAULT_INGESTION_ENDPOINT,
        "Address of the server, unless a connection string in the code names one.",
    )
    credential: Credential | None = _row(None, "Hands out bearer tokens through get_token.")  # noqa: RUF009 - builds a field
    cloud_role_name: str | None = _row(None, "Name of the application on the map and in tables.")
    cloud_role_instance: str | None = _row(None, "Name of this process's machine or container.")
    enable_local_storage: bool = _row(True, "Keep telemetry on disk while the server is away.")
    enable_standard_metrics: bool = _row(True, "Send performance counters with the metrics.")
    export_interval: float = _row(15.0, "How long telemetry waits at most to be sent.", "s")
    grace_period: float = _row(5.0, "How long the end of the process waits at most.", "s")
    logging_sampling_rate: float = _row(1.0, "The part of log records to send, 0 to 1.")
    max_batch_size: int = _row(100, "How many items are sent at once at most.", "items")
    minimum_retry_interval: float = _row(
        60.0, "The longest wait between attempts while the server is away.", "s"
    )
    proxies: Mapping[str, str] = _row(None, "Scheme to proxy, a mapping or JSON text of one.")
    queue_capacity: int = _row(8192, "How many items wait to be sent at most.", "items")
    storage_maintenance_period: float = _row(60.0, "How often the folder is cleaned.", "s")
    storage_max_size: int = _row(50 * 1024 * 1024, "The most that is kept on disk.", "bytes")
    storage_path: str | None = _row(
        None, "Where telemetry is kept; by default a folder per key in the temporary folder."
    )
    storage_retention_period: float = _row(7 * 86_400.0, "Older telemetry is deleted.", "s")
    timeout: float = _row(10.0, "The most that one attempt to send may take.", "s")


_NAMES = frozenset(row.name for row in fields(Options))


def resolve(given: Mapping[str, Any], environ: Mapping[str, str]) -> Options:
    """Return the options that the code gave, completed from the environment and the defaults.

    The key comes from the first of: connection string in the code, key in the code, connection
    string of the environment, key of the environment. The endpoint comes from the first of:
    connection string in the code, ``endpoint`` in the code, connection string of the environment.
    So a key in the code is combined with the server that the environment names.

    Args:
        given: Options by name; unknown names are noted and ignored.
        environ: The process's environment.

    Raises:
        ValueError: There is no key, a value is a placeholder, or a value is out of its range.
    """
    unknown = sorted(given.keys() - _NAMES)
    if unknown:
        logger.debug("unknown options ignored names=%s", ",".join(unknown))
    values = {name: value for name, value in given.items() if name in _NAMES and value is not None}
    in_code = connection_strings.parse(values.get("connection_string"))
    around = connection_strings.parse(environ.get(CONNECTION_STRING_VARIABLE))
    values["instrumentation_key"] = _key(in_code, values, around, environ)
    values["endpoint"] = _endpoint(in_code, values, around)
    values.setdefault("cloud_role_name", environ.get(ROLE_NAME_VARIABLE) or None)
    values.setdefault("cloud_role_instance", environ.get(ROLE_INSTANCE_VARIABLE) or None)
    values["proxies"] = _proxies(values.get("proxies"))
    values.update(_numbers(values))
    options = Options(**values)
    _check(options)
    return options


def _key(
    in_code: ConnectionString | None,
    values: Mapping[str, Any],
    around: ConnectionString | None,
    environ: Mapping[str, str],
) -> str:
    candidates = (
        in_code and in_code.instrumentation_key,
        values.get("instrumentation_key"),
        around and around.instrumentation_key,
        environ.get(INSTRUMENTATION_KEY_VARIABLE),
    )
    return connection_strings.instrumentation_key(next(filter(None, candidates), None))


def _endpoint(
    in_code: ConnectionString | None,
    values: Mapping[str, Any],
    around: ConnectionString | None,
) -> str:
    candidates = (
        in_code and in_code.ingestion_endpoint,
        values.get("endpoint"),
        around and around.ingestion_endpoint,
        connection_strings.DEFAULT_INGESTION_ENDPOINT,
    )
    endpoint = str(next(filter(None, candidates)))
    if not endpoint.lower().startswith(("http://", "https://")):
        raise ValueError(f"cannot send to {endpoint!r}: an address begins with http:// or https://")
    return endpoint


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the options that are numbers as such; their texts may come from a configuration."""
    numbers: dict[str, float] = {}
    for row in fields(Options):
        if isinstance(row.default, bool) or not isinstance(row.default, int | float):
            continue
        if row.name in values:
            value = values[row.name]
            try:
                numbers[row.name] = type(row.default)(value)
            except (TypeError, ValueError):
                raise ValueError(f"cannot use {row.name} {value!r}: it is no number") from None
    return numbers


def _proxies(value: object) -> Mapping[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            raise ValueError(f"cannot use proxies {value!r}: it is not JSON") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"cannot use proxies {value!r}: it is no mapping of scheme to address")
    return {str(scheme): str(address) for scheme, address in value.items() if address}


def _check(options: Options) -> None:
    if not 0 <= options.logging_sampling_rate <= 1:
        raise ValueError("Sampling must be in the range: [0,1]")
    if options.max_batch_size < 1:
        raise ValueError("Max batch size must be at least 1.")
    if options.queue_capacity < 1:
        raise ValueError("Queue capacity must be at least 1.")
    if not options.timeout > 0:
        raise ValueError("Timeout must be greater than 0.")
    if options.credential is not None and not callable(
        getattr(options.credential, "get_token", None)
    ):
        raise ValueError("Must pass in valid TokenCredential.")
