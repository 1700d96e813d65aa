"""The questions of the room: each is a file in `questions/`, given its values as `let` lines."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from openinsights.query.literals import let_line
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

SERIES: Final = ("requests", "dependencies", "pages", "traces", "exceptions", "roles", "memory")
"""Questions whose answers are series; `requests` first, for exceptions are held against it."""
_KINDS: Final = {
    str: KqlType.STRING,
    int: KqlType.LONG,
    float: KqlType.REAL,
}


@cache
def text_of(name: str) -> str:
    """Return the text of a question as it stands in its file."""
    return (
        (files("openinsights.detection") / "questions" / f"{name}.kql").read_text("utf-8").strip()
    )


def asked(
    name: str,
    start: int,
    end: int,
    values: Mapping[str, str | int | float] | None = None,
    instants: Mapping[str, int] | None = None,
) -> str:
    """Return a whole question.

    Args:
        name: of the file.
        start: ticks from which rows count.
        end: ticks before which they do.
        values: further names that the text uses.
        instants: and those that are instants, in ticks.
    """
    lines = [
        let_line(each, KqlType.DATETIME, ticks)
        for each, ticks in {"start": start, "end": end, **(instants or {})}.items()
    ]
    for each, value in (values or {}).items():
        if isinstance(value, bool):
            lines.append(f"let {each} = {'true' if value else 'false'};")
        else:
            lines.append(let_line(each, _KINDS[type(value)], value))
    return "\n".join([*lines, text_of(name)])
