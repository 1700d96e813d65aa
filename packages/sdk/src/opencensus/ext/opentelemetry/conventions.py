"""What the attributes of OpenTelemetry's semantic conventions, old and new, say in our own. Pure.

Our own attributes are those that decide the name, type, target, data and result code of requests
and dependencies. What has a place of its own there is not repeated under OpenTelemetry's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opencensus.ext.dbapi.literals import without_literals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HTTP: Final = "HTTP"
OTHER_METHOD: Final = "_OTHER"
COMPONENT: Final = "component"
SERVER: Final = "db.server"
INSTANCE: Final = "db.instance"
STATEMENT: Final = "db.statement"

METHOD: Final = ("http.request.method", "http.method")
STATUS: Final = ("http.response.status_code", "http.status_code")
URL: Final = ("url.full", "http.url")
SCHEME: Final = ("url.scheme", "http.scheme")
PATH: Final = ("url.path",)
QUERY: Final = ("url.query",)
OLD_TARGET: Final = ("http.target",)
SERVED_HOST: Final = ("server.address", "http.host", "http.server_name", "net.host.name")
SERVED_PORT: Final = ("server.port", "net.host.port")
PEER_HOST: Final = ("server.address", "net.peer.name", "net.peer.ip", "http.host", "peer.service")
PEER_PORT: Final = ("server.port", "net.peer.port")

DATABASE: Final = ("db.system.name", "db.system")
DATABASE_TEXT: Final = ("db.query.text", STATEMENT)
DATABASE_NAME: Final = ("db.namespace", "db.name", "db.redis.database_index")
DATABASE_OPERATION: Final = ("db.operation.name", "db.operation")
DATABASE_COLLECTION: Final = ("db.collection.name", "db.sql.table", "db.mongodb.collection")

RPC: Final = ("rpc.system.name", "rpc.system")
RPC_STATUS: Final = ("rpc.response.status_code", "rpc.grpc.status_code")
RPC_SERVICE: Final = ("rpc.service",)
RPC_METHOD: Final = ("rpc.method",)

MESSAGING: Final = ("messaging.system",)
DESTINATION: Final = ("messaging.destination.name", "messaging.destination")

HEADERS: Final = ("http.request.header.", "http.response.header.")
"""Attributes below `http.` become no custom dimensions; headers that were asked for have to."""

DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
COMPONENTS: Final = {"microsoft.sql_server": "mssql", "oracle.db": "oracle", "sqlite": "sqlite3"}
"""Databases whose dependencies have another type than the name in the conventions."""
WITHOUT_SQL: Final = frozenset(
    [
        "aws.dynamodb",
        "azure.cosmosdb",
        "cosmosdb",
        "couchdb",
        "dynamodb",
        "elasticsearch",
        "hbase",
        "memcached",
        "mongodb",
        "neo4j",
        "opensearch",
        "redis",
    ]
)
"""Databases whose statements are left as they are: they are no SQL."""


_OF_ADDRESSES: Final = frozenset((*URL, *SCHEME, *PATH, *QUERY, *SERVED_PORT))
_OF_REQUESTS: Final = _OF_ADDRESSES.union(SERVED_HOST)
_OF_PEERS: Final = frozenset((*PEER_HOST, *PEER_PORT))
_OF_CALLS: Final = _OF_ADDRESSES | _OF_PEERS
_OF_DATABASES: Final = _OF_PEERS.union(DATABASE, DATABASE_TEXT, DATABASE_NAME)


def translated(name: str, attributes: Mapping[str, Any], *, is_served: bool) -> dict[str, Any]:
    """Return the attributes of a span of OpenTelemetry as this library writes them.

    Args:
        name: The span's name.
        attributes: The span's attributes.
        is_served: Whether it stands for work that somebody else asked for.
    """
    if _first(attributes, METHOD) is not None:
        return _http(attributes, is_served=is_served)
    if is_served:
        return dict(attributes)
    if _first(attributes, DATABASE) is not None:
        return _database(attributes)
    if _first(attributes, RPC) is not None:
        return _called(attributes, RPC, name)
    if _first(attributes, MESSAGING) is not None:
        return _called(attributes, MESSAGING, _first(attributes, DESTINATION))
    return _called(attributes, (), None)


def rpc_status(attributes: Mapping[str, Any]) -> int | None:
    """Return the number of gRPC's status; None where there is none."""
    status = _first(attributes, RPC_STATUS)
    return status if isinstance(status, int) else _RPC_CODES.get(str(status))


