"""Reads the JSON of a rule, and says by name what in it cannot be used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from openinsights.alerts.errors import InvalidRule
from openinsights.query.timespan import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Properties:
    """A JSON object with the path at which it stands. Names are found in any letter case.

    Args:
        values: the object.
        path: as messages name it; "" for the outermost one.
    """

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:  # JSON of a caller
        self._values = {name.lower(): value for name, value in values.items()}
        self._path = path

    def has(self, name: str) -> bool:
        """Return whether something other than null stands there."""
        return self._value(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text.

        Raises:
            InvalidRule: it is something else, or absent without a default.
        """
        value = self._value(name)
        if value is None:
            value = self._needed(name, default, "a text")
        if not isinstance(value, str):
            raise self.wrong(name, "a text is needed")
        return value

    def choice(self, name: str, among: Iterable[str], default: str | None = None) -> str:
        """Return one of some words, spelt as these are; see `text`."""
        words = {each.lower(): each for each in among}
        found = words.get(self.text(name, default).lower())
        if found is None:
            raise self.wrong(name, f"one of {', '.join(words.values())} is needed")
        return found

    def number(self, name: str, default: float | None = None) -> float:
        """Return a finite number; see `text`."""
        value = self._value(name)
        if value is None:
            value = self._needed(name, default, "a number")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(name, "a number is needed")
        if not math.isfinite(value):
            raise self.wrong(name, "a finite number is needed")
        return float(value)

    def whole(self, name: str, default: int | None, least: int, most: int) -> int:
        """Return a whole number within bounds; see `text`."""
        value = self.number(name, default)
        if value != int(value) or not least <= value <= most:
            raise self.wrong(name, f"a whole number from {least} to {most} is needed")
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false; see `text`."""
        value = self._value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false is needed")
        return value

    def duration(self, name: str, default: str | None = None) -> int:
        """Return the ticks of a duration; see `text`."""
        text = self.text(name, default)
        try:
            return parse_duration(text)
        except ValueError as error:
            raise self.wrong(name, f"{error}; write it as in PT5M or PT30S") from None

    def part(self, name: str) -> Properties:
        """Return an object; an empty one when it is absent.

        Raises:
            InvalidRule: it is something else.
        """
        value = self._value(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(name, "an object is needed")
        return Properties(value, self._at(name))

    def parts(self, name: str) -> list[Properties]:
        """Return a list of objects; an empty one when it is absent.

        Raises:
            InvalidRule: it is something else.
        """
        value = self._value(name)
        if value is None:
            value = []
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.wrong(name, "a list of objects is needed")
        return [Properties(each, f"{self._at(name)}[{n}]") for n, each in enumerate(value)]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; an empty one when it is absent.

        Raises:
            InvalidRule: it is something else.
        """
        value = self._value(name)
        if value is None:
            value = []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.wrong(name, "a list of texts is needed")
        return tuple(value)

    def text_map(self, name: str) -> dict[str, str]:
        """Return an object of texts; an empty one when it is absent.

        Raises:
            InvalidRule: it is something else.
        """
        value = self._value(name)
        if value is None:
            value = {}
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise self.wrong(name, "an object of texts is needed")
        return value

    def wrong(self, name: str, why: str) -> InvalidRule:
        """Return the error of a property."""
        value = self._value(name)
        shown = "" if value is None else f" {str(value)[:80]!r}"
        return InvalidRule(f"cannot use {self._at(name)}{shown}: {why}")

    def _needed(self, name: str, default: Any, what: str) -> Any:
        if default is None:
            raise InvalidRule(f"cannot find {self._at(name)}: {what} is needed")
        return default

    def _value(self, name: str) -> Any:
        return self._values.get(name.lower())

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
