"""The wire's types under the names by which telemetry processors know them.

What exporters send is an instance of these, although it is made as what the wire knows. Those that
a program makes itself need no arguments and take further attributes, which are not sent.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from opencensus.ext.azure.common.base_object import BaseObject
from openinsights_wire import envelope as envelopes
from openinsights_wire.types import dependency, event, exception, message, metric, request

__all__ = [
    "BaseObject",
    "Data",
    "DataPoint",
    "Envelope",
    "Event",
    "ExceptionData",
    "Message",
    "MetricData",
    "RemoteDependency",
    "Request",
]


# Each new text or number: a plain default would be left out of what is sent.
def _text() -> Any:
    return field(default_factory=str)


class _WireClass(type(Struct)):  # type: ignore[misc]
    """Takes objects of the wire's class for instances of the class that stands for it here."""

    def __instancecheck__(cls, instance: object) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        return cls.__module__ == __name__ and type.__instancecheck__(cls.__bases__[1], instance)


class _Open:
    """Takes items that it has no field for."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)


class Data(_Open, envelopes.Data, metaclass=_WireClass, dict=True, gc=True):
    """The typed part of an envelope."""

    baseData: Any = None
    baseType: Any = None


class Envelope(_Open, envelopes.Envelope, metaclass=_WireClass, kw_only=True, dict=True, gc=True):
    """One item of telemetry."""

    time: str = _text()
    data: Any = None
    ver: Any = 1


class DataPoint(_Open, metric.DataPoint, metaclass=_WireClass, dict=True, gc=True):
    """One value of a metric."""

    name: str = _text()
    value: float = field(default_factory=float)


class Event(_Open, event.EventData, metaclass=_WireClass, dict=True, gc=True):
    """One custom event."""

    name: str = _text()


class ExceptionData(_Open, exception.ExceptionData, metaclass=_WireClass, dict=True, gc=True):
    """One reported exception."""

    exceptions: list[exception.ExceptionDetails] = field(default_factory=list)


class Message(_Open, message.MessageData, metaclass=_WireClass, dict=True, gc=True):
    """One log line."""

    message: str = _text()


class MetricData(_Open, metric.MetricData, metaclass=_WireClass, dict=True, gc=True):
    """The values of one time series."""

    metrics: list[metric.DataPoint] = field(default_factory=list)


class RemoteDependency(
    _Open, dependency.RemoteDependencyData, metaclass=_WireClass, dict=True, gc=True
):
    """One call that the application made."""

    name: str = _text()
    duration: str = _text()
    id: str | None = _text()
    resultCode: str | None = _text()


class Request(_Open, request.RequestData, metaclass=_WireClass, dict=True, gc=True):
    """One request that the application served."""

    id: str = _text()
    duration: str = _text()
    responseCode: str = _text()
