"""Where programs get what they record with."""

from __future__ import annotations

from opencensus.stats import execution_context
from opencensus.stats.measure_to_view_map import MeasureToViewMap
from opencensus.stats.measurement_map import MeasurementMap


class StatsRecorder:
    """Makes measurement maps that record into the views of the context it was made in."""

    def __init__(self) -> None:
        if not execution_context.get_measure_to_view_map():
            execution_context.set_measure_to_view_map(MeasureToViewMap())
        self.measure_to_view_map: MeasureToViewMap = execution_context.get_measure_to_view_map()

    def new_measurement_map(self) -> MeasurementMap:
        """Return an empty measurement map."""
        return MeasurementMap(self.measure_to_view_map)
