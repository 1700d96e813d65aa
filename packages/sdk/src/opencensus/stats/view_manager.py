"""Where programs register views and exporters."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from opencensus.common import utils
from opencensus.stats import execution_context
from opencensus.stats.measure_to_view_map import MeasureToViewMap

if TYPE_CHECKING:
    from opencensus.stats.view import View
    from opencensus.stats.view_data import ViewData


class ViewManager:
    """Registers views and exporters in the context it was made in."""

    def __init__(self) -> None:
        self.time = utils.to_iso_str()
        if not execution_context.get_measure_to_view_map():
            execution_context.set_measure_to_view_map(MeasureToViewMap())
        self._measure_view_map: MeasureToViewMap = execution_context.get_measure_to_view_map()

    @property
    def measure_to_view_map(self) -> MeasureToViewMap:
        """Where the views are kept."""
        return self._measure_view_map

    def register_view(self, view: View) -> None:
        """Record for this view from now on."""
        self._measure_view_map.register_view(view=view, timestamp=self.time)

    def get_view(self, view_name: str) -> ViewData | None:
        """Return a snapshot of what a view recorded, or None when there is no such view."""
        return self._measure_view_map.get_view(
            view_name=view_name, timestamp=datetime.datetime.now(datetime.timezone.utc)
        )

    def get_all_exported_views(self) -> set[View]:
        """Return all registered views."""
        views = self._measure_view_map.exported_views
        if views is None:
            registered = list(self._measure_view_map._registered_views.values())
            views = self._measure_view_map.filter_exported_views(registered)
        return views

    def register_exporter(self, exporter: Any) -> None:
        """Add an exporter; an exporter that reads metrics by itself need not be added."""
        self._measure_view_map.exporters.append(exporter)

    def unregister_exporter(self, exporter: Any) -> None:
        """Remove an exporter.

        Raises:
            ValueError: It was never added.
        """
        self._measure_view_map.exporters.remove(exporter)
