"""The metrics endpoint: which metrics there are, and the KQL that answers for one.

Facts first: a row for each metric. A question becomes one query; its rows become the nested
segments that clients of the service read. Knows no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_SECOND
from openinsights.query import fields
from openinsights.query.errors import BadQueryArgument, BadTimespan
from openinsights.query.literals import literal
from openinsights.query.odata import filter_kql
from openinsights.query.timespan import parse_duration, parse_timespan
from openinsights.query.values import datetime_text
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.query.result import QueryResult

DEFAULT_TIMESPAN: Final = "PT12H"
DEFAULT_TOP: Final = 10
MAX_TOP: Final = 1_000
MAX_SEGMENTS: Final = 3
MAX_BUCKETS: Final = 3_000
"""A finer interval is doubled until there are no more buckets."""
CUSTOM: Final = "customMetrics/"

_NUMBER_OF_ITEMS: Final = {"sum": "toreal(sum(itemCount))"}
_SUM: Final = "toreal(sum({0} * itemCount))"


def _measured(column: str) -> dict[str, str]:
    """Return the aggregations of a value that each item stands for `itemCount` times."""
    return {
        "avg": f"{_SUM.format(column)} / sum(iff(isnull({column}), 0, itemCount))",
        "min": f"min({column})",
        "max": f"max({column})",
        "sum": _SUM.format(column),
        "count": f"toreal(sum(iff(isnull({column}), 0, itemCount)))",
    }


def _unique(column: str) -> dict[str, str]:
    return {"unique": f"toreal(dcountif({column}, isnotempty({column})))"}


_READ: Final = {
    "avg": "avg(value)",
    "min": "min(value)",
    "max": "max(value)",
    "sum": "sum(value)",
    "count": "toreal(count())",
}
_AGGREGATED: Final = {
    "avg": "sum(valueSum) / sum(valueCount)",
    "min": "min(valueMin)",
    "max": "max(valueMax)",
    "sum": "sum(valueSum)",
    "count": "toreal(sum(valueCount))",
    "unique": "toreal(dcount(value))",
}


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a metric.

    Attributes:
        id: as it is asked for.
        title: for people.
        tables: whose rows count.
        aggregations: KQL by name; the first is the default. `{seconds}` is how long a bucket is.
        where: which rows count, "" for all.
        unit: of the value.
    """

    id: str
    title: str
    tables: tuple[str, ...]
    aggregations: Mapping[str, str]
    where: str = ""
    unit: str = "count"

    @property
    def kind(self) -> str:
        """The kind of events whose fields its filters and segments name."""
        return self.tables[0] if len(self.tables) == 1 else fields.ALL_EVENTS


_FAILED: Final = 'success == "False"'
_BROWSER: Final = "browserTimings"
_EVERY: Final = tuple(table.name for table in CLASSIC)
_OF_PEOPLE: Final = tuple(
    name for name in _EVERY if name not in ("browserTimings", "performanceCounters")
)


def _counter(id_: str, title: str, category: str, counter: str, unit: str) -> Metric:
    text = KqlType.STRING
    where = f"category == {literal(text, category)} and counter == {literal(text, counter)}"
    name = f"performanceCounters/{id_}"
    return Metric(name, title, ("performanceCounters",), _READ, where, unit)


