"""What the server counts and times of itself, and what can be asked for at any moment.

Whoever measures gets an instrument from the composition root; `families` shows all of them, for
`/metrics` and for the telemetry that the server sends about itself.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Bounds of durations."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values fell where.

    Attributes:
        counts: of values up to each bound, and of those beyond the last one.
        total: sum of the values.
        squares: sum of their squares.
    """

    counts: tuple[int, ...]
    total: float
    squares: float

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Family:
    """An instrument's name, kind and values.

    Attributes:
        name: in the form of Prometheus, with its unit.
        kind: `counter`, `gauge` or `histogram`.
        doc: one sentence.
        label: name of its label, "" without one.
        values: by label value; one of "" without a label.
        distribution: of a histogram.
        bounds: of a histogram.
    """

    name: str
    kind: str
    doc: str
    label: str = ""
    values: dict[str, float] = field(default_factory=dict)
    distribution: Distribution | None = None
    bounds: tuple[float, ...] = ()


class Counter:
    """A number that only grows. Safe for use from several threads."""

    def __init__(self, name: str, doc: str, label: str = "") -> None:
        self._name = name
        self._doc = doc
        self._label = label
        self._lock = threading.Lock()
        self._values: dict[str, float] = {} if label else {"": 0.0}

    def add(self, amount: float = 1, label: str = "") -> None:
        """Add to it; the values of a label MUST be few and never what a sender chooses."""
        with self._lock:
            self._values[label] = self._values.get(label, 0.0) + amount

    def family(self) -> Family:
        """Return the present values."""
        with self._lock:
            return Family(self._name, "counter", self._doc, self._label, dict(self._values))


class Histogram:
    """Many values, of which is known how many fell where. Safe for use from several threads."""

    def __init__(self, name: str, doc: str, bounds: tuple[float, ...] = SECONDS) -> None:
        self._name = name
        self._doc = doc
        self._bounds = bounds
        self._lock = threading.Lock()
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0
        self._squares = 0.0

    def observe(self, value: float) -> None:
        """Add a value."""
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._total += value
            self._squares += value * value

    def family(self) -> Family:
        """Return the present values."""
        with self._lock:
            found = Distribution(tuple(self._counts), self._total, self._squares)
        return Family(self._name, "histogram", self._doc, distribution=found, bounds=self._bounds)


class Reading:
    """Something that is asked for its present value; None when it has none."""

    def __init__(
        self, name: str, doc: str, read: Callable[[], float | None], kind: str = "gauge"
    ) -> None:
        self._name = name
        self._doc = doc
        self._read = read
        self._kind = kind

    def family(self) -> Family:
        """Return the present value."""
        value = self._read()
        return Family(
            self._name, self._kind, self._doc, values={} if value is None else {"": float(value)}
        )


_Instrument = TypeVar("_Instrument", Counter, Histogram, Reading)


class Meters:
    """All instruments of a server."""

    def __init__(self) -> None:
        self._instruments: list[Counter | Histogram | Reading] = []

    def add(self, instrument: _Instrument) -> _Instrument:
        """Show an instrument with the others; return it."""
        self._instruments.append(instrument)
        return instrument

    def families(self) -> list[Family]:
        """Return the present values of all instruments, in the order in which they were added."""
        return [instrument.family() for instrument in self._instruments]
