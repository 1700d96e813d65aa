"""Names of OpenTelemetry's semantic conventions, old and new, and what follows from their values.

Each function says one thing about a span or a point from its attributes, as Azure's exporter says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from openinsights.ingest.otlp.values import either, first, text

if TYPE_CHECKING:
    from openinsights.ingest.otlp.records import Attributes

SCHEME = ("url.scheme", "http.scheme")
METHOD = ("http.request.method", "http.method")
STATUS_CODE = ("http.response.status_code", "http.status_code")
USER_AGENT = ("user_agent.original", "http.user_agent")
CLIENT_ADDRESS = ("client.address", "http.client_ip", "net.peer.ip")
DB_SYSTEM = ("db.system.name", "db.system")
DB_TEXT = ("db.query.text", "db.statement", "db.operation.name", "db.operation")
DB_NAME = ("db.namespace", "db.name")
DESTINATION = ("messaging.destination", "messaging.destination.name")
AZURE_NAMESPACE = "az.namespace"
GEN_AI_SYSTEM = "gen_ai.system"
SAMPLE_RATE = "_MS.sampleRate"

_DEFAULT_HTTP_PORTS = {"http": 80, "https": 443}
_DEFAULT_DB_PORTS = {
    "postgresql": 5432,
    "cassandra": 9042,
    "mariadb": 3306,
    "mysql": 3306,
    "mssql": 1433,
    "microsoft.sql_server": 1433,
    "memcached": 11211,
    "db2": 50000,
    "ibm.db2": 50000,
    "oracle": 1521,
    "oracle.db": 1521,
    "h2": 8082,
    "h2database": 8082,
    "derby": 1527,
    "redis": 6379,
}
SQL_SYSTEMS = frozenset(
    (
        "db2",
        "ibm.db2",
        "derby",
        "mariadb",
        "mssql",
        "microsoft.sql_server",
        "oracle",
        "oracle.db",
        "sqlite",
        "other_sql",
        "hsqldb",
        "h2",
        "h2database",
    )
)
"""Databases whose calls are of the type SQL; every other has its own name."""


def has(attributes: Attributes, names: tuple[str, str]) -> bool:
    """Return whether there is an attribute of one of these names, whatever its value."""
    return names[0] in attributes or names[1] in attributes


def is_synthetic(attributes: Attributes) -> bool:
    """Return whether a robot, a test or an availability probe is behind it."""
    if attributes.get("user_agent.synthetic.type") in ("bot", "test"):
        return True
    agent = either(attributes, USER_AGENT)
    return isinstance(agent, str) and "AlwaysOn" in agent


def http_status(attributes: Attributes) -> int:
    """Return the status code of an HTTP call, 0 when it has none."""
    try:
        return int(either(attributes, STATUS_CODE) or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def request_url(attributes: Attributes) -> str:
    """Return the URL that a server was asked for, "" when it cannot be told."""
    for name in ("url.full", "http.url"):
        if name in attributes:
            return text(attributes[name])
    scheme = either(attributes, SCHEME)
    target = _request_target(attributes)
    if not scheme or not target:
        return ""
    host = _request_host(attributes)
    return f"{text(scheme)}://{host}{target}" if host else ""


def _request_target(attributes: Attributes) -> str:
    if "url.path" not in attributes:
        return text(attributes.get("http.target"))
    path = text(attributes["url.path"])
    if path and "url.query" in attributes:
        return f"{path}?{text(attributes['url.query'])}"
    return path


def _request_host(attributes: Attributes) -> str:
    if "server.address" in attributes:
        host = text(attributes["server.address"])
        if host and "server.port" in attributes:
            host = f"{host}:{text(attributes['server.port'])}"
    else:
        host = text(attributes.get("http.host"))
    if host:
        return host
    for name in ("http.server_name", "net.host.name"):
        if name in attributes:
            return f"{text(attributes[name])}:{text(attributes.get('net.host.port'))}"
    return ""


def dependency_url(attributes: Attributes) -> str:
    """Return the URL that a client called, "" when it cannot be told."""
    for name in ("url.full", "http.url"):
        if name in attributes:
            return text(attributes[name])
    scheme = text(either(attributes, SCHEME))
    if not scheme or "http.target" not in attributes:
        return ""
    target = text(attributes["http.target"])
    if "http.host" in attributes:
        return f"{scheme}://{text(attributes['http.host'])}{target}"
    if "net.peer.port" in attributes:
        for name in ("net.peer.name", "net.peer.ip"):
            if name in attributes:
                port = text(attributes["net.peer.port"])
                return f"{scheme}://{text(attributes[name])}:{port}{target}"
    return ""


def path_of(url: str) -> str:
    """Return the path of a URL, `/` when it has none."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"


def peer(attributes: Attributes) -> str:
    """Return who was called, by the names that all conventions before HTTP's and databases' had."""
    if "peer.service" in attributes:
        return text(attributes["peer.service"])
    target = next(
        (text(attributes[name]) for name in ("net.peer.name", "net.peer.ip") if name in attributes),
        "",
    )
    port = attributes.get("net.peer.port")
    if port is None:
        return target
    usual = (_http_port(attributes), _db_port(either(attributes, DB_SYSTEM)))
    return target if port in usual else f"{target}:{text(port)}"


def http_target(attributes: Attributes, url: str) -> str:
    """Return which host was called over HTTP, with its port unless that is the scheme's own."""
    return _named_http_target(attributes, url) or peer(attributes)


def _named_http_target(attributes: Attributes, url: str) -> str:
    usual = _http_port(attributes)
    if "server.address" in attributes:
        address, port = text(attributes["server.address"]), attributes.get("server.port")
        return address if port is None or port == usual else f"{address}:{text(port)}"
    if "peer.service" in attributes:
        return text(attributes["peer.service"])
    try:
        if "http.host" in attributes:
            host = text(attributes["http.host"])
            named = urlsplit(f"//{host}")
            return (named.hostname or "") if named.port == usual else host
        parts = urlsplit(url)
        if parts.port and parts.port == usual:
            return parts.hostname or ""
        return parts.netloc
    except ValueError:
        return ""


def database_target(attributes: Attributes, system: str) -> str:
    """Return which database was called: `host|name`, or what of it is known."""
    target = peer(attributes)
    if not target and attributes.get("server.address"):
        target = text(attributes["server.address"])
        port = attributes.get("server.port")
        if port and port != _db_port(system):
            target = f"{target}:{text(port)}"
    name = text(either(attributes, DB_NAME))
    if target and name:
        return f"{target}|{name}"
    return target or name or system


def azure_queue(attributes: Attributes) -> str | None:
    """Return the queue of a call to Azure's own messaging: `host/name`."""
    host = first(attributes, "server.address", "net.peer.name", "peer.address")
    name = first(attributes, "messaging.destination.name", "message_bus.destination")
    return f"{text(host)}/{text(name)}" if host and name else None


def message_source(attributes: Attributes) -> str:
    """Return where a consumed message came from."""
    destination = either(attributes, DESTINATION)
    if not destination:
        return ""
    host = first(attributes, "client.address", "net.peer.name", "net.peer.ip")
    return f"{text(host)}/{text(destination)}" if host else text(destination)


def _http_port(attributes: Attributes) -> int:
    scheme = either(attributes, SCHEME)
    return _DEFAULT_HTTP_PORTS.get(text(scheme), 0)


def _db_port(system: Any) -> int:
    return _DEFAULT_DB_PORTS.get(text(system), 0)
