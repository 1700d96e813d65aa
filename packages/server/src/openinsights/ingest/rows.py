"""From accepted items to the column lists of the tables.

What a column takes as it is from the wire stands as a row in the table's schema; what has to be
worked out stands here, one function per column. Items are worked on a column at a time, because
that costs a third of going item by item.
"""

from __future__ import annotations

import itertools
import os
import secrets
from itertools import islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.ingest.client_columns import MASKED_ADDRESS, add_addresses, add_browsers
from openinsights.ingest.metric_tables import metric_tables
from openinsights.ingest.performance import performance_bucket, split_counter
from openinsights.ingest.problem import frame_assembly, frame_method, problem_of
from openinsights.ingest.sender import UNKNOWN_SENDER
from openinsights.ingest.span_ids import normalise
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType
from openinsights.store.rows import DayRows, Rows, TableRows
from openinsights_wire.envelope import item_count
from openinsights_wire.sequence import parse_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openinsights.ingest.accept import Accepted, Batch
    from openinsights.ingest.places import Place
    from openinsights.ingest.sender import Sender
    from openinsights.schema.table import Table

DEFAULT_CLIENT_TYPE = "PC"

TABLE_OF: dict[str, str] = {
    "RequestData": "requests",
    "RemoteDependencyData": "dependencies",
    "MessageData": "traces",
    "ExceptionData": "exceptions",
    "EventData": "customEvents",
    "PageViewData": "pageViews",
    "PageViewPerfData": "browserTimings",
    "AvailabilityData": "availabilityResults",
}
"""The table of each base type; metrics go to one of two, see `metric_tables`."""

_ID_END_BITS = 12
_ID_BLOCKS = 1 << 36
_ID_ENDS = [f"{number:03x}" for number in range(1 << _ID_END_BITS)]

Columns = dict[str, list[Any]]
_encode_lines = msgspec.json.Encoder().encode_lines


def to_rows(
    accepted: Accepted,
    digest: bytes,
    body_bytes: int,
    sender: Sender = UNKNOWN_SENDER,
    place_of: Callable[[str], Place] | None = None,
) -> Rows:
    """Return the rows of a body's accepted items.

    Args:
        accepted: the items.
        digest: tells the body from others.
        body_bytes: size of the body.
        sender: who sent it.
        place_of: tells where an address is, None when no places are known.
    """
    by_day: dict[int, list[TableRows]] = {}
    ids = _item_ids.some(accepted.received)
    for batch in accepted.batches:
        normalise(batch)
        for name, part in _tables(batch):
            by_day.setdefault(part.day, []).append(_table_rows(name, part, ids, sender, place_of))
    days = tuple(DayRows(day, tuple(tables)) for day, tables in by_day.items())
    return Rows(digest, body_bytes, days)


def _tables(batch: Batch) -> Iterable[tuple[str, Batch]]:
    if batch.base_type == "MetricData":
        return metric_tables(batch)
    return ((TABLE_OF[batch.base_type], batch),)


def _table_rows(
    name: str,
    batch: Batch,
    ids: Iterator[str],
    sender: Sender,
    place_of: Callable[[str], Place] | None,
) -> TableRows:
    count = len(batch.items)
    data = [item.data.baseData for item in batch.items]
    columns: Columns = {"timestamp": batch.ticks}
    for column, read, text in _FROM_DATA[name]:
        values = list(map(read, data))
        columns[column] = _texts(values) if text else values
    worked_out = _WORKED_OUT.get(name)
    if worked_out is not None:
        worked_out(data, columns)
    _add_maps(name, data, columns)
    _add_tags(batch, columns)
    resource = batch.resource
    if place_of is None and not resource.settings.keep_addresses:
        columns["client_IP"] = [MASKED_ADDRESS] * count
    else:
        add_addresses(batch, columns, sender, place_of)
    if sender.user_agent:
        add_browsers(batch, columns, sender)
    columns["appId"] = [resource.app_id] * count
    columns["appName"] = [resource.name] * count
    columns["iKey"] = [resource.instrumentation_key] * count
    columns["_ResourceId"] = [resource.resource_id] * count
    columns["itemId"] = list(islice(ids, count))
    rates = [item.sampleRate for item in batch.items]
    columns["itemCount"] = [1] * count if _are_none(rates) else list(map(item_count, rates))
    return TableRows(name, count, columns, _sequences([item.seq for item in batch.items]))


