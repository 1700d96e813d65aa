"""The value of a dimension of a metric."""

from __future__ import annotations

OVERFLOW = "DIMENSION-CAPPED"
"""The value of all labels of a series that takes what was recorded beyond the limit of series.

Application Insights' own libraries mark it in the same way.
"""


class LabelValue:
    """A label's value; None where the time series has none. Equal values are equal labels."""

    def __init__(self, value: str | None = None) -> None:
        self._value = value

    @property
    def value(self) -> str | None:
        """The value."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LabelValue) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self._value)
