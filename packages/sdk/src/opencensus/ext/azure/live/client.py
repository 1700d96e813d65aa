"""The live client of one resource in one process: its thread, and what ties it to the exporters.

It starts with the first telemetry that an exporter sends, so that a process that only forks starts
no thread; in a forked child it starts anew in the same way. It never holds up the end of a process:
what is live has no value a moment later.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
import time
import weakref
from typing import TYPE_CHECKING

from opencensus.ext.azure.common import lifetime
from opencensus.ext.azure.common.tags import exporter_tags, sdk_version
from opencensus.ext.azure.common.version import __version__
from opencensus.ext.azure.live.attachment import attach
from opencensus.ext.azure.live.attention import Attention
from opencensus.ext.azure.live.channel import Channel
from opencensus.ext.azure.live.collector import Collector
from opencensus.ext.azure.live.conversation import Conversation
from opencensus.ext.azure.live.counters import Counters
from opencensus.trace import execution_context
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Envelope
from openinsights_wire.live.messages import MonitoringDataPoint
from openinsights_wire.live.names import INVARIANT_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opencensus.ext.azure.common.options import Options
    from opencensus.ext.azure.common.sender import Sender

logger = logging.getLogger(__name__)

LAST_WAIT_S = 0.2
"""How long the end of the process waits for a request that is under way."""


class LiveClient:
    """Tells a server what this process does, while somebody watches there.

    Args:
        options: Those of the first exporter of the resource.
    """

    closes_at_exit = True

    _thread: threading.Thread | None
    _conversation: Conversation | None

    def __init__(self, options: Options) -> None:
        self._options = options
        self._senders: list[weakref.ref[Sender]] = []
        self._reset()
        lifetime.watch(self)

    def join(self, sender: Sender) -> None:
        """Watch the telemetry of one more exporter."""
        self._senders = [*map(weakref.ref, self._open_senders()), weakref.ref(sender)]

    def start(self, batch: Sequence[Envelope]) -> None:
        """Start the thread unless it runs; the batch tells how this process is called."""
        with self._starting:
            if self._is_closing or self._thread is not None:
                return
            if lifetime.is_ending() or not lifetime.may_start_threads():
                return
            point = identity(batch, exporter_tags(self._options), os.environ)
            thread = threading.Thread(
                target=self._run, args=(point,), name="Live Metrics", daemon=True
            )
            self._thread = thread
            try:
                thread.start()
            except RuntimeError:  # the process is ending
                self._thread = None

    def begin_flush(self) -> None:
        """Do nothing: what is live goes out within the second, or has no value any more."""

    def begin_close(self, timeout_s: float | None = None) -> None:
        """Ask the thread to end; does not wait."""
        self._is_closing = True
        self._wake.set()

    def close(self, timeout_s: float | None = None) -> None:
        """End the thread, or leave it alone when a request keeps it."""
        self.begin_close()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(LAST_WAIT_S if timeout_s is None else min(timeout_s, LAST_WAIT_S))

    def after_fork_in_child(self) -> None:
        """Begin anew with the first telemetry of this process; the parent's thread is not here."""
        for sender in self._open_senders():
            if self._conversation is not None:
                self._conversation.leave(sender)
            attach(self._options, sender)
        self._senders = []
        _abandoned.append(self._conversation)
        self._reset()

    def _reset(self) -> None:
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self._thread = None
        self._conversation = None
        self._is_closing = False

    def _run(self, point: MonitoringDataPoint) -> None:
        execution_context.clean()
        execution_context.set_is_exporter(True)
        try:
            for sender in self._open_senders():
                sender.hurry(None)  # a forked child takes over its parent's haste
            self._conversation = conversation = self._begin(point)
            while not self._has_ended():
                if not self._wake.wait(conversation.wait_s):
                    conversation.step()
            conversation.end()
        except Exception:
            # The thread's boundary: a defect in here costs Live Metrics, nothing else.
            logger.debug("Live Metrics failed: BUG", exc_info=True)

    def _begin(self, point: MonitoringDataPoint) -> Conversation:
        user_agent = f"openinsights-sdk/{__version__}"
        with lifetime.forks_wait():
            channel = Channel(self._options, os.environ, user_agent, time.time_ns)
        return Conversation(
            channel,
            Attention(time.monotonic),
            Collector(time.time_ns, time.monotonic),
            self._open_senders,
            point,
            open_counters,
        )

    def _has_ended(self) -> bool:
        """Whether the thread is to end: the process ends, or no exporter is left."""
        with self._starting:
            if self._open_senders() and not self._is_closing:
                return False
            self._thread = None
            return True

    def _open_senders(self) -> list[Sender]:
        everyone = [reference() for reference in self._senders]
        return [sender for sender in everyone if sender is not None and not sender.is_closed]


def open_counters() -> Counters:
    """Return what reads memory and processor; a fork waits for the import that this may take."""
    with lifetime.forks_wait():
        return Counters()


def identity(
    batch: Sequence[object], tags: Mapping[str, str], environ: Mapping[str, str]
) -> MonitoringDataPoint:
    """Return who this process is, as its telemetry says it after the processors.

    The server tells by role and instance that the telemetry of this process is told live already.

    Args:
        batch: What is being sent.
        tags: What is said where the batch says nothing.
        environ: Tells whether this is a web app of Azure.
    """
    sent = next((one.tags for one in batch if isinstance(one, Envelope)), tags)
    node = platform.node()
    return MonitoringDataPoint(
        version=sdk_version(),
        invariant_version=INVARIANT_VERSION,
        instance=str(sent.get(tag_names.CLOUD_ROLE_INSTANCE) or node),
        role_name=str(sent.get(tag_names.CLOUD_ROLE) or ""),
        machine_name=node,
        stream_id=os.urandom(16).hex(),
        is_web_app="WEBSITE_SITE_NAME" in environ,
        performance_collection_supported=True,
    )


_abandoned: list[Conversation | None] = []
"""What forked children inherited and must neither use nor free."""
