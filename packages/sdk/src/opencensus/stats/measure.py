"""What is measured."""

from __future__ import annotations


class BaseMeasure:
    """A quantity with a name, a meaning and a unit."""

    def __init__(self, name: str, description: str, unit: str | None = None) -> None:
        self._name = name
        self._description = description
        self._unit = unit

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def description(self) -> str:
        """What is measured."""
        return self._description

    @property
    def unit(self) -> str | None:
        """The unit of the values."""
        return self._unit


class MeasureInt(BaseMeasure):
    """A quantity of integers."""


class MeasureFloat(BaseMeasure):
    """A quantity of floating-point numbers."""
