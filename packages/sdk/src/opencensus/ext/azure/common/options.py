"""The options of all exporters: one row each, where their values come from, what is refused.

Resolving is pure: the environment comes in as an argument. Exporters read the frozen result.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from openinsights_wire import connection_string as connection_strings

if TYPE_CHECKING:
    from opencensus.ext.azure.common.link import Credential
    from openinsights_wire.connection_string import ConnectionString

logger = logging.getLogger(__name__)

CONNECTION_STRING_VARIABLE = "APPLICATIONINSIGHTS_CONNECTION_STRING"
INSTRUMENTATION_KEY_VARIABLE = "APPINSIGHTS_INSTRUMENTATIONKEY"
ROLE_NAME_VARIABLES = ("APPLICATIONINSIGHTS_ROLE_NAME", "OTEL_SERVICE_NAME", "WEBSITE_SITE_NAME")
"""Where a role's name comes from when the code gives none; the first that is set counts."""
ROLE_INSTANCE_VARIABLE = "APPLICATIONINSIGHTS_ROLE_INSTANCE"

AZURE_DOMAINS = (
    "services.visualstudio.com",
    "applicationinsights.azure.com",
    "applicationinsights.azure.us",
    "applicationinsights.us",
    "applicationinsights.azure.cn",
    "monitor.azure.com",
    "monitor.azure.us",
    "monitor.azure.cn",
    "azure.eaglex.ic.gov",
    "azure.microsoft.scloud",
)
"""Where Azure's own endpoints are; Live Metrics is not sent there unless it is asked for.

A machine that anybody rents is at home in azure.com too, so that alone says nothing.
"""

TEXTS_OF_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def _row(default: Any, sentence: str, unit: str = "", *, also: str = "") -> Any:
    return field(default=default, metadata={"sentence": sentence, "unit": unit, "also": also})


@dataclass(frozen=True)
class Options:
    """The options of one exporter, resolved by :func:`resolve`."""

    connection_string: str | None = _row(
        None, "Names the resource and its server; wins over instrumentation_key."
    )
    instrumentation_key: str = _row("", "The key of the resource.")
    endpoint: str = _row(
        connection_strings.DEFAULT_INGESTION_ENDPOINT,
        "Address of the server. Only connection strings name it: as an argument it has no effect.",
    )
    live_endpoint: str = _row(
        connection_strings.DEFAULT_LIVE_ENDPOINT,
        "Address for Live Metrics. Only connection strings name it.",
    )
    certificates: str | None = _row(
        None,
        "What the server's certificate is checked against: a file or folder in PEM, or sha256: and its fingerprint.",
    )
    credential: Credential | None = _row(None, "Hands out bearer tokens through get_token.")  # noqa: RUF009 - builds a field
    role_name: str | None = _row(
        None, "Name of the application on the map and in tables.", also="cloud_role_name"
    )
    role_instance: str | None = _row(
        None, "Name of this process's machine or container.", also="cloud_role_instance"
    )
    delta: bool = _row(
        False, "Send what was added since the last interval instead of totals (metrics only)."
    )
    durable_queue: bool = _row(
        False,
        "Write each span, log record and event to a file when it is recorded, so that it survives a kill.",
    )
    enable_gzip: bool = _row(True, "Send bodies compressed.")
    enable_live_metrics: bool | None = _row(
        None,
        "Answer Live Metrics; by default where a connection string names a LiveEndpoint that is not Azure's.",
    )
    enable_local_storage: bool = _row(True, "Keep telemetry on disk while the server is away.")
    enable_standard_metrics: bool = _row(True, "Send performance counters with the metrics.")
    export_interval: float = _row(15.0, "How long telemetry waits at most to be sent.", "s")
    grace_period: float = _row(5.0, "How long the end of the process waits at most.", "s")
    logging_sampling_rate: float = _row(1.0, "The part of log records to send, 0 to 1.")
    max_batch_size: int = _row(100, "How many items are sent at once at most.", "items")
    minimum_retry_interval: float = _row(
        60.0, "The longest wait between attempts while the server is away.", "s"
    )
    proxies: Mapping[str, str] | str = _row(
        "{}", "Scheme to proxy, a mapping or JSON text of one; empty means those of the system."
    )
    queue_capacity: int = _row(8192, "How many items wait to be sent at most.", "items")
    storage_maintenance_period: float = _row(60.0, "How often the folder is cleaned.", "s")
    storage_max_size: int = _row(50 * 1024 * 1024, "The most that is kept on disk.", "bytes")
    storage_path: str | None = _row(
        None, "Where telemetry is kept; by default a folder per key in the temporary folder."
    )
    storage_retention_period: float = _row(7 * 86_400.0, "Older telemetry is deleted.", "s")
    timeout: float = _row(10.0, "The most that one attempt to send may take.", "s")

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None

    @property
    def cloud_role_name(self) -> str | None:
        """The role's name under its longer name."""
        return self.role_name

    @property
    def cloud_role_instance(self) -> str | None:
        """The role's instance under its longer name."""
        return self.role_instance


