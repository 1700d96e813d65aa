"""The W3C `tracestate`: what each tracing system on the way wants to find again."""

from __future__ import annotations

import re
from collections import OrderedDict

_KEY_WITHOUT_VENDOR_FORMAT = r"[a-z][_0-9a-z\-\*\/]{0,255}"
_KEY_WITH_VENDOR_FORMAT = r"[0-9a-z][_0-9a-z\-\*\/]{0,240}@[a-z][_0-9a-z\-\*\/]{0,13}"
_KEY_FORMAT = f"{_KEY_WITHOUT_VENDOR_FORMAT}|{_KEY_WITH_VENDOR_FORMAT}"
_VALUE_FORMAT = r"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"

_KEY_VALIDATION_RE = re.compile(_KEY_FORMAT)
_VALUE_VALIDATION_RE = re.compile(_VALUE_FORMAT)

MAX_MEMBERS = 32
"""How many members may be sent."""


class Tracestate(OrderedDict[str, str]):
    """The members in order, the most recent writer first.

    Setting a member raises ValueError when its key or value is not what W3C allows.
    """

    def __setitem__(self, key: str, value: str) -> None:
        if not isinstance(key, str):
            raise ValueError("key must be an instance of str")
        if not _KEY_VALIDATION_RE.fullmatch(key):
            raise ValueError("illegal key provided")
        if not isinstance(value, str):
            raise ValueError("value must be an instance of str")
        if not _VALUE_VALIDATION_RE.fullmatch(value):
            raise ValueError("illegal value provided")
        super().__setitem__(key, value)

    def append(self, key: str, value: str) -> None:
        """Set a member and move it to the end."""
        self[key] = value
        self.move_to_end(key)

    def prepend(self, key: str, value: str) -> None:
        """Set a member and move it to the front."""
        self[key] = value
        self.move_to_end(key, last=False)

    def is_valid(self) -> bool:
        """Return whether there are 1 to 32 members, so that it may be sent."""
        return 0 < len(self) <= MAX_MEMBERS