_RPC_CODES: Final = {
    name: number
    for number, name in enumerate(
        [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ]
    )
}


def _http(attributes: Mapping[str, Any], *, is_served: bool) -> dict[str, Any]:
    host, port = (SERVED_HOST, SERVED_PORT) if is_served else (PEER_HOST, PEER_PORT)
    said = _without(attributes, _OF_REQUESTS if is_served else _OF_CALLS)
    for key in [one for one in said if one.startswith(HEADERS)]:
        said[key.removeprefix("http.")] = said.pop(key)
    method = _first(attributes, METHOD)
    if method == OTHER_METHOD:
        method = attributes.get("http.request.method_original", method)
    said["http.method"] = method
    status = _first(attributes, STATUS)
    if status is not None:
        said["http.status_code"] = status
    url = _url(attributes, host, port)
    if url is not None:
        said["http.url"] = url
    if not is_served:
        said[COMPONENT] = HTTP
        return said
    path = _first(attributes, PATH) or str(_first(attributes, OLD_TARGET) or "").partition("?")[0]
    if path:
        said["http.path"] = path
    return said


def _url(
    attributes: Mapping[str, Any], host_keys: Iterable[str], port_keys: Iterable[str]
) -> str | None:
    url = _first(attributes, URL)
    if url is not None:
        return str(url)
    scheme, host = _first(attributes, SCHEME), _first(attributes, host_keys)
    if scheme is None or host is None:
        return None
    port = _first(attributes, port_keys)
    place = _place(str(host), None if str(port) == DEFAULT_PORTS.get(str(scheme)) else port)
    path, query = _first(attributes, PATH), _first(attributes, QUERY)
    if path is None:
        path = _first(attributes, OLD_TARGET) or "/"
    return f"{scheme}://{place}{path}{f'?{query}' if query else ''}"


def _database(attributes: Mapping[str, Any]) -> dict[str, Any]:
    system = str(_first(attributes, DATABASE))
    said = _without(attributes, _OF_DATABASES)
    said[COMPONENT] = COMPONENTS.get(system, system)
    text = _first(attributes, DATABASE_TEXT)
    if text is None:
        parts = (_first(attributes, DATABASE_OPERATION), _first(attributes, DATABASE_COLLECTION))
        text = " ".join(str(part) for part in parts if part is not None) or None
    elif system not in WITHOUT_SQL:
        text = without_literals(str(text), said[COMPONENT])
    if text is not None:
        said[STATEMENT] = text
    _set_target(said, attributes, _first(attributes, DATABASE_NAME))
    return said


def _called(attributes: Mapping[str, Any], system: tuple[str, ...], what: Any) -> dict[str, Any]:
    said = _without(attributes, _OF_PEERS.union(system))
    name = _first(attributes, system)
    if name is not None:
        said[COMPONENT] = name
        if what is not None:
            said[f"{name}.query"] = what
    _set_target(said, attributes, what if system is MESSAGING else None)
    return said


def _set_target(said: dict[str, Any], attributes: Mapping[str, Any], instance: Any) -> None:
    host = _first(attributes, PEER_HOST)
    if host is not None:
        said[SERVER] = _place(str(host), _first(attributes, PEER_PORT))
    if instance not in (None, ""):
        said[INSTANCE] = instance


def _place(host: str, port: Any) -> str:
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    has_port = ":" in host.rpartition("]")[2]
    return host if port is None or has_port else f"{host}:{port}"


def _first(attributes: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((attributes[key] for key in keys if attributes.get(key) is not None), None)


def _without(attributes: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if key not in hidden}