_NAMES = frozenset(row.name for row in fields(Options))
_OTHER_NAMES = {row.metadata["also"]: row.name for row in fields(Options) if row.metadata["also"]}
_WITHOUT_EFFECT = ("endpoint", "live_endpoint")

_warned: set[str] = set()


def resolve(given: Mapping[str, Any], environ: Mapping[str, str]) -> Options:
    """Return the options that the code gave, completed from the environment and the defaults.

    The key comes from the first of: connection string in the code, key in the code, connection
    string of the environment, key of the environment. Endpoints come from the connection string
    in the code, else from that of the environment, else they are Azure's public ones. So a key in
    the code is combined with the server that the environment names.

    Args:
        given: Options by name; of unknown names the first use is warned of.
        environ: The process's environment.

    Raises:
        ValueError: There is no key, a value is a placeholder, or a value is out of its range.
    """
    values = _known(given)
    in_code = connection_strings.parse(values.get("connection_string"))
    around = connection_strings.parse(environ.get(CONNECTION_STRING_VARIABLE))
    values["instrumentation_key"] = _key(in_code, values, around, environ)
    ingestion, live = _named_endpoints(in_code, around)
    values["endpoint"] = _address(ingestion or connection_strings.DEFAULT_INGESTION_ENDPOINT)
    values["live_endpoint"] = _address(live or _unnamed_live_endpoint(values["endpoint"]))
    values.setdefault("role_name", environment_role(environ))
    values.setdefault("role_instance", environ.get(ROLE_INSTANCE_VARIABLE) or None)
    values.update(_numbers_and_booleans(values))
    values.setdefault(
        "enable_live_metrics", not is_azure(live or connection_strings.DEFAULT_LIVE_ENDPOINT)
    )
    parse_proxies(values.get("proxies"))
    options = Options(**values)
    _check(options)
    return options


def is_azure(endpoint: str) -> bool:
    """Return whether an address is one of Azure's own."""
    host = urlsplit(endpoint).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in AZURE_DOMAINS)


def environment_role(environ: Mapping[str, str]) -> str | None:
    """Return the role's name that the environment gives; None when it gives none."""
    return next(filter(None, map(environ.get, ROLE_NAME_VARIABLES)), None)


def parse_proxies(value: object) -> dict[str, str]:
    """Return proxies by scheme, as the option gives them: a mapping or the JSON text of one.

    Raises:
        ValueError: The text is no JSON, or the value is no mapping.
    """
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


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that exist, by their first names; warn once of each that does not."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        row = _OTHER_NAMES.get(name, name)
        if row not in _NAMES:
            _warn_of_unknown(name)
        elif row in _WITHOUT_EFFECT:
            _warn_once(row, f"option {row} has no effect: connection strings name the server")
        elif value is not None:
            values.setdefault(row, value)
    return values


