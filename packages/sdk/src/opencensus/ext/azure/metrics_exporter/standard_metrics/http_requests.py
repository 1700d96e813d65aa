"""The requests that this process serves: how many, and how long they take.

All web integrations and the standard library's ``http.server`` count them, each request once.
"""

from __future__ import annotations

import sys as sys
import threading as threading
import time
from functools import wraps
from http.server import HTTPServer
from typing import TYPE_CHECKING, Any

from opencensus.ext._http import standard_server
from opencensus.ext._http.meter import served
from opencensus.ext.patched import is_patched, marked
from opencensus.metrics.export.gauge import DerivedDoubleGauge

if TYPE_CHECKING:
    from collections.abc import Callable

requests_map = served.totals
"""What was counted; the entries that begin with ``last`` belong to the reading before."""

ORIGINAL_CONSTRUCTOR: Callable[..., None] = HTTPServer.__init__

_METHOD_PREFIX = "do_"


def request_patch(func: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a handler's method that counts the requests which it answers."""

    @wraps(func)
    def wrapper(self: Any = None) -> Any:
        began = served.begin()
        try:
            return func(self)
        finally:
            served.end(began)

    return marked(wrapper)


def update_request_state(start_time: float, end_time: float) -> None:
    """Count a request that took from one time to another, in seconds."""
    served.add(end_time - start_time)


def server_patch(*args: Any, **kwargs: Any) -> None:
    """Construct a server as ``HTTPServer.__init__`` does, with a handler that counts requests."""
    handler = kwargs.get("RequestHandlerClass", args[2] if len(args) > 2 else None)
    for name in dir(handler):
        if name.startswith(_METHOD_PREFIX) and not is_patched(getattr(handler, name)):
            setattr(handler, name, request_patch(getattr(handler, name)))
    return ORIGINAL_CONSTRUCTOR(*args, **kwargs)


def setup() -> None:
    """Count the requests of all servers that are based on ``http.server``, from now on."""
    standard_server.count_requests()


def get_average_execution_time() -> float:
    """Return how many milliseconds a request took on average since the call before."""
    return served.average_ms()


def get_requests_rate() -> float:
    """Return how many requests were served per second since the call before."""
    return served.per_second(time.time())


class RequestsAvgExecutionMetric:
    """Makes the gauge of the time that requests take."""

    NAME = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"

    def __init__(self) -> None:
        setup()

    @staticmethod
    def get_value() -> float:
        """Return how many milliseconds a request took on average since the call before."""
        return get_average_execution_time()

    def __call__(self) -> DerivedDoubleGauge:
        """Return the gauge."""
        gauge = DerivedDoubleGauge(
            self.NAME, "Average time that incoming requests took", "milliseconds", []
        )
        gauge.create_default_time_series(self.get_value)
        return gauge


class RequestsRateMetric:
    """Makes the gauge of the rate of requests."""

    NAME = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"

    def __init__(self) -> None:
        setup()

    @staticmethod
    def get_value() -> float:
        """Return how many requests were served per second since the call before."""
        return get_requests_rate()

    def __call__(self) -> DerivedDoubleGauge:
        """Return the gauge."""
        gauge = DerivedDoubleGauge(self.NAME, "Incoming requests per second", "rps", [])
        gauge.create_default_time_series(self.get_value)
        return gauge
