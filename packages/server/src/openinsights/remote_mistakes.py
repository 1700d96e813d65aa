"""Mistakes of a query as a server's reply tells them, as the errors that the compiler raised there.

So whoever asks a server learns the same as whoever opens a folder: place, token and suggestion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.errors import KqlError, KqlSemanticError, KqlSyntaxError, KqlUnsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Final = {"NotSupported": KqlUnsupported}
"""Errors by the code of a place; a code that begins with SYN is of syntax, any other of meaning."""


def mistakes_of(error: Any, text: str) -> KqlError | None:  # JSON of any shape
    """Return the error of a query, with each of its mistakes in `diagnostics`.

    Args:
        error: `error` of a reply.
        text: the query.

    Returns:
        None if the reply tells of no place in the query.
    """
    try:
        places = error["innererror"]["details"]
        found = [_mistake(place, text) for place in places]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if not found:
        return None
    found[0].others = tuple(found[1:])
    return found[0]


def _mistake(place: Mapping[str, Any], text: str) -> KqlError:
    line, column = int(place["line"]), int(place["pos"])
    token, hint = str(place.get("token") or ""), str(place.get("suggestion") or "")
    message = str(place["message"]).removeprefix(f"line {line}, column {column}: ")
    code = str(place["code"])
    kind = _TYPES.get(code) or (KqlSyntaxError if code.startswith("SYN") else KqlSemanticError)
    before = text.split("\n")[: line - 1]
    start = sum(len(each) + 1 for each in before) + column - 1
    made = kind(message.removesuffix(f"; {hint}") if hint else message, start, 0, hint)
    made.end = start + len(token)
    made.line, made.column, made.token = line, column, token
    return made
