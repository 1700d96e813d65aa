"""Sending a list of envelopes at once, for classes that send by themselves as upstream's did.

The exporters send through ``sender``, ``delivery`` and ``connection``.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.connection import MAX_REDIRECTS, Connection
from opencensus.ext.azure.common.link import TOKEN_SCOPE
from opencensus.ext.azure.common.reply import STATUS_VERDICTS, Verdict
from opencensus.ext.azure.common.version import __version__
from opencensus.ext.azure.statsbeat import state  # noqa: F401
from openinsights_wire.encode import encode_envelope
from openinsights_wire.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.ext.azure.common.reply import Outcome

logger = logging.getLogger(__name__)

_MAX_CONSECUTIVE_REDIRECTS = MAX_REDIRECTS
_MONITOR_OAUTH_SCOPE = TOKEN_SCOPE


def _statuses(*verdicts: Verdict) -> tuple[int, ...]:
    return tuple(status for status, verdict in STATUS_VERDICTS.items() if verdict in verdicts)


REDIRECT_STATUS_CODES = _statuses(Verdict.REDIRECT)
RETRYABLE_STATUS_CODES = _statuses(Verdict.RETRY)
THROTTLE_STATUS_CODES = _statuses(Verdict.QUOTA)


class TransportStatusCode:
    """What became of a list of envelopes."""

    SUCCESS = 0
    RETRY = 1
    DROP = 2
    STATSBEAT_SHUTDOWN = 3


class TransportMixin:
    """Sends envelopes to the server of ``self.options``, and those of ``self.storage`` again."""

    options: Any
    storage: Any

    def _transmit_from_storage(self) -> None:
        for blob in self.storage.gets() if self.storage else ():
            if blob.lease(self.options.timeout + 5):
                if self._transmit(blob.get()) is TransportStatusCode.RETRY:
                    blob.lease(TransportStatusCode.RETRY)
                else:
                    blob.delete()

    def _transmit(self, envelopes: Sequence[Any] | None) -> int:
        """Send envelopes once, and store those that the server wants later; never raises."""
        if not envelopes:
            return TransportStatusCode.SUCCESS
        try:
            connection = self._connect()
            try:
                outcome = connection.post([_encoded(envelope) for envelope in envelopes])
            finally:
                connection.close()
            # What a redirect said stays.
            self.options.endpoint = connection.endpoint
            return self._judged(outcome, envelopes)
        except Exception:
            logger.warning("sending failed: the telemetry is lost", exc_info=True)
            return TransportStatusCode.DROP

    def _connect(self) -> Connection:
        return Connection(
            self.options.endpoint,
            timeout_s=self.options.timeout,
            proxies=self.options.proxies,
            credential=self.options.credential,
            compress=self.options.enable_gzip,
            environ=os.environ,
            certificates=self.options.certificates,
            user_agent=f"openinsights-sdk/{__version__}",
        )

    def _judged(self, outcome: Outcome, envelopes: Sequence[Any]) -> int:
        if outcome.refused:
            logger.error("telemetry lost: the server refused it detail=%s", outcome.detail)
        if outcome.verdict is Verdict.ACCEPTED and not outcome.again:
            return TransportStatusCode.DROP if outcome.refused else TransportStatusCode.SUCCESS
        if outcome.verdict in (Verdict.RETRY, Verdict.QUOTA) and not outcome.again:
            logger.warning("telemetry delayed: %s", outcome.detail)
            return TransportStatusCode.RETRY
        if outcome.again and getattr(self, "storage", None):
            self.storage.put([envelopes[index] for index in outcome.again])
        return TransportStatusCode.DROP


def _encoded(envelope: Any) -> bytes:
    if isinstance(envelope, Envelope):
        return encode_envelope(envelope)
    return json.dumps(envelope, default=str).encode()
