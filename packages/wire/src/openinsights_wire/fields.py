"""What fields of wire types are made of: texts with a limit, maps, and the base of every struct.

The limits stand in the annotations, so that one fact serves the strict encoder, the lenient decoder
and the cutting of over-long values. `limits.py` reads them from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY_LENGTH = 150
VALUE_LENGTH = 8192

Text64 = Annotated[str, Meta(max_length=64)]
Text256 = Annotated[str, Meta(max_length=256)]
Text512 = Annotated[str, Meta(max_length=512)]
Text1024 = Annotated[str, Meta(max_length=1024)]
Text2048 = Annotated[str, Meta(max_length=2048)]
Text8192 = Annotated[str, Meta(max_length=VALUE_LENGTH)]
Text32768 = Annotated[str, Meta(max_length=32768)]
Key = Annotated[str, Meta(max_length=KEY_LENGTH)]

Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

Duration = Annotated[str, Meta(title="duration", max_length=64)]
"""`[d.]hh:mm:ss[.fffffff]`; numbers of milliseconds become this text when they are decoded."""

Severity = Annotated[int | str, Meta(title="severity")]
"""0 (verbose) to 4 (critical), or the name; decoded severities are numbers."""

Kind = Annotated[int | str, Meta(title="kind")]
"""0 (measurement) or 1 (aggregation), or the name; decoded kinds are numbers."""

Properties = dict[Key, Text8192]
Measurements = dict[Key, float]
Tags = dict[Text1024, Text1024]


# No garbage collector looks at envelopes: they form no cycles and come by the thousand.
class WireStruct(msgspec.Struct, omit_defaults=True, gc=False):
    """A mutable wire object whose fields are reached as attributes or by name, as in a dict."""

    def __getitem__(self, name: str) -> Any:
        if name in self:
            return getattr(self, name)
        raise KeyError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if name not in self:
            raise KeyError(name)
        setattr(self, name, value)

    def __contains__(self, name: object) -> bool:
        return name in self.__struct_fields__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__struct_fields__)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the field called `name`, or `default` where it is absent or None."""
        value = getattr(self, name) if name in self else None
        return default if value is None else value


def _two() -> int:
    return 2


def _true() -> bool:
    return True


# A factory keeps the field in the encoded text; a plain default would be left out.
SCHEMA_VERSION: Callable[[], int] = _two
SUCCEEDED: Callable[[], bool] = _true
