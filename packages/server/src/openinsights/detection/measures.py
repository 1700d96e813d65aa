"""What is measured: from columns that add up to a value whose noise is the same at any level.

A measure turns sums (units, columns, …) into values and the variance that sampling alone gives
them, on a scale of its own: arcsine for shares, logarithm for durations, root for counts. There a
difference means the same at 0.1 % and at 30 %, at night and at noon. Telemetry that stands for
several items (`itemCount`) counts with its effective size, which is smaller than its sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from openinsights.detection.grid import Array

_LEAST: Final = 1e-9


class Measure(Protocol):
    """Turns sums into values on a scale of even noise."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that add up."""
        ...

    @property
    def days_differ(self) -> float:
        """By which part of a figure days differ by themselves."""
        ...

    @property
    def hours_differ(self) -> float:
        """By which part the hours of a day do; assumed of hours that were not seen before."""
        ...

    def change(self, value: Array, part: float) -> Array:
        """Return what a change by a part of the figure is on the scale, at these values."""
        ...

    def value(self, sums: Array) -> tuple[Array, Array]:
        """Return the values and their variances; both NaN where there is nothing to tell from."""
        ...

    def at(self, expected: Array, sums: Array) -> Array:
        """Return what sums of this size are expected to have for a value, when it is expected.

        Of few items the value is another one than of many: no hit at all looks like some.
        """
        ...

    def difference(self, expected: Array, sums: Array) -> Array:
        """Return how far sums are above what is expected, on the scale; NaN for nothing.

        Of counts it is the signed root of the deviance: a handful where a tenth of one was expected
        is much further off than their value says.
        """
        ...

    def natural(self, value: Array) -> Array:
        """Return values as people read them."""
        ...

    def effective(self, sums: Array) -> Array:
        """Return how many independent items the sums stand for."""
        ...

    def figure(self, sums: Array) -> Array:
        """Return what people would compute from the sums."""
        ...

    @property
    def least(self) -> float:
        """The least value there is on the scale."""
        ...

    @property
    def least_scale(self) -> float:
        """How much less than it is assumed to be sampling noise may be; 1 for counts."""
        ...


class Counting(Measure, Protocol):
    """A measure of items that are counted: so many of so many, or for so much exposure."""

    @property
    def windows_stray(self) -> float:
        """By which part windows stray beyond chance, as it is assumed before days have told."""
        ...

    def counts(self, sums: Array) -> tuple[Array, Array]:
        """Return how many independent items are hit, and the exposure in such items."""
        ...

    def spare(self, figure: Array) -> Array:
        """Return by which factor chance is smaller than that of counts without a bound."""
        ...

    def with_hits(self, sums: Array, hits: Array) -> Array:
        """Return sums in which fewer items are hit, of the same weights."""
        ...


def effective_size(count: Array, square: Array) -> Array:
    """Return the effective size of weighted items: the square of the sum over the sum of squares."""
    return np.asarray(np.where(square > 0, count * count / np.maximum(square, _LEAST), 0.0))


def _excess(seen: Array, usual: Array) -> Array:
    """Return the part of the deviance that counts of one kind have."""
    seen = np.maximum(seen, 0.0)
    ratio = np.maximum(seen, _LEAST) / np.maximum(usual, _LEAST)
    return np.asarray(np.where(seen > 0, seen * np.log(ratio), 0.0))


@dataclass(frozen=True)
class Share:
    """The share of items that are hit: columns count, square (of weights) and hits."""

    columns: tuple[str, ...] = ("count", "square", "hits")
    days_differ: float = 0.2
    hours_differ: float = 0.7
    windows_stray: float = 0.14
    least: float = 0.0
    least_scale: float = 1.0

    def change(self, value: Array, part: float) -> Array:
        """Return the change; see `Measure`."""
        return np.asarray(np.tan(np.minimum(value, 1.4)) * (part / 2))

    def value(self, sums: Array) -> tuple[Array, Array]:
        """Return arcsines of roots (Anscombe's form, which is right for few items too)."""
        count, square, hits = sums[:, 0], sums[:, 1], sums[:, 2]
        size = effective_size(count, square)
        share = np.clip(hits / np.maximum(count, _LEAST), 0.0, 1.0)
        value = np.arcsin(np.sqrt((share * size + 0.375) / (size + 0.75)))
        known = size > 0
        return np.where(known, value, np.nan), np.where(known, 0.25 / (size + 0.5), np.nan)

    def at(self, expected: Array, sums: Array) -> Array:
        """Return the expected value; see `Measure`."""
        size = self.effective(sums)
        return np.asarray(
            np.arcsin(np.sqrt((self.natural(expected) * size + 0.375) / (size + 0.75)))
        )

    def difference(self, expected: Array, sums: Array) -> Array:
        """Return the signed root of the binomial deviance; see `Measure`."""
        size = self.effective(sums)
        hits = np.clip(sums[:, 2] / np.maximum(sums[:, 0], _LEAST), 0.0, 1.0) * size
        usual = self.natural(expected) * size
        deviance = _excess(hits, usual) + _excess(size - hits, size - usual)
        root = np.sign(hits - usual) * np.sqrt(np.maximum(deviance, 0.0) / (2 * size + 1))
        return np.asarray(np.where(size > 0, root, np.nan))

    def counts(self, sums: Array) -> tuple[Array, Array]:
        """Return hits and items; see `Counting`."""
        size = self.effective(sums)
        return np.clip(self.figure(sums), 0.0, 1.0) * size, size

    def spare(self, figure: Array) -> Array:
        """Return the share that is not hit; see `Counting`."""
        return np.asarray(np.clip(1.0 - figure, 0.05, 1.0))

    def with_hits(self, sums: Array, hits: Array) -> Array:
        """Return sums with other hits; see `Counting`."""
        return np.stack([sums[:, 0], sums[:, 1], hits], axis=1)

    def natural(self, value: Array) -> Array:
        """Return shares."""
        return np.asarray(np.sin(np.clip(value, 0.0, np.pi / 2)) ** 2)

    def effective(self, sums: Array) -> Array:
        """Return the effective number of items."""
        return effective_size(sums[:, 0], sums[:, 1])

    def figure(self, sums: Array) -> Array:
        """Return the shares."""
        return np.asarray(sums[:, 2] / np.maximum(sums[:, 0], _LEAST))


