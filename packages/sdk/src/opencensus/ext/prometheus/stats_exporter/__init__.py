"""Serves what the views of stats recorded, for Prometheus to fetch.

Nothing is done while values are recorded: each fetch reads the views of
:data:`opencensus.stats.stats.stats` as they stand then, those registered since the last one too.
What other view managers record is given to `export` by them. Needs ``prometheus_client``.
"""

from __future__ import annotations

import errno
import logging
import threading
from typing import TYPE_CHECKING, Any

from prometheus_client.core import REGISTRY, CollectorRegistry

from opencensus.common.transports import sync
from opencensus.ext.prometheus import http_server
from opencensus.ext.prometheus.families import family_of, labels_of, sample_names, sanitize
from opencensus.stats import aggregation_data as aggregation_data_module
from opencensus.stats import base_exporter
from opencensus.stats.stats import stats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.core import Metric

    from opencensus.stats.view import View
    from opencensus.stats.view_data import ViewData

__all__ = [
    "Collector",
    "Options",
    "PrometheusStatsExporter",
    "aggregation_data_module",
    "base_exporter",
    "get_view_name",
    "new_collector",
    "new_stats_exporter",
    "sanitize",
    "sync",
]

log = logging.getLogger(__name__)

_shown: dict[str, Collector] = {}
"""By its namespace, the collector that the registry of the process has from here."""

_shown_lock = threading.Lock()


