"""A span context in 29 bytes: version, trace id, span id, options, each after its field number."""

from __future__ import annotations

import binascii
import collections
import logging
import struct

from opencensus.trace import span_context as span_context_module
from opencensus.trace.trace_options import TraceOptions

VERSION_ID = 0
TRACE_ID_FIELD_ID = 0
SPAN_ID_FIELD_ID = 1
TRACE_OPTION_FIELD_ID = 2

UTF8 = "utf-8"
BIG_ENDIAN = ">"
CHAR_ARRAY_FORMAT = "s"
UNSIGNED_CHAR = "B"
UNSIGNED_LONG_LONG = "Q"

ID_SIZE = 1
TRACE_ID_SIZE = 16
SPAN_ID_SIZE = 8
TRACE_OPTION_SIZE = 1
FORMAT_LENGTH = 4 * ID_SIZE + TRACE_ID_SIZE + SPAN_ID_SIZE + TRACE_OPTION_SIZE

BINARY_FORMAT = (
    f"{BIG_ENDIAN}{UNSIGNED_CHAR}"
    f"{UNSIGNED_CHAR}{TRACE_ID_SIZE}{CHAR_ARRAY_FORMAT}"
    f"{UNSIGNED_CHAR}{SPAN_ID_SIZE}{CHAR_ARRAY_FORMAT}"
    f"{UNSIGNED_CHAR}{UNSIGNED_CHAR}"
)

Header = collections.namedtuple(
    "Header",
    "version_id trace_id_field_id trace_id span_id_field_id span_id "
    "trace_option_field_id trace_option",
)

_log = logging.getLogger(__name__)


class BinaryFormatPropagator:
    """Carries a span context in bytes, as gRPC metadata does."""

    def from_header(self, binary: bytes | None) -> span_context_module.SpanContext:
        """Return the caller's span context, or a new one when the bytes hold none.

        The span id and the options may be absent, and fields that came later may follow.
        """
        if binary is None:
            return span_context_module.SpanContext(from_header=False)
        header = _read(binary)
        if header is None:
            _log.warning(
                "cannot parse the binary header %r: version 0 has %d bytes; a new trace starts",
                binary,
                FORMAT_LENGTH,
            )
            return span_context_module.SpanContext(from_header=False)
        span_id = header.span_id.hex()
        return span_context_module.SpanContext(
            trace_id=header.trace_id.hex(),
            span_id=None if span_id == span_context_module.INVALID_SPAN_ID else span_id,
            trace_options=TraceOptions(str(header.trace_option)),
            from_header=True,
        )

    def to_header(self, span_context: span_context_module.SpanContext) -> bytes:
        """Return the bytes for a call to another process; zeros stand for no open span."""
        return struct.pack(
            BINARY_FORMAT,
            VERSION_ID,
            TRACE_ID_FIELD_ID,
            binascii.unhexlify(span_context.trace_id),
            SPAN_ID_FIELD_ID,
            binascii.unhexlify(span_context.span_id or span_context_module.INVALID_SPAN_ID),
            TRACE_OPTION_FIELD_ID,
            int(span_context.trace_options.trace_options_byte),
        )


def _read(binary: object) -> Header | None:
    """Return the fields; None for another version, or where a field is cut short.

    Source: census-instrumentation/opencensus-specs, encodings/BinaryEncoding.md: fields come in
    the order of their numbers, and the first unknown one ends what is to be read.
    """
    if not isinstance(binary, bytes | bytearray | memoryview):
        return None
    rest = bytes(binary)
    if rest[:ID_SIZE] != bytes((VERSION_ID,)):
        return None
    rest = rest[ID_SIZE:]
    values = []
    for number, size, absent in _FIELDS:
        if rest[:ID_SIZE] == bytes((number,)):
            value = rest[ID_SIZE : ID_SIZE + size]
            if len(value) != size:
                return None
            rest = rest[ID_SIZE + size :]
        elif absent is None:
            return None
        else:
            value = absent
        values.append(value)
    trace_id, span_id, options = values
    return Header(
        VERSION_ID,
        TRACE_ID_FIELD_ID,
        trace_id,
        SPAN_ID_FIELD_ID,
        span_id,
        TRACE_OPTION_FIELD_ID,
        options[0],
    )


_FIELDS = (
    (TRACE_ID_FIELD_ID, TRACE_ID_SIZE, None),
    (SPAN_ID_FIELD_ID, SPAN_ID_SIZE, bytes(SPAN_ID_SIZE)),
    (TRACE_OPTION_FIELD_ID, TRACE_OPTION_SIZE, bytes(TRACE_OPTION_SIZE)),
)
"""Number and size of each field in order, and what stands for an absent one; None: it may not be."""