METRICS: Final[tuple[Metric, ...]] = (
    Metric("requests/count", "Server requests", ("requests",), _NUMBER_OF_ITEMS),
    Metric(
        "requests/duration",
        "Server response time",
        ("requests",),
        _measured("duration"),
        unit="milliseconds",
    ),
    Metric("requests/failed", "Failed requests", ("requests",), _NUMBER_OF_ITEMS, _FAILED),
    Metric(
        "requests/rate",
        "Server request rate",
        ("requests",),
        {"avg": "toreal(sum(itemCount)) / {seconds}"},
        unit="countPerSecond",
    ),
    Metric("users/count", "Users", _OF_PEOPLE, _unique("user_Id")),
    Metric(
        "users/authenticated", "Users, authenticated", _OF_PEOPLE, _unique("user_AuthenticatedId")
    ),
    Metric("sessions/count", "Sessions", _OF_PEOPLE, _unique("session_Id")),
    Metric("pageViews/count", "Page views", ("pageViews",), _NUMBER_OF_ITEMS),
    Metric(
        "pageViews/duration",
        "Page view load time",
        ("pageViews",),
        _measured("duration"),
        unit="milliseconds",
    ),
    Metric(
        "client/processingDuration",
        "Client processing time",
        (_BROWSER,),
        _measured("processingDuration"),
        unit="milliseconds",
    ),
    Metric(
        "client/receiveDuration",
        "Receiving response time",
        (_BROWSER,),
        _measured("receiveDuration"),
        unit="milliseconds",
    ),
    Metric(
        "client/networkDuration",
        "Page load network connect time",
        (_BROWSER,),
        _measured("networkDuration"),
        unit="milliseconds",
    ),
    Metric(
        "client/sendDuration",
        "Send request time",
        (_BROWSER,),
        _measured("sendDuration"),
        unit="milliseconds",
    ),
    Metric(
        "client/totalDuration",
        "Browser page load time",
        (_BROWSER,),
        _measured("totalDuration"),
        unit="milliseconds",
    ),
    Metric("dependencies/count", "Dependency calls", ("dependencies",), _NUMBER_OF_ITEMS),
    Metric(
        "dependencies/failed", "Dependency failures", ("dependencies",), _NUMBER_OF_ITEMS, _FAILED
    ),
    Metric(
        "dependencies/duration",
        "Dependency duration",
        ("dependencies",),
        _measured("duration"),
        unit="milliseconds",
    ),
    Metric("exceptions/count", "Exceptions", ("exceptions",), _NUMBER_OF_ITEMS),
    Metric(
        "exceptions/browser",
        "Browser exceptions",
        ("exceptions",),
        _NUMBER_OF_ITEMS,
        "isnotempty(client_Browser)",
    ),
    Metric(
        "exceptions/server",
        "Server exceptions",
        ("exceptions",),
        _NUMBER_OF_ITEMS,
        "isempty(client_Browser)",
    ),
    Metric("traces/count", "Traces", ("traces",), _NUMBER_OF_ITEMS),
    Metric("customEvents/count", "Events", ("customEvents",), _NUMBER_OF_ITEMS),
    Metric(
        "availabilityResults/availabilityPercentage",
        "Availability",
        ("availabilityResults",),
        {"avg": 'sum(iff(success == "1", 100.0, 0.0)) / count()'},
        unit="percent",
    ),
    Metric(
        "availabilityResults/count", "Test executions", ("availabilityResults",), _NUMBER_OF_ITEMS
    ),
    Metric(
        "availabilityResults/duration",
        "Test duration",
        ("availabilityResults",),
        _measured("duration"),
        unit="milliseconds",
    ),
    Metric(
        "billing/telemetryCount",
        "Telemetry item count",
        _EVERY,
        {"sum": "toreal(sum(coalesce(itemCount, int(1))))"},
    ),
    _counter(
        "requestExecutionTime",
        "HTTP request execution time",
        "ASP.NET Applications",
        "Request Execution Time",
        "milliseconds",
    ),
    _counter(
        "requestsPerSecond",
        "HTTP request rate",
        "ASP.NET Applications",
        "Requests/Sec",
        "countPerSecond",
    ),
    _counter(
        "requestsInQueue",
        "HTTP requests in application queue",
        "ASP.NET Applications",
        "Requests In Application Queue",
        "count",
    ),
    _counter("memoryAvailableBytes", "Available memory", "Memory", "Available Bytes", "bytes"),
    _counter(
        "exceptionsPerSecond",
        "Exception rate",
        ".NET CLR Exceptions",
        "# of Exceps Thrown / sec",
        "countPerSecond",
    ),
    _counter(
        "processCpuPercentage",
        "Process CPU, of all processors",
        "Process",
        "% Processor Time Normalized",
        "percent",
    ),
    _counter("processCpuPercentageTotal", "Process CPU", "Process", "% Processor Time", "percent"),
    _counter(
        "processIOBytesPerSecond",
        "Process IO rate",
        "Process",
        "IO Data Bytes/sec",
        "bytesPerSecond",
    ),
    _counter("processPrivateBytes", "Process private bytes", "Process", "Private Bytes", "bytes"),
    _counter(
        "processorCpuPercentage", "Processor time", "Processor", "% Processor Time", "percent"
    ),
)
_BY_ID: Final = {metric.id.lower(): metric for metric in METRICS}


def metric_named(id_: str) -> Metric:
    """Return a metric; those of programs are `customMetrics/<name>`.

    Raises:
        BadQueryArgument: there is none.
    """
    if id_.lower().startswith(CUSTOM.lower()) and len(id_) > len(CUSTOM):
        where = f"name == {literal(KqlType.STRING, id_[len(CUSTOM) :])}"
        return Metric(id_, id_[len(CUSTOM) :], ("customMetrics",), _AGGREGATED, where)
    metric = _BY_ID.get(id_.lower())
    if metric is None:
        raise BadQueryArgument(
            f"cannot find the metric {id_!r}: GET …/metrics/metadata lists what there is, and"
            " those of programs are customMetrics/<name>"
        )
    return metric


