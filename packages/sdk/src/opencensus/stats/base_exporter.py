"""What an exporter of stats has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.stats.view import View
    from opencensus.stats.view_data import ViewData


class StatsExporter:
    """The interface of an exporter of stats. A subclass MUST implement both methods.

    One that has a method `export(view_datas)` is given a snapshot after every record, unless
    a method `reads(measure_to_view_map)` says that it reads those views by itself.
    """

    def on_register_view(self, view: View) -> None:
        """Take note of a view."""
        raise NotImplementedError

    def emit(self, view_datas: Sequence[ViewData]) -> None:
        """Deliver what the views recorded."""
        raise NotImplementedError
