"""The text of the `tracestate` header."""

from __future__ import annotations

import re

from opencensus.trace.tracestate import _KEY_FORMAT, _VALUE_FORMAT, Tracestate

_DELIMITER_FORMAT = "[ \t]*,[ \t]*"
_MEMBER_FORMAT = f"({_KEY_FORMAT})(=)({_VALUE_FORMAT})"

_DELIMITER_FORMAT_RE = re.compile(_DELIMITER_FORMAT)
_MEMBER_FORMAT_RE = re.compile(_MEMBER_FORMAT)


class TracestateStringFormatter:
    """Reads and writes a `Tracestate` as text."""

    def from_string(self, string: str) -> Tracestate:
        """Return the members that `string` lists; empty ones are passed over.

        Raises:
            ValueError: A member has another form than `key=value`, or a key occurs twice.
        """
        tracestate = Tracestate()
        for member in _DELIMITER_FORMAT_RE.split(string.strip(" \t")):
            if not member:
                continue
            match = _MEMBER_FORMAT_RE.fullmatch(member)
            if match is None:
                raise ValueError(f"illegal key-value format {member!r}")
            key, _, value = match.groups()
            if key in tracestate:
                raise ValueError(f"conflict key {key!r}")
            tracestate[key] = value
        return tracestate

    def to_string(self, tracestate: Tracestate) -> str:
        """Return the members as the header's text."""
        return ",".join(f"{key}={value}" for key, value in tracestate.items())
