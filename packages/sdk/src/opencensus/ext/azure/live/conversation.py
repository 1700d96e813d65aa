"""What is said to the server and done with its replies, one step at a time; the thread is elsewhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from opencensus.ext.azure.live.attention import Heard
from opencensus.ext.azure.live.counters import SENT
from openinsights_wire.errors import WireError
from openinsights_wire.live.configuration import understood
from openinsights_wire.live.messages import (
    MetricPoint,
    MonitoringDataPoint,
    decode_configuration,
)
from openinsights_wire.stamps import TICKS_PER_SECOND, format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.ext.azure.common.sender import Sender
    from opencensus.ext.azure.live.attention import Attention
    from opencensus.ext.azure.live.channel import Channel, Reply
    from opencensus.ext.azure.live.collector import Collector
    from opencensus.ext.azure.live.counters import Counters

logger = logging.getLogger(__name__)

HURRY_S = 1.0
"""How often exporters send while somebody watches."""


class Conversation:
    """Pings until somebody watches, then posts until nobody does; for one thread.

    Args:
        channel: Speaks with the server.
        attention: Says when, and whether to ping or to post.
        collector: Counts what the exporters send while somebody watches.
        senders: Returns the exporters' senders that are in use.
        point: Who this process is.
        make_counters: Opens what reads memory and processor; while nobody watches it is closed.
    """

    def __init__(
        self,
        channel: Channel,
        attention: Attention,
        collector: Collector,
        senders: Callable[[], Sequence[Sender]],
        point: MonitoringDataPoint,
        make_counters: Callable[[], Counters],
    ) -> None:
        self._channel = channel
        self._attention = attention
        self._collector = collector
        self._senders = senders
        self._point = point
        self._make_counters = make_counters
        self._counters: Counters | None = None
        self._etag = ""
        self._is_unanswered = False

    @property
    def wait_s(self) -> float:
        """Seconds until the next step."""
        return self._attention.wait_s

    def step(self) -> None:
        """Ping or post once, and do what the reply says."""
        if self._attention.is_watched:
            reply = self._channel.post(self._points(), self._etag)
        else:
            reply = self._channel.ping(self._point, self._etag)
        self._note(reply)
        self._attention.hear(reply.heard, reply.hint_s)
        if self._attention.is_watched:
            self._observe()
        elif self._counters is not None:
            self._stop_observing()
        if reply.heard is Heard.WATCHED and reply.body and reply.etag != self._etag:
            self._configure(reply)

    def end(self) -> None:
        """Leave the exporters as they were, and end the connection."""
        self._stop_observing()
        self._channel.close()

    def leave(self, sender: Sender) -> None:
        """Stop observing a sender."""
        if self._collector.observe in sender.observers:
            sender.observers.remove(self._collector.observe)

    def _observe(self) -> None:
        if self._counters is None:
            self._collector.restart()
            self._counters = self._make_counters()
        for sender in self._senders():
            if self._collector.observe not in sender.observers:
                sender.observers.append(self._collector.observe)
                sender.hurry(HURRY_S)

    def _stop_observing(self) -> None:
        self._counters = None
        self._etag = ""
        for sender in self._senders():
            self.leave(sender)
            sender.hurry(None)
        self._collector.restart()

    def _configure(self, reply: Reply) -> None:
        try:
            info = decode_configuration(reply.body)
        except WireError as error:
            logger.debug("Live Metrics configuration not read error=%s", error.message)
            return
        self._collector.configure(understood(info))
        self._etag = reply.etag or info.e_tag

    def _points(self) -> list[MonitoringDataPoint]:
        """Return a point per second that was not told yet; at first there is none, but counters."""
        counters = self._counters.read() if self._counters is not None else {}
        configuration = self._collector.configuration
        asked = [*((name, name) for name in SENT), *configuration.counters]
        own = [
            MetricPoint(name, counters[counter], 1)
            for name, counter in asked
            if counter in counters
        ]
        point = msgspec.structs.replace(
            self._point, metrics=own, collection_configuration_errors=list(configuration.errors)
        )
        told = [
            msgspec.structs.replace(
                point,
                timestamp=format_time(one.second * TICKS_PER_SECOND),
                metrics=[*one.metrics, *own],
                documents=one.documents,
                global_document_quota_reached=one.is_quota_reached,
            )
            for one in self._collector.take()
        ]
        return told or [point]

    def _note(self, reply: Reply) -> None:
        """Write one line while the server gives no answer: it may simply not know Live Metrics."""
        if reply.heard is not Heard.FAILED:
            self._is_unanswered = False
        elif not self._is_unanswered:
            self._is_unanswered = True
            logger.debug("Live Metrics get no answer detail=%s", reply.detail)