def _sequences(texts: list[str | None]) -> list[tuple[int, int] | None] | None:
    if _are_none(texts):
        return None
    sequences = list(map(parse_sequence, texts))
    return sequences if any(sequences) else None


def _are_none(values: list[Any]) -> bool:
    return values.count(None) == len(values)


def _texts(values: list[str | None]) -> list[str]:
    absent = values.count(None)
    if absent == len(values):
        return [""] * absent
    return [value or "" for value in values] if absent else values  # type: ignore[return-value]


def _add_maps(name: str, data: list[Any], columns: Columns) -> None:
    columns["customDimensions"] = _maps([one.properties for one in data])
    if name not in _WITHOUT_MEASUREMENTS:
        measurements = [one.measurements for one in data]
        if any(measurements):
            columns["customMeasurements"] = _maps(measurements)


def _maps(maps: list[dict[str, Any] | None]) -> list[str | None]:
    """Return maps as JSON, None for those that are absent or empty."""
    filled = list(filter(None, maps))
    # Hot: in one call for all of them. No text of JSON has the end of a line in it.
    texts: list[str | None] = _encode_lines(filled).decode().split("\n")  # type: ignore[assignment]
    texts.pop()
    if len(filled) == len(maps):
        return texts
    each = iter(texts)
    return [next(each) if one else None for one in maps]


def _add_tags(batch: Batch, columns: Columns) -> None:
    # most tags are absent from most bodies: no column for what no item has
    for tag, values in _by_tag([item.tags for item in batch.items]):
        column = _TAG_COLUMNS.get(tag)
        if column is not None:
            columns[column] = values
    if "client_Type" in columns:
        columns["client_Type"] = [value or DEFAULT_CLIENT_TYPE for value in columns["client_Type"]]
    else:
        columns["client_Type"] = [DEFAULT_CLIENT_TYPE] * len(batch.items)


def _by_tag(tags: list[dict[str, str]]) -> Iterable[tuple[str, list[str]]]:
    # Hot: items of one program mostly have the same tags; what all have is turned around at once.
    lengths = list(map(len, tags))
    names = tuple(tags[lengths.index(min(lengths))])
    others = [each for each in tags if len(each) != len(names)]
    try:
        rows = list(map(itemgetter(*names), tags)) if len(names) > 1 else []
    except KeyError:
        rows = []
    if rows:
        yield from zip(names, map(list, zip(*rows, strict=True)), strict=True)
    else:
        others = tags
    for tag in set().union(*others).difference(names if rows else ()):
        yield tag, [each.get(tag, "") for each in tags]


class _ItemIds:
    """Makes guids: of each, a part is this process's own, and the rest counts.

    A random part for each body would take 28 bytes of each row on the disk, this takes few.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew; a process that was forked has to, for its ids are its parent's."""
        random = f"{secrets.randbits(80):020x}"
        self._prefix = f"{random[:8]}-{random[8:12]}-4{random[12:15]}-a{random[15:18]}-"
        self._blocks = itertools.count()  # safe to ask from several threads

    def some(self, count: int) -> Iterator[str]:
        """Return as many ids as wanted, none of which was there before."""
        ids: list[str] = []
        while len(ids) < count:
            block = next(self._blocks)
            if block >= _ID_BLOCKS:
                self.begin()
                continue
            start = f"{self._prefix}{block:09x}"
            ids += [start + end for end in _ID_ENDS[: count - len(ids)]]
        return iter(ids)


_item_ids = _ItemIds()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_item_ids.begin)


def _success(data: list[Any], columns: Columns) -> None:
    columns["success"] = ["True" if one.success else "False" for one in data]
    _band(data, columns)


