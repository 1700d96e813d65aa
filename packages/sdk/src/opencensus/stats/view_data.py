"""What has been recorded for a view, by the values of its tags."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any, ClassVar

from opencensus.common import utils
from opencensus.metrics.label_value import OVERFLOW
from opencensus.stats.aggregation_data import LastValueAggregationData, is_one_of_ours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opencensus.stats.view import View
    from opencensus.tags.tag_map import TagMap

logger = logging.getLogger(__name__)


class ViewData:
    """The aggregated values of a view. Threads may record into it; a copy is a snapshot."""

    max_series: ClassVar[int] = 2000
    """How many combinations of tag values a view keeps apart at most.

    Values of further combinations are not lost: they are aggregated in one series, whose tags all
    have the value ``DIMENSION-CAPPED``. A program may set another bound.
    """

    def __init__(self, view: View, start_time: Any, end_time: Any) -> None:
        self._view = view
        self._start_time = start_time
        self._end_time = end_time
        self._tag_value_aggregation_data_map: dict[tuple[Any, ...], Any] = {}
        self._columns: tuple[str, ...] | None = None
        self._wants_times = False
        self._is_full = False

    def __copy__(self) -> ViewData:
        snapshot = type(self)(self._view, self._start_time, self._end_time)
        # dict() takes the entries at once, while others may be recording.
        entries = dict(self._tag_value_aggregation_data_map)
        snapshot._tag_value_aggregation_data_map = copy.deepcopy(entries)
        return snapshot

    @property
    def view(self) -> View:
        """The view."""
        return self._view

    @property
    def start_time(self) -> Any:
        """Since when values are recorded."""
        return self._start_time

    @property
    def end_time(self) -> Any:
        """Until when values were recorded."""
        return self._end_time

    @property
    def tag_value_aggregation_data_map(self) -> dict[tuple[Any, ...], Any]:
        """The aggregation data by tag values, which stand in the order of the view's columns."""
        return self._tag_value_aggregation_data_map

    def start(self) -> None:
        """Set the start time to now."""
        self._start_time = utils.to_iso_str()

    def end(self) -> None:
        """Set the end time to now."""
        self._end_time = utils.to_iso_str()

    def restart(self) -> None:
        """Forget what was counted until now; last values stay.

        For a forked child: what its parent counted is the parent's to report.
        """
        # New data all over: another thread may have held the locks of the old.
        self._tag_value_aggregation_data_map = {
            tag_values: LastValueAggregationData(data.value_type, data.value)
            for tag_values, data in self._tag_value_aggregation_data_map.items()
            if isinstance(data, LastValueAggregationData)
        }
        self.start()

    def get_tag_values(self, tags: Mapping[Any, Any], columns: Sequence[str]) -> list[Any]:
        """Return the tag of each column, None where there is none."""
        return [tags.get(column) for column in columns]

    def record(
        self,
        context: TagMap | None,
        value: float,
        timestamp: Any,
        attachments: Mapping[str, str] | None = None,
    ) -> None:
        """Add one value under the tags of `context`.

        Args:
            context: The tags; None for none.
            value: The value.
            timestamp: When it was measured; None for now.
            attachments: What is kept beside the value where it becomes an exemplar.
        """
        # Hot path, once per view and recorded value: one and two columns are the usual case.
        columns = self._columns
        if columns is None:
            columns = self._columns = tuple(self._view.columns)
        if context is None:
            tag_values: tuple[Any, ...] = (None,) * len(columns)
        else:
            get = context.map.get
            if len(columns) == 1:
                tag_values = (get(columns[0]),)
            elif len(columns) == 2:
                tag_values = (get(columns[0]), get(columns[1]))
            else:
                tag_values = tuple(map(get, columns))
        data = self._tag_value_aggregation_data_map.get(tag_values)
        if data is None:
            data = self._open_series(tag_values)
        if timestamp is None and (attachments is not None or self._wants_times):
            timestamp = utils.to_iso_str()
        data.add_sample(value, timestamp, attachments)

    def _open_series(self, tag_values: tuple[Any, ...]) -> Any:
        series = self._tag_value_aggregation_data_map
        if tag_values and len(series) >= self.max_series:
            tag_values = (OVERFLOW,) * len(tag_values)
            self._note_full()
        data = series.get(tag_values)
        if data is None:
            # Threads may meet here: the first one's data stays.
            data = series.setdefault(tag_values, self._view.new_aggregation_data())
            self._wants_times = self._wants_times or not is_one_of_ours(data)
        return data

    def _note_full(self) -> None:
        if self._is_full:
            return
        self._is_full = True
        logger.warning(
            "too many combinations of tag values: further ones are recorded together "
            "view=%s limit=%d tags=%s",
            self._view.name,
            self.max_series,
            OVERFLOW,
        )