class Options:
    """What an exporter is told.

    Args:
        namespace: Stands before the names of all views, with a ``_`` between.
        port: Where the metrics are served; 0 takes one that is free.
        address: The address of this machine that takes connections; "" stands for all of IPv4.
        registry: Has the views, besides the registry of the process; a new one by default.
    """

    def __init__(
        self,
        namespace: str = "",
        port: int = 8000,
        address: str = "",
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._namespace = namespace
        self._registry = CollectorRegistry() if registry is None else registry
        self._port = int(port)
        self._address = address

    @property
    def registry(self) -> CollectorRegistry:
        """The registry that has the views, besides that of the process."""
        return self._registry

    @property
    def namespace(self) -> str:
        """What stands before the names of all views."""
        return self._namespace

    @property
    def port(self) -> int:
        """The port that was asked for."""
        return self._port

    @property
    def address(self) -> str:
        """The address that takes connections; "" for all of IPv4."""
        return self._address


class Collector:
    """Reads views when a registry asks. Threads may add and collect at the same time.

    Args:
        options: The namespace and the registry.
        view_name_to_data_map: What views recorded, by their full names, to begin with.
    """

    def __init__(
        self,
        options: Options | None = None,
        view_name_to_data_map: dict[str, ViewData] | None = None,
    ) -> None:
        self._options = Options() if options is None else options
        self._view_name_to_data_map = {} if view_name_to_data_map is None else view_name_to_data_map
        self._registered_views: dict[str, dict[str, Any]] = {}
        self._view_names: dict[str, str] = {}
        self._said: set[str] = set()
        self._lock = threading.Lock()

    @property
    def options(self) -> Options:
        """The namespace and the registry."""
        return self._options

    @property
    def registry(self) -> CollectorRegistry:
        """The registry of the options."""
        return self._options.registry

    @property
    def view_name_to_data_map(self) -> dict[str, ViewData]:
        """What was added, by the full name of its view."""
        return self._view_name_to_data_map

    @property
    def registered_views(self) -> dict[str, dict[str, Any]]:
        """The `name`, `documentation` and `labels` of each known view, by its full name."""
        return self._registered_views

    def describe(self) -> list[Metric]:
        """Return nothing: views come and go, and a registry would keep their names for ever."""
        return []

    def register_view(self, view: View) -> None:
        """Make a view known, and this collector to the registry of the options.

        A view whose full name is that of another one is left out, with a warning.
        """
        if self._know(view) is not None:
            self.registry.register(self)

    def add_view_data(self, view_data: ViewData) -> None:
        """Show what a view recorded until more recent data of it is added."""
        self.register_view(view_data.view)
        name = self._know(view_data.view)
        if name is not None:
            with self._lock:
                self._view_name_to_data_map[name] = view_data

    def to_metric(self, desc: dict[str, Any], tag_values: Sequence[Any], agg_data: Any) -> Metric:
        """Return the family of one series.

        Args:
            desc: The `name`, the `documentation` and the `labels`.
            tag_values: A value for each label; None for none.
            agg_data: What was recorded.

        Raises:
            ValueError: There is not one value for each label, or the aggregation is of no known kind.
        """
        return family_of(desc, [(tag_values, agg_data)])

    def collect(self) -> Iterator[Metric]:
        """Yield the family of each view that recorded something, in the order of their names.

        One that cannot be shown is left out with a warning: the others are to be seen.
        """
        taken: set[str] = set()
        for name, view_data in sorted(self._current().items()):
            series = list(view_data.tag_value_aggregation_data_map.items())
            if not series:
                continue
            try:
                family = family_of(self._registered_views[name], series)
            except Exception as error:
                self._say_once(f"cannot show view {view_data.view.name}: {error}")
                continue
            names = sample_names(family)
            if not taken.isdisjoint(names):
                self._say_once(
                    f"cannot show view {view_data.view.name}: another one has samples named "
                    f"{', '.join(sorted(taken & names))}"
                )
                continue
            taken |= names
            yield family

    def _current(self) -> dict[str, ViewData]:
        with self._lock:
            current = {
                name: view_data
                for name, view_data in self._view_name_to_data_map.items()
                if name in self._registered_views
            }
        for view in sorted(stats.view_manager.get_all_exported_views(), key=lambda one: one.name):
            name = self._know(view)
            if name is None:
                continue
            try:
                view_data = stats.view_manager.get_view(view.name)
            except Exception as error:
                self._say_once(f"cannot read view {view.name}: {error}")
                continue
            if view_data is not None:
                current[name] = view_data
        return current

    def _know(self, view: View) -> str | None:
        """Return the full name of a view; None where a view of another name has it already."""
        name = get_view_name(self.options.namespace, view)
        with self._lock:
            if name not in self._registered_views:
                self._registered_views[name] = {
                    "name": name,
                    "documentation": view.description,
                    "labels": labels_of(view.columns),
                }
            known = self._view_names.setdefault(name, view.name)
        if known == view.name:
            return name
        self._say_once(f"cannot show view {view.name}: view {known} is named {name} as well")
        return None

    def _say_once(self, message: str) -> None:
        with self._lock:
            if message in self._said:
                return
            self._said.add(message)
        log.warning("%s", message)


class PrometheusStatsExporter(base_exporter.StatsExporter):
    """Serves the metrics of this process at an address, those of other libraries too.

    Of two exporters with the same namespace the newer one takes the place of the older.

    Args:
        options: Where to serve.
        gatherer: A registry that has the views, besides the registry of the process, which is served.
        transport: Called by `export`; its instance then calls `emit`.
        collector: Reads the views; by default one with these options.

    Raises:
        OSError: The address cannot be served at, for example because another program does.
    """

    def __init__(
        self,
        options: Options,
        gatherer: CollectorRegistry,
        transport: Any = sync.SyncTransport,
        collector: Collector | None = None,
    ) -> None:
        self._options = options
        self._gatherer = gatherer
        self._collector = Collector(options) if collector is None else collector
        self._transport = transport(self)
        self._server: Any = None
        self.serve_http()
        if gatherer is not None and gatherer is not REGISTRY:
            gatherer.register(self._collector)
        _show(self._collector)

    @property
    def transport(self) -> Any:
        """What `export` gives the data to."""
        return self._transport

    @property
    def collector(self) -> Collector:
        """What reads the views."""
        return self._collector

    @property
    def gatherer(self) -> CollectorRegistry:
        """The registry that has the views, besides that of the process."""
        return self._gatherer

    @property
    def options(self) -> Options:
        """Where the metrics are served."""
        return self._options

    @property
    def port(self) -> int:
        """The port that takes connections; that of the options, or the free one that was taken."""
        return self.options.port if self._server is None else int(self._server.server_port)

    def reads(self, measure_to_view_map: Any) -> bool:
        """Return whether these views are read at each fetch, so that nothing is to be exported."""
        return measure_to_view_map is stats.view_manager.measure_to_view_map

    def export(self, view_data: Sequence[ViewData] | None) -> None:
        """Show what other views recorded than those of the process."""
        if view_data is not None:
            self.transport.export(view_data)

    def on_register_view(self, view: View) -> None:
        """Do nothing: views are found when they are read."""

    def emit(self, view_data: Sequence[ViewData]) -> None:
        """Show what views recorded; those that recorded nothing are passed over."""
        for one in view_data:
            if one.tag_value_aggregation_data_map:
                self.collector.add_view_data(one)

    def serve_http(self) -> None:
        """Serve the metrics of the process, on a thread of their own.

        Raises:
            OSError: The address cannot be served at.
        """
        where = f"{self.options.address or '*'}:{self.options.port}"
        try:
            self._server = http_server.start(str(self.options.address), self.options.port, REGISTRY)
        except OSError as error:
            reason = str(error)
            if error.errno == errno.EADDRINUSE:
                reason = "the port is taken: name another one, Options(port=...)"
            raise OSError(error.errno, f"cannot serve metrics at {where}: {reason}") from error

    def close(self) -> None:
        """Serve no more, and take the views out of the registries."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        _hide(self._collector)
        for registry in (self._gatherer, self._collector.registry):
            if registry is not None:
                _unregister(registry, self._collector)


def new_stats_exporter(option: Options) -> PrometheusStatsExporter:
    """Return an exporter that serves the views.

    Raises:
        ValueError: The options have no namespace.
        OSError: The address cannot be served at.
    """
    if option.namespace == "":
        raise ValueError("Namespace can not be empty string.")
    return PrometheusStatsExporter(
        options=option, gatherer=option.registry, collector=new_collector(option)
    )


def new_collector(options: Options) -> Collector:
    """Return a collector with these options."""
    return Collector(options=options)


def get_view_name(namespace: str, view: View) -> str:
    """Return the name of a view for Prometheus, with the namespace before it."""
    return sanitize(f"{namespace}_{view.name}" if namespace else view.name)


def _show(collector: Collector) -> None:
    with _shown_lock:
        before = _shown.get(collector.options.namespace)
        if before is not None:
            _unregister(REGISTRY, before)
        _shown[collector.options.namespace] = collector
        REGISTRY.register(collector)


def _hide(collector: Collector) -> None:
    with _shown_lock:
        if _shown.get(collector.options.namespace) is collector:
            del _shown[collector.options.namespace]
        _unregister(REGISTRY, collector)


def _unregister(registry: CollectorRegistry, collector: Collector) -> None:
    try:
        registry.unregister(collector)
    except KeyError:
        # Whoever owns the registry has taken it out.
        log.debug(
            "the collector of namespace %r is registered no more", collector.options.namespace
        )
