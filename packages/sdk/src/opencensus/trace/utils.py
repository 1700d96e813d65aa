"""What integrations share: which calls are not traced, and what an HTTP status code means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from opencensus.trace import _canonical_code as code_pb2
from opencensus.trace import execution_context
from opencensus.trace.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEFAULT_EXCLUDELIST_PATHS = ["_ah/health"]
URL_PATTERN = "^(https?|ftp):\\/\\/"

_SUCCESS = range(200, 400)
_CODE_OF_HTTP_STATUS = {
    400: code_pb2.INVALID_ARGUMENT,
    401: code_pb2.UNAUTHENTICATED,
    403: code_pb2.PERMISSION_DENIED,
    404: code_pb2.NOT_FOUND,
    429: code_pb2.RESOURCE_EXHAUSTED,
    501: code_pb2.UNIMPLEMENTED,
    503: code_pb2.UNAVAILABLE,
    504: code_pb2.DEADLINE_EXCEEDED,
}


def get_func_name(func: Callable[..., Any]) -> str:
    """Return `module.name` of a function, or of the class of a callable object."""
    name: str = getattr(func, "__name__", type(func).__name__)
    module = func.__module__
    return f"{module}.{name}" if module else name


def disable_tracing_url(url: str, excludelist_paths: Iterable[str] | None = None) -> bool:
    """Return whether the path of `url` begins with one of the paths, given without leading slash.

    Args:
        url: With or without scheme and host.
        excludelist_paths: By default `DEFAULT_EXCLUDELIST_PATHS`.
    """
    if excludelist_paths is None:
        excludelist_paths = DEFAULT_EXCLUDELIST_PATHS
    _, slash, path = re.sub(URL_PATTERN, "", url).partition("/")
    return bool(slash) and any(path.startswith(excluded) for excluded in excludelist_paths)


def disable_tracing_hostname(url: str, excludelist_hostnames: Iterable[str] | None = None) -> bool:
    """Return whether `url`, a `host:port`, is one that is not traced.

    Args:
        url: The host and port of a call.
        excludelist_hostnames: By default the one to which the current tracer's exporter sends.
    """
    if excludelist_hostnames is None:
        exporter = getattr(execution_context.get_opencensus_tracer(), "exporter", None)
        host_name, port = getattr(exporter, "host_name", None), getattr(exporter, "port", None)
        excludelist_hostnames = [f"{host_name}:{port}"] if host_name and port else []
    return url in excludelist_hostnames


def status_from_http_code(http_code: int) -> Status:
    """Return the status of a call that was answered with this HTTP status code."""
    if http_code in _SUCCESS:
        return Status(code_pb2.OK)
    return Status(_CODE_OF_HTTP_STATUS.get(http_code, code_pb2.UNKNOWN))
