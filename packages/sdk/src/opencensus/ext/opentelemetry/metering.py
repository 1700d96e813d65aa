"""The provider of meters for OpenTelemetry's API: what it measures, metrics exporters read."""

from __future__ import annotations

import logging
import threading
import weakref
from datetime import datetime, timezone
from inspect import isgenerator
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeVar

from opentelemetry import metrics as api

from opencensus.common import _forks
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.metrics_exporter.envelopes import OVERFLOW
from opencensus.metrics.export.metric import Metric
from opencensus.metrics.export.metric_descriptor import MetricDescriptor, MetricDescriptorType
from opencensus.metrics.export.metric_producer import MetricProducer
from opencensus.metrics.export.point import Point
from opencensus.metrics.export.time_series import TimeSeries
from opencensus.metrics.export.value import ValueDouble
from opencensus.metrics.label_key import LabelKey
from opencensus.metrics.label_value import LabelValue
from opencensus.stats.aggregation_data import DistributionAggregationData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from opentelemetry.context import Context
    from opentelemetry.util.types import Attributes

log = logging.getLogger(__name__)

MOST_SERIES: Final = 2000
"""How many combinations of attributes an instrument keeps apart: as many as OpenTelemetry's SDK."""
CALLBACK_MS: Final = 10_000
"""How long a callback may take, as it is told; nothing ends one that takes longer."""
BOUNDS: Final = (5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000)
"""The boundaries of OpenTelemetry's histograms that say none, without 0: ours are positive."""

M = TypeVar("M")
Key = tuple[tuple[str, str], ...]
"""Attributes of a measurement, sorted by name."""


class _Text(str):
    """The value of a label, which equals that of another instrument or label by no accident.

    Who sends increments knows a series by its labels' values alone.
    """

    __slots__ = ("of",)

    of: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text) and str(self) == str(other) and self.of == other.of

    def __hash__(self) -> int:
        return hash((str(self), self.of))


class _Instrument:
    """What all instruments share: a value for each combination of attributes.

    Args:
        scope: The meter's name.
        name: The metric's name.
        unit: The unit of its values.
        description: What is measured.
    """

    kind = MetricDescriptorType.GAUGE_DOUBLE
    only_rises = False

    def __init__(self, scope: str, name: str, unit: str = "", description: str = "") -> None:
        self.scope, self.name = scope, name
        self.unit, self.description = unit or "", description or ""
        self._has_warned = False
        self._begin()
        _instruments.add(self)

    def _begin(self) -> None:
        """Start with nothing measured: also in a forked child, where the parent reports the rest."""
        self._lock = threading.Lock()
        self._series: dict[Key, Any] = {}
        self._began = datetime.now(timezone.utc).replace(tzinfo=None)

    def metrics(self, now: datetime) -> Iterable[Metric]:
        """Return the present values: a metric for each set of attributes' names."""
        with self._lock:
            found = [(key, self._point(value, now)) for key, value in self._series.items()]
        return self._metrics(found)

    def _point(self, value: Any, now: datetime) -> Point:
        return Point(ValueDouble(value), now)

    def _metrics(self, found: Iterable[tuple[Key, Point]]) -> Iterable[Metric]:
        by_names: dict[tuple[str, ...], list[TimeSeries]] = {}
        for key, point in found:
            names = tuple(name for name, _ in key)
            labels = [self._label(names, text) for _, text in key]
            series = TimeSeries(labels, [point], self._began)
            by_names.setdefault(names, []).append(series)
        for names, series_of in by_names.items():
            keys = [LabelKey(name, "") for name in names]
            descriptor = MetricDescriptor(self.name, self.description, self.unit, self.kind, keys)
            yield Metric(descriptor, series_of)

    def _label(self, names: tuple[str, ...], text: str) -> LabelValue:
        value = _Text(text)
        value.of = (self.scope, names)
        return LabelValue(value)

    def _change(self, amount: Any, attributes: Attributes) -> None:
        """Measure; never raises. What is no number, or not allowed, is reported once and left out."""
        try:
            if not isfinite(amount) or (self.only_rises and amount < 0):
                raise ValueError(f"{amount!r} cannot be measured")
            key = _key(attributes)
            with self._lock:
                if key not in self._series and len(self._series) >= MOST_SERIES:
                    key = ((OVERFLOW, "true"),)
                self._series[key] = self._changed(self._series.get(key), amount)
        except Exception:
            # What instrumentations hand over may be anything.
            level = logging.DEBUG if self._has_warned else logging.WARNING
            self._has_warned = True
            log.log(level, "measurement is left out instrument=%s", self.name, exc_info=True)

    def _changed(self, value: Any, amount: float) -> Any:
        return amount if value is None else value + amount


