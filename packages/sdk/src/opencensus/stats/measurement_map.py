"""The values that a program measured and is about to record."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opencensus.common import utils as utils
from opencensus.tags import TagContext

if TYPE_CHECKING:
    from opencensus.stats.measure import BaseMeasure, MeasureFloat, MeasureInt
    from opencensus.stats.measure_to_view_map import MeasureToViewMap
    from opencensus.tags.tag_map import TagMap

logger = logging.getLogger(__name__)


class MeasurementMap:
    """One value for each measure; `record` may be called again and again.

    Values have to be non-negative: a map that was given a negative one records nothing any more.
    """

    def __init__(
        self, measure_to_view_map: MeasureToViewMap, attachments: dict[str, str] | None = None
    ) -> None:
        self._measurement_map: dict[BaseMeasure, float] = {}
        self._measure_to_view_map = measure_to_view_map
        self._attachments = attachments
        self._invalid = False

    @property
    def measurement_map(self) -> dict[BaseMeasure, float]:
        """The values by their measure."""
        return self._measurement_map

    @property
    def measure_to_view_map(self) -> MeasureToViewMap:
        """Where the values are recorded."""
        return self._measure_to_view_map

    @property
    def attachments(self) -> dict[str, str] | None:
        """What is kept beside a value that becomes an exemplar."""
        return self._attachments

    def measure_int_put(self, measure: MeasureInt, value: int) -> None:
        """Set the value of a measure of integers."""
        if value < 0:
            logger.warning("Cannot record negative values")
        self._measurement_map[measure] = value

    def measure_float_put(self, measure: MeasureFloat, value: float) -> None:
        """Set the value of a measure of floating-point numbers."""
        if value < 0:
            logger.warning("Cannot record negative values")
        self._measurement_map[measure] = value

    def measure_put_attachment(self, key: str, value: str) -> None:
        """Set one attachment.

        Raises:
            TypeError: The key or the value is no text.
        """
        if not isinstance(key, str):
            raise TypeError("attachment key should not be empty and should be a string")
        if not isinstance(value, str):
            raise TypeError("attachment value should not be empty and should be a string")
        if self._attachments is None:
            self._attachments = {}
        self._attachments[key] = value

    def record(self, tags: TagMap | None = None) -> None:
        """Record the values under `tags`, by default under the tags of the current context."""
        # Hot path, once per record. The time is left to those who need it: formatting it costs more
        # than all the rest.
        if tags is None:
            tags = TagContext.get()
        if self._invalid:
            logger.warning(
                "Measurement map has included negative value measurements, refusing to record"
            )
            return
        # A copy, because another thread may put a value at the same time.
        measurements = self._measurement_map.copy()
        for value in measurements.values():
            if not value >= 0:
                self._refuse(measurements)
                return
        self._measure_to_view_map.record(
            tags=tags,
            measurement_map=measurements,
            timestamp=None,
            attachments=self._attachments,
        )

    def _refuse(self, measurements: dict[BaseMeasure, float]) -> None:
        self._invalid = True
        logger.warning("Dropping values, value to record must be non-negative")
        for measure, value in measurements.items():
            if not value >= 0:
                logger.info(
                    "Measure '%s' has negative value (%s), refusing to record measurements from %s",
                    measure.name,
                    value,
                    self,
                )
