"""What viewers want to see, as they write it, and the configuration that asks clients for it.

A filter reads `request where Url contains "/cart" and Duration > 500ms`, a metric
`avg(Duration) of request where Success == false`. Which fields a kind has stands in the wire's
`live.items.FIELDS`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.live.errors import InvalidFilter
from openinsights_wire.errors import WireError
from openinsights_wire.live import names
from openinsights_wire.live.configuration import AGGREGATIONS, COUNT, projection
from openinsights_wire.live.filters import FilterError, all_filters
from openinsights_wire.live.items import FIELDS, FieldType, field_named
from openinsights_wire.live.messages import (
    ConfigurationInfo,
    DerivedMetricInfo,
    DocumentFilterGroup,
    DocumentStreamInfo,
    FilterGroup,
    FilterInfo,
    QuotaInfo,
    encode,
)
from openinsights_wire.stamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_FILTERS = 10
"""Filters and metrics of one view."""
MAX_LENGTH = 1_000
"""Characters of one of them."""
QUOTA = QuotaInfo(max_quota=30.0, quota_accrual_rate_per_sec=1.0, initial_quota=10.0)
"""Samples of one server, stream and kind of telemetry."""

_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(==|!=|<=|>=|=|<|>|\(|\))|([^\s"()=<>!]+)|(!\w+))')
_OPERATORS = {
    "==": "Equal",
    "=": "Equal",
    "!=": "NotEqual",
    "<": "LessThan",
    ">": "GreaterThan",
    "<=": "LessThanOrEqual",
    ">=": "GreaterThanOrEqual",
    "contains": "Contains",
    "!contains": "DoesNotContain",
}
_AGGREGATIONS = {name.lower(): name for name in AGGREGATIONS}
_KINDS = {kind.lower(): kind for kind in FIELDS} | {
    "requests": names.REQUEST,
    "dependencies": names.DEPENDENCY,
    "exceptions": names.EXCEPTION,
    "events": names.EVENT,
    "customevents": names.EVENT,
    "traces": names.TRACE,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}

FAILED = FilterInfo("Success", "Equal", "false")
SUCCEEDED = FilterInfo("Success", "Equal", "true")


def _group(kind: str, *filters: FilterInfo) -> DocumentFilterGroup:
    return DocumentFilterGroup(kind, FilterGroup(list(filters)))


DEFAULT_STREAMS = (
    DocumentStreamInfo(
        "failures",
        [
            _group(names.REQUEST, FAILED),
            _group(names.DEPENDENCY, FAILED),
            _group(names.EXCEPTION),
        ],
    ),
    DocumentStreamInfo(
        "samples",
        [
            _group(names.REQUEST, SUCCEEDED),
            _group(names.DEPENDENCY, SUCCEEDED),
            _group(names.EVENT),
            _group(names.TRACE),
        ],
    ),
)
"""What a view without filters gets; failures have a quota of their own, so that they are seen."""


@dataclass(frozen=True, slots=True)
class View:
    """What one viewer wants to see; parsed by `view_of`.

    Attributes:
        role: servers of this role only; "" means all.
        instance: servers of this name only; "" means all.
        filters: samples that pass one of these; none means the default ones.
        metrics: further numbers.
    """

    role: str = ""
    instance: str = ""
    filters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()

    @property
    def stream_ids(self) -> frozenset[str]:
        """The streams whose samples the view shows."""
        if not self.filters:
            return frozenset(stream.id for stream in DEFAULT_STREAMS)
        return frozenset((stream_id(self.filters),))


def view_of(
    role: str = "", instance: str = "", filters: Sequence[str] = (), metrics: Sequence[str] = ()
) -> View:
    """Return a view.

    Raises:
        InvalidFilter: a filter or metric is not understood, or there are too many.
    """
    if len(filters) + len(metrics) > MAX_FILTERS:
        raise InvalidFilter(f"cannot open the view: it has more than {MAX_FILTERS} filters")
    view = View(role, instance, tuple(filters), tuple(metrics))
    stream_info(view.filters)
    for text in view.metrics:
        metric_info(text)
    return view


def configuration_of(views: Iterable[View]) -> ConfigurationInfo:
    """Return what clients are asked for so that every view can be shown; equal for equal views."""
    streams: dict[str, DocumentStreamInfo] = {}
    metrics: dict[str, DerivedMetricInfo] = {}
    for view in views:
        for stream in (stream_info(view.filters),) if view.filters else DEFAULT_STREAMS:
            streams[stream.id] = stream
        for text in view.metrics:
            metric = metric_info(text)
            metrics[metric.id] = metric
    info = ConfigurationInfo(
        "",
        [metrics[key] for key in sorted(metrics)],
        [streams[key] for key in sorted(streams)],
        QUOTA,
    )
    info.e_tag = hashlib.sha256(encode(info)).hexdigest()[:16]
    return info


def stream_id(filters: Sequence[str]) -> str:
    """Return the id of the stream of samples that pass one of the filters."""
    return "s-" + _digest("\n".join(filters))


def metric_id(text: str) -> str:
    """Return the id of a metric."""
    return "m-" + _digest(text)


def stream_info(filters: Sequence[str]) -> DocumentStreamInfo:
    """Return the stream of samples that pass one of the filters.

    Raises:
        InvalidFilter: one is not understood.
    """
    groups = []
    for text in filters:
        words = _Words(text)
        kind, conditions = words.kind_and_conditions()
        groups.append(_group(kind, *conditions))
    return DocumentStreamInfo(stream_id(filters), groups)


def metric_info(text: str) -> DerivedMetricInfo:
    """Return the metric that a text asks for.

    Raises:
        InvalidFilter: it is not understood.
    """
    words = _Words(text)
    function = words.take("count(), or avg, sum, min or max of a field").lower()
    aggregation = "Sum" if function == "count" else _AGGREGATIONS.get(function)
    if aggregation is None:
        raise words.error(f"{function!r} is none of count, {', '.join(_AGGREGATIONS)}")
    words.expect("(")
    field = COUNT if function == "count" else words.take("a field")
    words.expect(")")
    words.expect("of")
    kind, conditions = words.kind_and_conditions()
    try:
        projection(kind, field)
    except FilterError as error:
        raise words.error(str(error)) from None
    groups = [FilterGroup(conditions)] if conditions else []
    return DerivedMetricInfo(metric_id(text), kind, groups, field, aggregation, aggregation)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


class _Words:
    """The words of a filter, taken one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words: list[tuple[str, bool]] = []
        if len(text) > MAX_LENGTH:
            raise InvalidFilter(f"cannot use a filter of more than {MAX_LENGTH} characters")
        at = 0
        while text[at:].strip():
            matched = _TOKEN.match(text, at)
            if matched is None:
                raise self.error(f"cannot read {text[at:].strip()[:20]!r}")
            quoted, *plain = matched.groups()
            if quoted is not None:
                self._words.append((re.sub(r"\\(.)", r"\1", quoted), True))
            else:
                self._words.append((next(word for word in plain if word), False))
            at = matched.end()

    def error(self, why: str) -> InvalidFilter:
        """Return the error that names the whole filter."""
        return InvalidFilter(f"cannot use filter {self._text[:200]!r}: {why}")

    def take(self, what: str) -> str:
        """Return the next word."""
        if not self._words:
            raise self.error(f"it ends where {what} is expected")
        return self._words.pop(0)[0]

    def expect(self, word: str) -> None:
        """Take a word that must be the given one."""
        taken = self.take(repr(word))
        if taken.lower() != word:
            raise self.error(f"{word!r} is expected in place of {taken!r}")

    def kind_and_conditions(self) -> tuple[str, list[FilterInfo]]:
        """Take `kind [where condition {and condition}]` up to the end."""
        word = self.take("a kind of telemetry")
        kind = _KINDS.get(word.lower())
        if kind is None:
            known = ", ".join(name.lower() for name in FIELDS)
            raise self.error(f"{word!r} is none of {known}")
        conditions: list[FilterInfo] = []
        if self._words:
            self.expect("where")
            conditions.append(self._condition(kind))
            while self._words:
                self.expect("and")
                conditions.append(self._condition(kind))
        try:
            all_filters(kind, conditions)
        except FilterError as error:
            fields = ", ".join(field.name for field in FIELDS[kind])
            raise self.error(
                f"{error}; {kind.lower()} has {fields}, CustomDimensions.key"
            ) from None
        return kind, conditions

    def _condition(self, kind: str) -> FilterInfo:
        name = self.take("a field")
        operator = self.take("an operator").lower()
        predicate = _OPERATORS.get(operator)
        if predicate is None:
            raise self.error(f"{operator!r} is none of {' '.join(_OPERATORS)}")
        comparand = self.take("a value")
        field = field_named(kind, name)
        if field is not None:
            name = field.name
            if field.type is FieldType.DURATION:
                comparand = self._duration(name, comparand)
        return FilterInfo(name, predicate, comparand)

    def _duration(self, name: str, text: str) -> str:
        matched = _DURATION.fullmatch(text.lower())
        if matched is None:
            return text
        try:
            return format_duration(float(matched[1]) * _MILLISECONDS[matched[2]])
        except WireError:
            raise self.error(f"{name} is never as long as {text[:40]}") from None
