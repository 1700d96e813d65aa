"""Which views report a measure, and what they recorded."""

from __future__ import annotations

import copy
import logging
import threading
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from opencensus.common import _forks
from opencensus.stats import metric_utils
from opencensus.stats import view_data as view_data_module

if TYPE_CHECKING:
    import datetime
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from opencensus.metrics.export.metric import Metric
    from opencensus.stats.measure import BaseMeasure
    from opencensus.stats.view import View
    from opencensus.tags.tag_map import TagMap

logger = logging.getLogger(__name__)


class MeasureToViewMap:
    """Finds the views of a measure. Threads may register, record and read at the same time."""

    def __init__(self) -> None:
        self._measure_to_view_data_list_map: defaultdict[str, list[view_data_module.ViewData]] = (
            defaultdict(list)
        )
        self._registered_views: dict[str, View] = {}
        self._registered_measures: dict[str, BaseMeasure] = {}
        self._exported_views: set[View] | None = set()
        self._exporters: list[Any] = []
        self._routes: dict[BaseMeasure, Sequence[view_data_module.ViewData]] = {}
        self._lock = threading.Lock()
        _maps.add(self)

    @property
    def exported_views(self) -> set[View] | None:
        """The views, or None since one was registered: they have to be filtered again."""
        return self._exported_views

    @property
    def exporters(self) -> list[Any]:
        """The registered exporters."""
        return self._exporters

    def filter_exported_views(self, all_views: Iterable[View]) -> set[View]:
        """Return the views as a set."""
        return set(all_views)

    def get_view(
        self, view_name: str, timestamp: datetime.datetime
    ) -> view_data_module.ViewData | None:
        """Return a snapshot of what a view recorded, or None when there is no such view."""
        view = self._registered_views.get(view_name)
        if view is None:
            return None
        for view_data in list(self._measure_to_view_data_list_map.get(view.measure.name, ())):
            if view_data.view.name == view_name:
                return self.copy_and_finalize_view_data(view_data)
        return None

    def register_view(self, view: View, timestamp: Any) -> None:
        """Record for this view from now on.

        A view whose name is taken by a different one is refused with a warning. A measure of the
        same name, kind and unit as a registered one is the same measure; what is recorded with
        another one of that name is not counted, which a warning says here.
        """
        with self._lock:
            registered_view = self._registered_views.get(view.name)
            if registered_view is not None:
                if registered_view is not view:
                    logger.warning("A different view with the same name is already registered")
                return
            registered_measure = self._registered_measures.setdefault(
                view.measure.name, view.measure
            )
            if not _is_same(registered_measure, view.measure):
                logger.warning("A different measure with the same name is already registered")
            self._registered_views[view.name] = view
            self._exported_views = None
            self._measure_to_view_data_list_map[view.measure.name].append(
                view_data_module.ViewData(view=view, start_time=timestamp, end_time=timestamp)
            )

    def record(
        self,
        tags: TagMap | None,
        measurement_map: Mapping[BaseMeasure, float],
        timestamp: Any,
        attachments: Mapping[str, str] | None = None,
    ) -> None:
        """Add each value to the views of its measure; a measure without a view is passed over.

        Args:
            tags: The tags to record under; None for none.
            measurement_map: The values by their measure.
            timestamp: When they were measured; None for now.
            attachments: What is kept beside a value where it becomes an exemplar.

        Raises:
            AssertionError: A value is negative; nothing was recorded.
        """
        # Hot path, once per record.
        if len(measurement_map) > 1:
            for value in measurement_map.values():
                assert value >= 0  # noqa: S101 (a measurement map refuses it before)
        for measure, value in measurement_map.items():
            assert value >= 0  # noqa: S101
            view_datas = self._routes.get(measure)
            if view_datas is None:
                view_datas = self._find_view_datas(measure)
            for view_data in view_datas:
                view_data.record(tags, value, timestamp, attachments)
            if self._exporters:
                self.export(view_datas)

    def _find_view_datas(self, measure: BaseMeasure) -> Sequence[view_data_module.ViewData]:
        """Return what the values of a measure are added to."""
        registered = self._registered_measures.get(measure.name)
        if not _is_same(registered, measure):
            return ()
        view_datas = self._measure_to_view_data_list_map.get(measure.name, ())
        if view_datas and registered is measure:
            # Only for the very object: programs that make a new one each time would fill the map.
            self._routes[measure] = view_datas
        return view_datas

    def export(self, view_datas: Sequence[view_data_module.ViewData]) -> None:
        """Give a snapshot to each exporter that has a method `export`."""
        exporters = [
            exporter
            for exporter in self._exporters
            if hasattr(exporter, "export") and not self._is_read_by(exporter)
        ]
        if not exporters:
            return
        snapshots = [self.copy_and_finalize_view_data(view_data) for view_data in view_datas]
        for exporter in exporters:
            exporter.export(snapshots)

    def _is_read_by(self, exporter: Any) -> bool:
        # Snapshots of many series cost too much to be made at each record for nobody.
        return hasattr(exporter, "reads") and exporter.reads(self) is True

    def get_metrics(self, timestamp: datetime.datetime) -> Generator[Metric, None, None]:
        """Yield the metric of each view that recorded something, as of `timestamp`."""
        with self._lock:
            view_datas = [
                view_data
                for of_measure in self._measure_to_view_data_list_map.values()
                for view_data in of_measure
            ]
        for view_data in view_datas:
            metric = metric_utils.view_data_to_metric(view_data, timestamp)
            if metric is not None:
                yield metric

    def copy_and_finalize_view_data(
        self, view_data: view_data_module.ViewData
    ) -> view_data_module.ViewData:
        """Return a snapshot that ends now."""
        snapshot = copy.copy(view_data)
        snapshot.end()
        return snapshot

    def after_fork_in_child(self) -> None:
        """Begin again: what was counted before the fork is the parent's to report."""
        self._lock = threading.Lock()
        for view_datas in list(self._measure_to_view_data_list_map.values()):
            for view_data in view_datas:
                view_data.restart()


_maps: weakref.WeakSet[MeasureToViewMap] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for one in list(_maps):
        one.after_fork_in_child()


_forks.call_in_child(_after_fork_in_child)


def _is_same(one: BaseMeasure | None, other: BaseMeasure) -> bool:
    if one is None or one is other:
        return one is other
    return type(one) is type(other) and (one.name, one.unit) == (other.name, other.unit)
