"""The options byte that travels with a trace; its lowest bit says whether the trace is sampled."""

from __future__ import annotations

import logging

DEFAULT = "1"

_ENABLED_BITMASK = 1
_USUAL = {"0": False, "1": True, "00": False, "01": True}
"""What nearly all traces have, and whether it says that they are sampled: that needs no arithmetic."""
_USUAL_ENABLED = {"0": "1", "1": "1", "00": "01", "01": "01"}
"""What becomes of it when the trace is sampled."""

_log = logging.getLogger(__name__)


class TraceOptions:
    """The options of one trace.

    Args:
        trace_options_byte: A decimal number of 0 to 255 as text. Anything else is reported and
            stands for `DEFAULT`.
    """

    def __init__(self, trace_options_byte: str | None = None) -> None:
        if trace_options_byte is None:
            trace_options_byte = DEFAULT
        # Hot path, once per trace.
        usual = _USUAL.get(trace_options_byte)
        if usual is not None:
            self.trace_options_byte, self.enabled = trace_options_byte, usual
            return
        self.trace_options_byte = self.check_trace_options(trace_options_byte)
        self.enabled = self.get_enabled()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(enabled={self.enabled})"

    def check_trace_options(self, trace_options_byte: str) -> str:
        """Return the text itself when it is a byte, otherwise `DEFAULT` with a warning.

        Raises:
            ValueError: The text is no decimal number.
        """
        if not 0 <= int(trace_options_byte) <= 255:
            _log.warning("Trace options invalid, should be 1 byte.")
            return DEFAULT
        return trace_options_byte

    def get_enabled(self) -> bool:
        """Return whether the byte has its sampled bit set."""
        usual = _USUAL.get(self.trace_options_byte)
        return bool(int(self.trace_options_byte) & _ENABLED_BITMASK) if usual is None else usual

    def set_enabled(self, enabled: bool) -> None:
        """Set or clear the sampled bit and leave the other bits as they are."""
        usual = _USUAL_ENABLED.get(self.trace_options_byte) if enabled else None
        if usual is not None:
            self.trace_options_byte, self.enabled = usual, True
            return
        others = int(self.trace_options_byte) & ~_ENABLED_BITMASK
        changed = str(others | _ENABLED_BITMASK if enabled else others)
        self.trace_options_byte = changed.zfill(len(str(self.trace_options_byte)))
        self.enabled = bool(enabled)