@dataclass(frozen=True)
class Duration:
    """A duration in ms: columns count, square (of weights) and the weighted total of one figure.

    Attributes:
        spread: of one item's logarithm, as it is assumed before anything is known.
    """

    columns: tuple[str, ...] = ("count", "square", "total")
    days_differ: float = 0.06
    hours_differ: float = 0.25
    least: float = -50.0
    least_scale: float = 0.5
    spread: float = 1.0

    def change(self, value: Array, part: float) -> Array:
        """Return the change; see `Measure`."""
        return np.full_like(value, part)

    def value(self, sums: Array) -> tuple[Array, Array]:
        """Return logarithms of weighted means."""
        count, square, total = sums[:, 0], sums[:, 1], sums[:, 2]
        size = effective_size(count, square)
        known = (size > 0) & (total > 0)
        value = np.log(np.maximum(total, _LEAST) / np.maximum(count, _LEAST))
        variance = self.spread**2 / np.maximum(size, _LEAST)
        return np.where(known, value, np.nan), np.where(known, variance, np.nan)

    def at(self, expected: Array, sums: Array) -> Array:
        """Return the expected value, whatever the size."""
        return expected

    def difference(self, expected: Array, sums: Array) -> Array:
        """Return the difference of logarithms."""
        return self.value(sums)[0] - expected

    def natural(self, value: Array) -> Array:
        """Return milliseconds."""
        return np.asarray(np.exp(np.clip(value, -50.0, 50.0)))

    def effective(self, sums: Array) -> Array:
        """Return the effective number of items."""
        return effective_size(sums[:, 0], sums[:, 1])

    def figure(self, sums: Array) -> Array:
        """Return the weighted means."""
        return np.asarray(sums[:, 2] / np.maximum(sums[:, 0], _LEAST))


@dataclass(frozen=True)
class Rate:
    """Items for each unit of exposure: columns exposure, square (of weights) and hits.

    The exposure is the traffic that the items come with, so that a burst of it is no finding.
    """

    columns: tuple[str, ...] = ("exposure", "square", "hits")
    days_differ: float = 0.25
    hours_differ: float = 0.7
    windows_stray: float = 0.2
    least: float = 0.0
    least_scale: float = 1.0

    def change(self, value: Array, part: float) -> Array:
        """Return the change; see `Measure`."""
        return np.asarray(value * (part / 2))

    def value(self, sums: Array) -> tuple[Array, Array]:
        """Return roots of rates."""
        weight, size = self._sizes(sums)
        known = sums[:, 0] > 0
        value = np.sqrt((sums[:, 2] / weight + 0.375) / size)
        return np.where(known, value, np.nan), np.where(known, 0.25 / size, np.nan)

    def at(self, expected: Array, sums: Array) -> Array:
        """Return the expected value; see `Measure`."""
        _, size = self._sizes(sums)
        return np.asarray(np.sqrt((self.natural(expected) * size + 0.375) / size))

    def difference(self, expected: Array, sums: Array) -> Array:
        """Return the signed root of the deviance of counts; see `Measure`."""
        weight, size = self._sizes(sums)
        hits, usual = sums[:, 2] / weight, self.natural(expected) * size
        deviance = _excess(hits, usual) + usual - hits
        root = np.sign(hits - usual) * np.sqrt(np.maximum(deviance, 0.0) / (2 * size))
        return np.asarray(np.where(sums[:, 0] > 0, root, np.nan))

    def counts(self, sums: Array) -> tuple[Array, Array]:
        """Return hits and exposure; see `Counting`."""
        weight, size = self._sizes(sums)
        return sums[:, 2] / weight, np.where(sums[:, 0] > 0, size, 0.0)

    def spare(self, figure: Array) -> Array:
        """Return 1: there is no bound; see `Counting`."""
        return np.ones_like(figure)

    def with_hits(self, sums: Array, hits: Array) -> Array:
        """Return sums with other hits, whose squares go with them; see `Counting`."""
        part = hits / np.maximum(sums[:, 2], _LEAST)
        return np.stack([sums[:, 0], sums[:, 1] * part, hits], axis=1)

    @staticmethod
    def _sizes(sums: Array) -> tuple[Array, Array]:
        """Return how much an item stands for, and the exposure in such items."""
        exposure, square, hits = sums[:, 0], sums[:, 1], sums[:, 2]
        weight = np.where(hits > 0, np.maximum(square / np.maximum(hits, _LEAST), 1.0), 1.0)
        return weight, np.maximum(exposure / weight, _LEAST)

    def natural(self, value: Array) -> Array:
        """Return items for each unit of exposure."""
        return np.asarray(np.maximum(value, 0.0) ** 2)

    def effective(self, sums: Array) -> Array:
        """Return the exposure."""
        return np.asarray(sums[:, 0])

    def figure(self, sums: Array) -> Array:
        """Return the rates."""
        return np.asarray(sums[:, 2] / np.maximum(sums[:, 0], _LEAST))
