"""Handlers of Python's logging that send records: as traces and exceptions, or as custom events."""

from __future__ import annotations

import logging
import os
import random
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure import log_envelopes
from opencensus.ext.azure.common.keeping import Keeping
from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.passed_on import passing_on
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import azure_monitor_context, exporter_tags
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.log_operation import Operation, operation_at, operation_of, place_of
from opencensus.ext.azure.log_snapshot import (
    BriefRecord,
    brief_snapshot,
    restore,
    snapshot,
    unformatted,
)
from opencensus.trace import execution_context
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opencensus.ext.azure.common.durable_queue import Form
    from opencensus.ext.azure.common.ledger import Stats

logger = logging.getLogger(__name__)

__all__ = ["AzureEventHandler", "AzureLogHandler"]

__getattr__ = passing_on(__name__)

OWN_LOGGERS = "opencensus.ext.azure"
"""Records of these loggers are about the sending of records; they are never sent."""

_TRACE_ID_LOW_MAX = 0xFFFFFFFFFFFFFFFF

_OPERATION = "_opencensus_operation"
"""Where a record of ours has the operation during which it was made."""
_OWN_LENGTH = len(OWN_LOGGERS)
_PLAIN = logging.Formatter
_RECORD = logging.LogRecord
_is_exporter = execution_context._exporter_slot.get