class Counter(_Instrument, api.Counter):
    """Counts what only rises."""

    kind = MetricDescriptorType.CUMULATIVE_DOUBLE
    only_rises = True

    def add(
        self, amount: float, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        """Count so much more; a negative number is left out."""
        self._change(amount, attributes)


class UpDownCounter(_Instrument, api.UpDownCounter):
    """Counts what rises and falls."""

    def add(
        self, amount: float, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        """Count so much more, or less."""
        self._change(amount, attributes)


class Gauge(_Instrument, api._Gauge):
    """Keeps the last value."""

    def set(
        self, amount: float, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        """Set the value."""
        self._change(amount, attributes)

    def _changed(self, value: Any, amount: float) -> Any:
        return amount


class Histogram(_Instrument, api.Histogram):
    """Keeps count, sum, extremes, spread and buckets of values.

    Args:
        scope: The meter's name.
        name: The metric's name.
        unit: The unit of its values.
        description: What is measured.
        explicit_bucket_boundaries_advisory: The boundaries; those that are not positive are left out.
    """

    kind = MetricDescriptorType.CUMULATIVE_DISTRIBUTION

    def __init__(
        self,
        scope: str,
        name: str,
        unit: str = "",
        description: str = "",
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> None:
        given = explicit_bucket_boundaries_advisory
        bounds = BOUNDS if given is None else given
        self._bounds = sorted({bound for bound in bounds if 0 < bound < float("inf")})
        super().__init__(scope, name, unit, description)

    def record(
        self, amount: float, attributes: Attributes = None, context: Context | None = None
    ) -> None:
        """Record a value."""
        self._change(amount, attributes)

    def _changed(self, value: Any, amount: float) -> Any:
        if value is None:
            value = DistributionAggregationData(0, 0, 0, None, self._bounds)
        value.add_sample(amount, None, None)
        return value

    def _point(self, value: Any, now: datetime) -> Point:
        point: Point = value.to_point(now)
        return point


class _Observed(_Instrument):
    """An instrument whose values functions of the host tell when they are read.

    Args:
        scope: The meter's name.
        name: The metric's name.
        callbacks: Functions or generators that tell observations.
        unit: The unit of its values.
        description: What is measured.
    """

    def __init__(
        self,
        scope: str,
        name: str,
        callbacks: Sequence[Any] | None = None,
        unit: str = "",
        description: str = "",
    ) -> None:
        super().__init__(scope, name, unit, description)
        self._callbacks = [_callback(one) for one in callbacks or ()]

    def metrics(self, now: datetime) -> Iterable[Metric]:
        """Ask all callbacks; of one that fails, what the others tell is returned."""
        found: dict[Key, Point] = {}
        for callback in self._callbacks:
            try:
                for one in callback(api.CallbackOptions(timeout_millis=CALLBACK_MS)):
                    if isfinite(one.value) and len(found) < MOST_SERIES:
                        found[_key(one.attributes)] = Point(ValueDouble(one.value), now)
            except Exception:
                level = logging.DEBUG if self._has_warned else logging.WARNING
                self._has_warned = True
                log.log(level, "callback failed instrument=%s", self.name, exc_info=True)
        return self._metrics(found.items())


class ObservableCounter(_Observed, api.ObservableCounter):
    """Tells what only rises."""

    kind = MetricDescriptorType.CUMULATIVE_DOUBLE


class ObservableUpDownCounter(_Observed, api.ObservableUpDownCounter):
    """Tells what rises and falls."""


class ObservableGauge(_Observed, api.ObservableGauge):
    """Tells a value."""


class MeterProvider(api.MeterProvider, MetricProducer):
    """Gives instrumentations meters, and metrics exporters what those measured.

    Args:
        make_exporter: Returns a metrics exporter, or None; asked when the first instrument is made.
            Without it, a program hands the provider itself to whatever reads producers.
    """

    def __init__(self, make_exporter: Callable[[], Any] | None = None) -> None:
        # No locks here: they might be held in a process that is forked.
        self._meters: dict[str, Meter] = {}
        self._makers = [] if make_exporter is None else [make_exporter]
        self.exporter: Any = None
        """What was made to read this."""

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> api.Meter:
        """Return the meter of this name."""
        meter = self._meters.get(name)
        if meter is None:
            meter = self._meters.setdefault(name, Meter(self, name, version, schema_url))
        return meter

    def get_metrics(self) -> Iterable[Metric]:
        """Return the present value of all instruments."""
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        return [one for meter in list(self._meters.values()) for one in meter.metrics(now)]

    def export(self) -> None:
        """Let an exporter read this from now on, unless one does; never raises."""
        try:
            self.exporter = self._makers.pop()()
        except IndexError:
            return
        except Exception:
            # Options come from the application and its environment.
            log.warning("metrics of OpenTelemetry cannot be exported", exc_info=True)
            return
        if self.exporter is not None:
            self.exporter.exporter_thread = self.exporter.read([self])


class Meter(api.Meter):
    """Makes instruments; the same name and kind is the same instrument.

    Args:
        provider: What exporters read.
        name: Who measures.
        version: Its version.
        schema_url: The conventions that it follows.
    """

    def __init__(
        self,
        provider: MeterProvider,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
    ) -> None:
        super().__init__(name, version, schema_url)
        self._provider = provider
        self._instruments: dict[tuple[str, Any], Any] = {}

    def metrics(self, now: datetime) -> list[Metric]:
        """Return the present values of its instruments."""
        return [one for made in list(self._instruments.values()) for one in made.metrics(now)]

    def create_counter(self, name: str, unit: str = "", description: str = "") -> api.Counter:
        """Return a counter of what only rises."""
        return self._made(Counter, name, unit=unit, description=description)

    def create_up_down_counter(
        self, name: str, unit: str = "", description: str = ""
    ) -> api.UpDownCounter:
        """Return a counter of what rises and falls."""
        return self._made(UpDownCounter, name, unit=unit, description=description)

    def create_gauge(self, name: str, unit: str = "", description: str = "") -> api._Gauge:
        """Return a gauge that is set."""
        return self._made(Gauge, name, unit=unit, description=description)

    def create_histogram(
        self,
        name: str,
        unit: str = "",
        description: str = "",
        *,
        explicit_bucket_boundaries_advisory: Sequence[float] | None = None,
    ) -> api.Histogram:
        """Return a histogram."""
        return self._made(
            Histogram,
            name,
            unit=unit,
            description=description,
            explicit_bucket_boundaries_advisory=explicit_bucket_boundaries_advisory,
        )

    def create_observable_counter(
        self,
        name: str,
        callbacks: Sequence[Any] | None = None,
        unit: str = "",
        description: str = "",
    ) -> api.ObservableCounter:
        """Return a counter whose values functions tell."""
        return self._made(
            ObservableCounter, name, callbacks=callbacks, unit=unit, description=description
        )

    def create_observable_up_down_counter(
        self,
        name: str,
        callbacks: Sequence[Any] | None = None,
        unit: str = "",
        description: str = "",
    ) -> api.ObservableUpDownCounter:
        """Return a counter of what rises and falls, whose values functions tell."""
        return self._made(
            ObservableUpDownCounter, name, callbacks=callbacks, unit=unit, description=description
        )

    def create_observable_gauge(
        self,
        name: str,
        callbacks: Sequence[Any] | None = None,
        unit: str = "",
        description: str = "",
    ) -> api.ObservableGauge:
        """Return a gauge whose values functions tell."""
        return self._made(
            ObservableGauge, name, callbacks=callbacks, unit=unit, description=description
        )

    def _made(self, kind: Callable[..., M], name: str, **settings: Any) -> M:
        key = (name.lower(), kind)
        instrument: M | None = self._instruments.get(key)
        if instrument is None:
            instrument = self._instruments.setdefault(key, kind(self.name, name, **settings))
        self._provider.export()
        return instrument


def _key(attributes: Mapping[str, Any] | None) -> Key:
    if not attributes:
        return ()
    return tuple(sorted((str(name), as_text(value)) for name, value in attributes.items()))


def _callback(given: Any) -> Callable[[Any], Iterable[Any]]:
    if not isgenerator(given):
        function: Callable[[Any], Iterable[Any]] = given
        return function
    # It waits for its first options before it tells anything.
    next(given)

    def told(options: Any) -> Iterable[Any]:
        try:
            observations: Any = given.send(options)
        except StopIteration:
            return ()
        return observations  # type: ignore[no-any-return]

    return told


_instruments: weakref.WeakSet[_Instrument] = weakref.WeakSet()


def _begin_in_child() -> None:
    for one in list(_instruments):
        one._begin()


_forks.call_in_child(_begin_in_child)