def _band(data: list[Any], columns: Columns) -> None:
    columns["performanceBucket"] = list(map(performance_bucket, columns["duration"]))


def _probe(data: list[Any], columns: Columns) -> None:
    columns["success"] = ["1" if one.success else "0" for one in data]
    _band(data, columns)


def _timings(data: list[Any], columns: Columns) -> None:
    columns["performanceBucket"] = list(map(performance_bucket, columns["totalDuration"]))


def _exceptions(data: list[Any], columns: Columns) -> None:
    problems = [problem_of(one) for one in data]
    columns["problemId"] = [problem.problem_id for problem in problems]
    columns["details"] = [problem.details for problem in problems]
    inner = [problem.innermost for problem in problems]
    outer = [problem.outer for problem in problems]
    for links, names in (
        (inner, ("type", "message", "assembly", "method")),
        (outer, ("outerType", "outerMessage", "outerAssembly", "outerMethod")),
        (
            inner,
            ("innermostType", "innermostMessage", "innermostAssembly", "innermostMethod"),
        ),
    ):
        columns[names[0]] = [link.typeName for link in links]
        columns[names[1]] = [link.message for link in links]
        columns[names[2]] = [frame_assembly(link) for link in links]
        columns[names[3]] = [frame_method(link) for link in links]


def _metrics(data: list[Any], columns: Columns) -> None:
    points = [one.metrics[0] for one in data]
    single = [point.kind != 1 and (point.count is None or point.count <= 1) for point in points]
    columns["name"] = [point.name for point in points]
    columns["value"] = columns["valueSum"] = [point.value for point in points]
    columns["valueCount"] = [
        1 if alone else point.count or 1 for alone, point in zip(single, points, strict=True)
    ]
    columns["valueMin"] = [
        point.value if alone else point.min for alone, point in zip(single, points, strict=True)
    ]
    columns["valueMax"] = [
        point.value if alone else point.max for alone, point in zip(single, points, strict=True)
    ]
    columns["valueStdDev"] = [
        0.0 if alone else point.stdDev for alone, point in zip(single, points, strict=True)
    ]


def _counters(data: list[Any], columns: Columns) -> None:
    points = [one.metrics[0] for one in data]
    split = [split_counter(point.name) for point in points]
    columns["name"] = [point.name for point in points]
    columns["category"] = [category for category, _, _ in split]
    columns["counter"] = [counter for _, counter, _ in split]
    columns["instance"] = [instance for _, _, instance in split]
    # of several readings their mean: there is no column for how many there were
    columns["value"] = [
        point.value / point.count if (point.count or 0) > 1 else point.value for point in points
    ]


_WORKED_OUT: dict[str, Callable[[list[Any], Columns], None]] = {
    "requests": _success,
    "dependencies": _success,
    "exceptions": _exceptions,
    "pageViews": _band,
    "browserTimings": _timings,
    "availabilityResults": _probe,
    "customMetrics": _metrics,
    "performanceCounters": _counters,
}
"""What fills the columns that are not simply copied."""

_COPIED_ELSEWHERE = frozenset(("customDimensions", "customMeasurements", "success", "details"))
_WITHOUT_MEASUREMENTS = frozenset(("customMetrics", "performanceCounters"))


def _copied(table: Table) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    """Return (column, how to read it, whether it is text) of what is copied from the data."""
    rows = []
    for column in table.columns:
        source, _, field = column.wire.partition(".")
        if source == "baseData" and "." not in field and column.name not in _COPIED_ELSEWHERE:
            rows.append((column.name, attrgetter(field), column.type is KqlType.STRING))
    return tuple(rows)


_TABLES = (*TABLE_OF.values(), "customMetrics", "performanceCounters")
_FROM_DATA = {name: _copied(BY_NAME[name]) for name in _TABLES}
_TAG_COLUMNS: dict[str, str] = {
    column.wire.removeprefix("tags."): column.name
    for column in BY_NAME["requests"].columns
    if column.wire.startswith("tags.") and column.name != "client_IP"
}
