"""One value of a measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencensus.stats.measure import BaseMeasure


class Measurement:
    """A value and what it measures."""

    def __init__(self, measure: BaseMeasure, value: float) -> None:
        self._measure = measure
        self._value = value

    @property
    def value(self) -> float:
        """The value."""
        return self._value

    @property
    def measure(self) -> BaseMeasure:
        """What it measures."""
        return self._measure


class MeasurementInt(Measurement):
    """An integer value."""


class MeasurementFloat(Measurement):
    """A floating-point value."""