@dataclass(frozen=True, slots=True)
class MetricAsked:
    """A question for a metric as it comes in; None is what was not said."""

    metric: str
    timespan: str | None = None
    interval: str | None = None
    aggregation: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    top: str | None = None
    orderby: str | None = None
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class MetricQuestion:
    """A question that was understood.

    Attributes:
        text: the KQL; its columns are the bucket, where there are some, the segments and the
            aggregations, in this order.
        metric: its id, as the reply spells it.
        start_ticks: the range's first tick.
        end_ticks: its end.
        step_ticks: how wide a bucket is; None without buckets.
        segments: as they were asked for.
        aggregations: names.
    """

    text: str
    metric: str
    start_ticks: int
    end_ticks: int
    step_ticks: int | None
    segments: tuple[str, ...]
    aggregations: tuple[str, ...]


def understood(asked: MetricAsked, now_ticks: int) -> MetricQuestion:
    """Return the query that answers a question.

    Raises:
        BadQueryArgument: there is no such metric, aggregation, field…
        BadTimespan: the timespan has a form that is not understood, or no end.
    """
    metric = metric_named(asked.metric)
    names = tuple(dict.fromkeys(asked.aggregation)) or (next(iter(metric.aggregations)),)
    for name in names:
        if name not in metric.aggregations:
            raise BadQueryArgument(
                f"cannot use the aggregation {name!r}: {metric.id} has"
                f" {', '.join(metric.aggregations)}"
            )
    start, end = _range(asked.timespan, now_ticks)
    step = _step(asked.interval, end - start)
    if len(asked.segment) > MAX_SEGMENTS:
        raise BadQueryArgument(f"cannot use more than {MAX_SEGMENTS} segments")
    segments = [fields.field(each, metric.kind) for each in asked.segment]
    time = KqlType.DATETIME
    rows = [rows_of(metric)]
    rows.append(
        f"| where timestamp >= {literal(time, start)} and timestamp <= {literal(time, end)}"
    )
    if metric.where:
        rows.append(f"| where {metric.where}")
    if asked.filter and asked.filter.strip():
        condition = filter_kql(asked.filter, "filter", lambda path: fields.field(path, metric.kind))
        rows.append(f"| where {condition}")
    for number, each in enumerate(segments):
        rows.append(f"| extend segment{number} = tostring({each.kql})")
    by = [f"segment{number}" for number in range(len(segments))]
    whole = max(1.0, (end - start) / TICKS_PER_SECOND)
    lets = []
    if segments:
        ordered, is_ascending = _order(asked.orderby, names, metric)
        direction = "asc" if is_ascending else "desc"
        best = metric.aggregations[ordered].format(seconds=whole)
        lets = [
            f"let found = {chr(10).join(rows)};",
            f"let best = found | summarize best = {best} by {', '.join(by)}"
            f" | top {_top(asked.top)} by best {direction};",
        ]
        rows = [f"found | join kind=inner best on {', '.join(by)}"]
    seconds = whole if step is None else step / TICKS_PER_SECOND
    totals = ", ".join(
        f"value{n} = {metric.aggregations[name].format(seconds=seconds)}"
        for n, name in enumerate(names)
    )
    if step is not None:
        rows.append(f"| extend bucket = bin(timestamp, {literal(KqlType.TIMESPAN, step)})")
    grouped = [*(["bucket"] if step is not None else []), *by, *(["best"] if segments else [])]
    rows.append(f"| summarize {totals}" + (f" by {', '.join(grouped)}" if grouped else ""))
    kept = [*([] if step is None else ["bucket"]), *by, *(f"value{n}" for n in range(len(names)))]
    if grouped:
        orders = ["bucket asc"] if step is not None else []
        orders += [f"best {direction}", *(f"{each} asc" for each in by)] if segments else []
        rows.append(f"| order by {', '.join(orders)}")
    rows.append(f"| project {', '.join(kept)}")
    return MetricQuestion(
        "\n".join([*lets, *rows]), metric.id, start, end, step, asked.segment, names
    )


def rows_of(metric: Metric) -> str:
    """Return the rows of all the tables of a metric, its condition aside."""
    return metric.tables[0] if len(metric.tables) == 1 else f"union {', '.join(metric.tables)}"


def _range(timespan: str | None, now_ticks: int) -> tuple[int, int]:
    span = parse_timespan(timespan or DEFAULT_TIMESPAN, now_ticks)
    if span.start_ticks is None or span.end_ticks is None or span.start_ticks >= span.end_ticks:
        raise BadTimespan(f"cannot use timespan {timespan!r}: it does not start before its end")
    return span.start_ticks, span.end_ticks


