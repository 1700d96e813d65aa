"""parse_user_agent: browser, system and device behind the text by which a client names itself.

The patterns are those of the project uap-core, as the original's are, through the library
ua-parser. They are many, so what a text was found to be is remembered.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from ua_parser import Parser

_V: Final = "VARCHAR"
LONGEST: Final = 1_000
"""Characters that are looked at; names are shorter, and patterns take their time over long texts."""
_REMEMBERED: Final = 20_000
_OTHER: Final = "Other"
"""What a family is called that no pattern fits."""


@cache
def _parser() -> Parser:
    # Not imported with the server: few queries ask, and the library takes a while.
    from ua_parser import Parser
    from ua_parser.basic import Resolver
    from ua_parser.loaders import load_lazy_builtins

    return Parser(Resolver(load_lazy_builtins()))


def _part(found: Any, keys: dict[str, str]) -> dict[str, str]:
    """What was found, under the names of the language; `Other` and '' for what was not."""
    values = {key: getattr(found, name, None) or "" for key, name in keys.items()}
    values["Family"] = values["Family"] or _OTHER
    return values


_VERSION: Final = {
    "Family": "family",
    "MajorVersion": "major",
    "MinorVersion": "minor",
    "Patch": "patch",
}


def _browser(text: str) -> tuple[str, dict[str, str]]:
    return "Browser", _part(_parser().parse_user_agent(text), _VERSION)


def _system(text: str) -> tuple[str, dict[str, str]]:
    keys = {**_VERSION, "PatchMinor": "patch_minor"}
    return "OperatingSystem", _part(_parser().parse_os(text), keys)


def _device(text: str) -> tuple[str, dict[str, str]]:
    keys = {"Family": "family", "Brand": "brand", "Model": "model"}
    return "Device", _part(_parser().parse_device(text), keys)


_PARTS: Final = {"browser": _browser, "os": _system, "device": _device}
"""What may be looked for, and what finds it."""


def parse_user_agent(text: str, wanted: str) -> str | None:
    """What a text tells as a bag; null if something was asked for that there is not.

    Args:
        text: the user agent.
        wanted: JSON of `browser`, `os` or `device`, or an array of them.
    """
    asked = json.loads(wanted)
    names = asked if isinstance(asked, list) else [asked]
    if not names or not all(isinstance(name, str) and name in _PARTS for name in names):
        return None
    return _told(text[:LONGEST], tuple(name for name in _PARTS if name in names))


@lru_cache(maxsize=_REMEMBERED)
def _told(text: str, names: tuple[str, ...]) -> str:
    return json_text(dict(_PARTS[name](text) for name in names))


FUNCTIONS: Final = (
    Function(
        "parse_user_agent",
        (Kind.STRING, Kind.JSON),
        KqlType.DYNAMIC,
        "kql_parse_user_agent({0}, {1})",
        null=Null.MAKES,
        python=Udf(parse_user_agent, (_V, _V), _V),
    ),
)
"""The family's rows."""
