"""What has been recorded for a view, by the values of its tags."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from opencensus.common import utils

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opencensus.stats.view import View
    from opencensus.tags.tag_map import TagMap


class ViewData:
    """The aggregated values of a view. Threads may record into it; a copy is a snapshot."""

    def __init__(self, view: View, start_time: Any, end_time: Any) -> None:
        self._view = view
        self._start_time = start_time
        self._end_time = end_time
        self._tag_value_aggregation_data_map: dict[tuple[Any, ...], Any] = {}

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
        """Add one value under the tags of `context`."""
        # Hot path, once per view and recorded value.
        columns = self._view.columns
        if not columns:
            tag_values: tuple[Any, ...] = ()
        else:
            tags = {} if context is None else context.map
            tag_values = tuple(self.get_tag_values(tags, columns))
        data = self._tag_value_aggregation_data_map.get(tag_values)
        if data is None:
            data = self._tag_value_aggregation_data_map.setdefault(
                tag_values, self._view.new_aggregation_data()
            )
        data.add_sample(value, timestamp, attachments)