def _step(interval: str | None, range_ticks: int) -> int | None:
    if not interval:
        return None
    try:
        step = parse_duration(interval)
    except ValueError as error:
        raise BadQueryArgument(f"cannot use interval {interval!r}: {error}") from None
    if step < TICKS_PER_SECOND:
        raise BadQueryArgument(f"cannot use interval {interval!r}: a second is the shortest")
    while range_ticks > step * MAX_BUCKETS:
        step *= 2
    return step


def _top(text: str | None) -> int:
    if text is None or text == "":
        return DEFAULT_TOP
    if text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MAX_TOP:
        return int(text)
    raise BadQueryArgument(f"cannot use top {text!r}: a number from 1 to {MAX_TOP} is expected")


def _order(text: str | None, names: tuple[str, ...], metric: Metric) -> tuple[str, bool]:
    if text is None or not text.strip():
        return names[0], False
    name, _, direction = text.strip().partition(" ")
    direction = direction.strip().lower()
    if name not in metric.aggregations or direction not in ("", "asc", "desc"):
        raise BadQueryArgument(
            f"cannot use orderby {text!r}: one of {', '.join(metric.aggregations)} is expected,"
            " and asc or desc"
        )
    return name, direction == "asc"


@dataclass
class _Group:
    """Segments under one head, in the order in which they came."""

    head: dict[str, object]
    inner: dict[object, _Group] = field(default_factory=dict)

    def reply(self) -> dict[str, object]:
        if not self.inner:
            return self.head
        return self.head | {"segments": [each.reply() for each in self.inner.values()]}


def metric_reply(question: MetricQuestion, result: QueryResult) -> dict[str, object]:
    """Return the answer as clients read it: buckets, in them segments, in them segments."""
    rows = result.rows_text()
    top: dict[str, object] = {
        "start": datetime_text(question.start_ticks),
        "end": datetime_text(question.end_ticks),
    }
    if question.step_ticks is not None:
        top["interval"] = interval_text(question.step_ticks)
    if question.step_ticks is None and not question.segments:
        values = rows[0] if rows else (None,) * len(question.aggregations)
        return {"value": top | {question.metric: _values(question, values)}}
    root = _Group(top)
    depth = len(question.segments)
    for raw, row in zip(result.tables[0].raw, rows, strict=True):
        group, place = root, 0
        if question.step_ticks is not None:
            bucket = int(str(raw[0]))
            group = group.inner.setdefault(bucket, _Group(_bucket(question, bucket)))
            place = 1
        for number, name in enumerate(question.segments):
            value = row[place + number]
            group = group.inner.setdefault(value, _Group({name: value}))
        group.head[question.metric] = _values(question, row[place + depth :])
    return {"value": root.reply() | ({} if root.inner else {"segments": []})}


def _values(question: MetricQuestion, values: Sequence[object]) -> dict[str, object]:
    # clients read a number or null; of nothing there is no average
    told = (None if value == "NaN" else value for value in values)
    return dict(zip(question.aggregations, told, strict=True))


def _bucket(question: MetricQuestion, bucket: int) -> dict[str, object]:
    end = bucket + (question.step_ticks or 0)
    return {
        "start": datetime_text(max(bucket, question.start_ticks)),
        "end": datetime_text(min(end, question.end_ticks)),
    }


def interval_text(ticks: int) -> str:
    """Return a duration in ISO 8601: `PT1H30M`, `P1D`."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    second = f"{seconds}.{fraction:07d}".rstrip("0") if fraction else str(seconds)
    parts = ((hours, f"{hours}H"), (minutes, f"{minutes}M"), (seconds or fraction, f"{second}S"))
    time = "".join(text for amount, text in parts if amount)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


def metrics_metadata() -> dict[str, object]:
    """Return what there is to ask for: metrics with their aggregations, and dimensions."""
    dimensions = {path for kind in (fields.ALL_EVENTS,) for path in fields.paths(kind)}
    shown = sorted(dimensions - {"id", "timestamp", "count"})
    return {
        "metrics": {
            metric.id: {
                "displayName": metric.title,
                "units": metric.unit,
                "supportedAggregations": list(metric.aggregations),
                "defaultAggregation": next(iter(metric.aggregations)),
                "supportedGroupBy": {
                    "all": [
                        path
                        for path in fields.paths(metric.kind)
                        if path not in ("id", "timestamp", "count")
                    ]
                },
            }
            for metric in METRICS
        },
        "dimensions": {path: {"displayName": path} for path in shown},
    }
