"""The shape of a name: how it is written, and an example."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """One name of the language, run or refused.

    Attributes:
        name: as queries spell it.
        usage: how it is written, with what it takes; brackets stand around what may be left out.
        example: a whole query with it. It compiles where the name is run, and gives the same
            result whenever it runs on empty tables; where the name is refused, so is the example.
    """

    name: str
    usage: str
    example: str