class SamplingFilter(logging.Filter):
    """Lets a part of the records pass.

    Records of a trace follow it: they pass when the trace is sampled. Where only the trace's id is
    known, it decides, so that records of one trace pass or fall together. Others pass by chance.

    Args:
        probability: The part that passes, 0 to 1; at 1 every record passes, at 0 none.
    """

    def __init__(self, probability: float = 1.0) -> None:
        super().__init__()
        self.probability = probability

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record passes."""
        if self.probability >= 1:
            return True
        if self.probability <= 0:
            return False
        operation = operation_of(record)
        if operation.is_sampled is not None:
            return operation.is_sampled
        if operation.trace_id is not None:
            return int(operation.trace_id[16:], 16) < self.probability * _TRACE_ID_LOW_MAX
        return random.random() < self.probability  # noqa: S311 - a sample is no secret


class BaseLogHandler(logging.Handler, ProcessorMixin, Keeping):
    """What both handlers share: from a record to the queue. Accepts the options of all exporters.

    Raises:
        ValueError: An option is missing or wrong; see ``common.options``.
    """

    _kind = "log"

    def __init__(self, **options: Any) -> None:
        # Wrong options raise before logging knows the handler: it flushes all it knows at exit.
        self.options = resolve(options, os.environ)
        self.export_interval = self.options.export_interval
        self.max_batch_size = self.options.max_batch_size
        ProcessorMixin.__init__(self)
        self._tags = exporter_tags(self.options)
        self._rate = self.options.logging_sampling_rate
        # Whoever only imports an exporter does without all that sends.
        from opencensus.ext.azure.common.assembly import make_sender

        self._sender = make_sender(
            f"{type(self).__name__} Worker",
            self.options,
            self.apply_telemetry_processors,
            convert=self._convert,
            make_form=self._form,
            closes_at_exit=False,
        )
        logging.Handler.__init__(self)
        # A form or a text of the host's own may read any field of a record.
        self._sends_fields = (
            type(self).log_record_to_envelope in _OWN_FORMS
            and type(self).format is logging.Handler.format
        )
        if self._rate < 1:
            self.addFilter(SamplingFilter(self._rate))

    def handle(self, record: logging.LogRecord) -> Any:
        """Handle a record unless it comes from the sending itself.

        The handler's lock is taken only to format: while a handler closes, its sending thread may
        write warnings that reach the same handler.
        """
        # Hot path, once per record.
        if _is_exporter() or record.name[:_OWN_LENGTH] == OWN_LOGGERS:
            return False
        if self.filters:
            # Since Python 3.12 a filter may answer with another record.
            passed: Any = self.filter(record)
            if not passed:
                return passed
            if isinstance(passed, logging.LogRecord):
                record = passed
        self.emit(record)
        return record

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record; never blocks and never raises."""
        # Hot path, once per record; a formatter of the host's own may read the current thread.
        try:
            formatter, has_error = self.formatter, record.exc_info
            if (
                formatter is None
                and self._sends_fields
                and not (has_error or record.exc_text or record.stack_info)
                and record.__class__ is _RECORD
            ):
                self._sender.put(brief_snapshot(record, place_of(record)))
            elif has_error or (formatter is not None and type(formatter) is not _PLAIN):
                self._emit_formatted(record)
            else:
                self._sender.put(snapshot(record, place_of(record)))
        except Exception:
            # The host's code: arguments and dimensions can fail in any way. logging tells of it in
            # its own way, and the record is sent with its text as it stands.
            self.handleError(record)
            self._sender.put(unformatted(record, place_of(record)))

    def flush(self, timeout: float | None = None) -> None:
        """Send what was logged before; waits for at most ``timeout`` or the grace period."""
        self._sender.flush(timeout)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send what was logged before within the grace period, keep the rest, end the thread."""
        self._sender.close(timeout)
        self._close_storage()

    def close(self, timeout: float | None = None) -> None:
        """Shut down and leave the list of handlers that logging closes at exit."""
        self.shutdown(timeout)
        super().close()

    def stats(self) -> Stats:
        """Return what became of all records in this process."""
        return self._sender.stats()

    def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
        """Return the envelope that stands for a record."""
        raise NotImplementedError

    def _emit_formatted(self, record: logging.LogRecord) -> None:
        # A record of our own: other handlers get theirs as it came.
        own = logging.makeLogRecord(record.__dict__)
        own.__dict__[_OPERATION] = operation_of(record)
        # What the host's formatter may expect: one call at a time.
        self.acquire()
        try:
            envelope = self.log_record_to_envelope(own)
        finally:
            self.release()
        self._sender.put(envelope)

    def _form(self) -> Form:
        from opencensus.ext.azure import frozen_record

        return frozen_record.form(self._kind, self._tags, self._convert)

    def _convert(self, item: Any) -> tuple[Envelope]:
        if isinstance(item, Envelope):
            return (item,)
        record, place = restore(item)
        record.__dict__[_OPERATION] = operation_at(place)
        return (self.log_record_to_envelope(record),)

    def _text(self, record: logging.LogRecord) -> str:
        """Return the formatted text; a record that cannot be formatted is sent as it stands."""
        if isinstance(record, BriefRecord):
            # It was logged when there was no formatter, whatever there is now.
            return as_text(record.msg)
        try:
            return as_text(self.format(record))
        except Exception:
            # logging's own way to report it.
            self.handleError(record)
            return as_text(record.msg)

    def _envelope(self, name: str, record: logging.LogRecord, data: Data) -> Envelope:
        operation = record.__dict__.get(_OPERATION) or operation_of(record)
        return Envelope(
            name=name,
            time=log_envelopes.utc_text(record.created),
            iKey=self.options.instrumentation_key,
            sampleRate=self._sample_rate(operation),
            tags=_tags_of(operation, self._tags),
            data=data,
        )

    def _sample_rate(self, operation: Operation) -> float | None:
        if not 0 < self._rate < 1:
            return None
        return 100 * self._rate if operation.is_sampled is None else operation.sample_rate


class AzureLogHandler(BaseLogHandler):
    """Sends records as traces, and those with an exception as exceptions.

    A dict passed as ``extra={"custom_dimensions": {...}}`` becomes customDimensions.
    """

    def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
        """Return a message, or an exception when the record has one."""
        text = self._text(record)
        if record.exc_info:
            data = log_envelopes.exception_data(record, text)
            return self._envelope(log_envelopes.EXCEPTION_NAME, record, data)
        data = log_envelopes.message_data(record, text)
        return self._envelope(log_envelopes.MESSAGE_NAME, record, data)


class AzureEventHandler(BaseLogHandler):
    """Sends records as custom events, named by their message.

    Dicts passed as ``extra={"custom_dimensions": {...}, "custom_measurements": {...}}`` become
    customDimensions and customMeasurements.
    """

    _kind = "event"

    def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
        """Return a custom event."""
        data = log_envelopes.event_data(record, self._text(record))
        return self._envelope(log_envelopes.EVENT_NAME, record, data)


_OWN_FORMS = (AzureLogHandler.log_record_to_envelope, AzureEventHandler.log_record_to_envelope)


def create_envelope(instrumentation_key: str, record: logging.LogRecord) -> Envelope:
    """Return an envelope with a record's time and operation, still without a name and data."""
    tags = _tags_of(operation_of(record), azure_monitor_context)
    time = log_envelopes.utc_text(record.created)
    unset: Any = None
    return Envelope(name="", time=time, iKey=instrumentation_key, tags=tags, data=unset)


def _tags_of(operation: Operation, process_tags: Mapping[str, str]) -> dict[str, str]:
    tags = dict(process_tags)
    if operation.trace_id is not None:
        tags[tag_names.OPERATION_ID] = operation.trace_id
        if operation.span_id is not None:
            tags[tag_names.OPERATION_PARENT_ID] = operation.span_id
    return tags
