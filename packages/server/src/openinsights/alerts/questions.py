"""The queries of measures: those that read the same rows of the same window share one.

A measure has the same answer alone and beside others. The texts of a question do not name times,
which stand beside them, so that they are the same from window to window.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.alerts.rules.measure import Rows, Source, Typed
from openinsights.query.literals import literal
from openinsights.query.service import QueryRequest
from openinsights.query.values import datetime_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openinsights.alerts.alert import Split
    from openinsights.alerts.evaluate import Values
    from openinsights.alerts.rules.measure import Measure
    from openinsights.query.result import QueryResult

MOST_ROWS: Final = 50_000
MOST_ROWS_OF_SERIES: Final = 400_000
_KEYS_AT_ONCE: Final = 200
_VALUES_AT_ONCE: Final = 40
_TEXTS_AT_ONCE: Final = 1_000


class TooManyRows(ValueError):
    """A question has more answers than can be looked at."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query for several measures.

    Attributes:
        text: the query.
        measures: what it answers; all with the same rows, but for their keys.
        values: the aggregates, one for each column of values.
        keys: how many columns of keys there are.
        steps: whether the rows are told apart by the end of their window.
    """

    text: str
    measures: tuple[Measure, ...]
    values: tuple[str, ...]
    keys: int
    steps: bool = False

    @property
    def source(self) -> Source:
        """What all the measures read, but for the key."""
        return self.measures[0].source

    @property
    def most_rows(self) -> int:
        """How many rows an answer has at most."""
        return MOST_ROWS_OF_SERIES if self.steps else MOST_ROWS

    def request(self, start: int, end: int, timeout_s: float) -> QueryRequest:
        """Return the query as it is put for the rows from `start` to just before `end`."""
        rows = self.source.rows
        return QueryRequest(
            self.text,
            self.source.app_ids,
            timespan=f"{datetime_text(start)}/{datetime_text(end - 1)}",
            timeout_s=timeout_s,
            max_rows=self.most_rows,
            is_workspace=isinstance(rows, Typed) and rows.is_workspace,
            now_ticks=end,
            is_settled=True,
        )


def questions(measures: Iterable[Measure]) -> Iterator[Question]:
    """Yield the queries that answer all the measures, each measure once."""
    families: dict[object, dict[Measure, None]] = defaultdict(dict)
    for each in measures:
        source = each.source
        families[source.app_ids, source.rows, source.range_ticks, source.by][each] = None
    for family in families.values():
        for some in _in_parts(list(family)):
            values = tuple(dict.fromkeys(each.value for each in some))
            rows = some[0].source.rows
            keys = len(rows.keys) if isinstance(rows, Rows) else 0
            yield Question(_text(some, values, ""), tuple(some), values, keys)


def series_question(measure: Measure, window_ticks: int, every_ticks: int) -> Question:
    """Return the query for many windows at once: its rows are told apart by their window's end.

    Args:
        measure: of `Rows`.
        window_ticks: how long a window is: a whole multiple of `every_ticks`.
        every_ticks: how far the ends of windows are apart; they are multiples of it.
    """
    every = literal(KqlType.TIMESPAN, every_ticks)
    steps = f"| extend _end = bin(timestamp, {every}) + {every}"
    overlapping = window_ticks // every_ticks
    if overlapping > 1:
        last = literal(KqlType.TIMESPAN, (overlapping - 1) * every_ticks)
        steps += f"\n| mv-expand _end = range(_end, _end + {last}, {every}) to typeof(datetime)"
    keys = len(_rows(measure).keys)
    text = _text([measure], (measure.value,), steps)
    return Question(text, (measure,), (measure.value,), keys, steps=True)


def answers(question: Question, result: QueryResult) -> dict[Measure, Values]:
    """Return for each measure what was measured, by combination.

    Raises:
        TooManyRows: there is more.
    """
    found: dict[tuple[str, tuple[str, ...]], Values] = defaultdict(dict)
    for _, key, split, values in _read(question, result):
        for value, number in values:
            found[value, key][split] = number
    return {
        each: _counted(each, found.get((each.value, each.source.key), {}))
        for each in question.measures
    }


def series(question: Question, result: QueryResult) -> dict[int, Values]:
    """Return what was measured for each end of a window that has rows; see `series_question`.

    Raises:
        TooManyRows: there is more.
    """
    found: dict[int, Values] = defaultdict(dict)
    for end, _, split, values in _read(question, result):
        for _, number in values:
            found[end][split] = number
    (measure,) = question.measures
    return {end: _counted(measure, values) for end, values in found.items()}


def _counted(measure: Measure, values: Values) -> Values:
    """Return the combinations that count for a measure, of those that a question has."""
    only = measure.source.only
    if not only:
        return values
    return {
        split: number
        for split, number in values.items()
        if all(each.fits([value for _, value in split]) for each in only)
    }


def _read(
    question: Question, result: QueryResult
) -> Iterator[tuple[int, tuple[str, ...], Split, list[tuple[str, float]]]]:
    if result.partial:
        raise TooManyRows(
            f"cannot look at more than {question.most_rows} combinations"
            f"{' and windows' if question.steps else ''}: filter dimensions, or split by fewer"
        )
    names = [name for name, _ in question.source.by]
    first = 1 + len(question.values)
    for row in result.tables[0].raw:
        if not row[0]:
            continue  # a summary of nothing
        texts = [_text_of(cell) for cell in row[first : first + question.keys + len(names)]]
        split = tuple(zip(names, texts[question.keys :], strict=True))
        values = [
            (value, float(cell))  # type: ignore[arg-type]  # the text asks for reals
            for value, cell in zip(question.values, row[1:first], strict=True)
            if cell is not None
        ]
        end = int(str(row[-1])) if question.steps else 0
        yield end, tuple(texts[: question.keys]), split, values


def _in_parts(family: Sequence[Measure]) -> Iterator[list[Measure]]:
    """Yield the measures of one family so that no query grows without bound."""
    part: list[Measure] = []
    keys: set[tuple[str, ...]] = set()
    texts: set[str] = set()
    values: set[str] = set()
    for each in family:
        own = {text for only in each.source.only for text in only.values}
        keys.add(each.source.key)
        values.add(each.value)
        texts |= own
        if (
            len(keys) > _KEYS_AT_ONCE
            or len(values) > _VALUES_AT_ONCE
            or len(texts) > _TEXTS_AT_ONCE
        ) and part:
            yield part
            part, keys, values, texts = [], {each.source.key}, {each.value}, own
        part.append(each)
    yield part


def _rows(measure: Measure) -> Rows:
    rows = measure.source.rows
    if not isinstance(rows, Rows):
        raise TypeError("BUG: a typed query has no windows of its own")
    return rows


def _text(measures: Sequence[Measure], values: Sequence[str], steps: str) -> str:
    source = measures[0].source
    by = [f"split{n} = {value}" for n, (_, value) in enumerate(source.by)]
    rows = source.rows
    lines = []
    if isinstance(rows, Typed):
        lines.append(rows.kql)
    else:
        lines.append(rows.tables)
        if rows.where:
            lines.append(f"| where {rows.where}")
        if rows.keys:
            lines.append(f"| where {_is_one_of(rows.keys, {each.source.key for each in measures})}")
        if rows.then:
            lines.append(f"| {rows.then}")
        by = [*(f"key{n} = tostring({key})" for n, key in enumerate(rows.keys)), *by]
    lines += [f"| where {each}" for each in _included(measures)]
    if steps:
        lines.append(steps)
        by.append("_end")
    columns = ", ".join(f"value{n} = toreal({value})" for n, value in enumerate(values))
    grouped = f" by {', '.join(by)}" if by else ""
    lines.append(f"| summarize _rows = count(), {columns}{grouped}")
    order = [column.partition(" = ")[0] for column in by]
    shown = ["_rows", *(f"value{n}" for n in range(len(values))), *order]
    lines.append(f"| project {', '.join(shown)}")
    return "\n".join(lines)


def _included(measures: Sequence[Measure]) -> Iterator[str]:
    """Yield conditions that hold for whatever counts for one of the measures."""
    for place, (_, kql) in enumerate(measures[0].source.by):
        named = [
            only.values
            for each in measures
            for only in each.source.only
            if only.place == place and only.is_included
        ]
        if len(named) == len(measures):
            texts = ", ".join(_quoted(text) for text in sorted(frozenset().union(*named)))
            yield f"{kql} in ({texts})"


def _is_one_of(keys: Sequence[str], wanted: set[tuple[str, ...]]) -> str:
    if len(keys) == 1:
        texts = ", ".join(_quoted(key) for (key,) in sorted(wanted))
        return f"{keys[0]} in ({texts})"
    each = (
        " and ".join(f"{key} == {_quoted(value)}" for key, value in zip(keys, values, strict=True))
        for values in sorted(wanted)
    )
    return " or ".join(f"({one})" for one in each)


def _quoted(text: str) -> str:
    return literal(KqlType.STRING, text)


def _text_of(cell: object) -> str:
    return "" if cell is None else str(cell)
