"""The wire's types under the names by which telemetry processors know them."""

from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.dependency import RemoteDependencyData as RemoteDependency
from openinsights_wire.types.event import EventData as Event
from openinsights_wire.types.exception import ExceptionData
from openinsights_wire.types.message import MessageData as Message
from openinsights_wire.types.metric import DataPoint, MetricData
from openinsights_wire.types.request import RequestData as Request

__all__ = [
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