def _warn_of_unknown(name: str) -> None:
    from difflib import get_close_matches

    near = get_close_matches(name, [*_NAMES, *_OTHER_NAMES], n=1)
    hint = f"; {near[0]} is the nearest that does" if near else ""
    _warn_once(name, f"option {name} is ignored: it does not exist{hint}")


def _warn_once(cause: str, message: str) -> None:
    logger.log(logging.DEBUG if cause in _warned else logging.WARNING, message)
    _warned.add(cause)


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
    if in_code is None and around is None and (candidates[1] or candidates[3]):
        _warn_once(
            INSTRUMENTATION_KEY_VARIABLE,
            "an instrumentation key alone is deprecated: use a connection string",
        )
    return connection_strings.instrumentation_key(next(filter(None, candidates), None))


def _numbers_and_booleans(values: Mapping[str, Any]) -> dict[str, float | bool]:
    """Return these options as what they are; their texts may come from a configuration."""
    converted: dict[str, float | bool] = {}
    for row in fields(Options):
        if row.name not in values:
            continue
        if row.name.startswith("enable_") or isinstance(row.default, bool):
            converted[row.name] = _boolean(row.name, values[row.name])
        elif isinstance(row.default, int | float):
            converted[row.name] = _number(row.name, type(row.default), values[row.name])
    return converted


def _named_endpoints(
    in_code: ConnectionString | None, around: ConnectionString | None
) -> tuple[str | None, str | None]:
    """Return the addresses for telemetry and for Live Metrics that connection strings name.

    A string in the code that names a server is not mixed with another server's LiveEndpoint.
    """
    parts = [part for part in (in_code, around) if part is not None]
    ingestion = next((part.ingestion_endpoint for part in parts if part.ingestion_endpoint), None)
    naming = (part for part in parts if part.live_endpoint or part.ingestion_endpoint)
    first = next(naming, None)
    return ingestion, first.live_endpoint if first is not None else None


def _unnamed_live_endpoint(endpoint: str) -> str:
    # A server of one's own answers all on one address; only Azure has another for Live Metrics.
    return connection_strings.DEFAULT_LIVE_ENDPOINT if is_azure(endpoint) else endpoint


def _address(text: str) -> str:
    if not text.lower().startswith(("http://", "https://")):
        raise ValueError(f"cannot send to {text!r}: an address begins with http:// or https://")
    return text


def _number(name: str, kind: type[int | float], value: Any) -> float:
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"cannot use {name} {value!r}: it is no number") from None
    if not isfinite(number):
        raise ValueError(f"cannot use {name} {value!r}: it is not finite")
    return number


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    if value.strip().lower() not in TEXTS_OF_BOOLEANS:
        raise ValueError(f"cannot use {name} {value!r}: it is neither true nor false")
    return TEXTS_OF_BOOLEANS[value.strip().lower()]


def _check(options: Options) -> None:
    if not 0 <= options.logging_sampling_rate <= 1:
        raise ValueError("Sampling must be in the range: [0,1]")
    if options.max_batch_size < 1:
        raise ValueError("Max batch size must be at least 1.")
    if options.queue_capacity < 1:
        raise ValueError("Queue capacity must be at least 1.")
    if not options.timeout > 0:
        raise ValueError("Timeout must be greater than 0.")
    for row in fields(Options):
        value = getattr(options, row.name)
        if isinstance(value, int | float) and value < 0:
            raise ValueError(f"cannot use {row.name} {value}: it must be 0 or more")
    if options.durable_queue and not options.enable_local_storage:
        raise ValueError("cannot use durable_queue: it needs enable_local_storage")
    if options.credential is not None and not callable(
        getattr(options.credential, "get_token", None)
    ):
        raise ValueError("Must pass in valid TokenCredential.")
