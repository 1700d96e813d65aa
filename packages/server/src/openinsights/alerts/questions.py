"""The queries of measures: those that read the same rows of the same window share one.

A measure has the same answer alone and beside others. Queries that people typed share one where
they only filter the same table: their conditions are then those of aggregates, one for each. The
texts of a question do not name times, which stand beside them, so that they are the same from
window to window.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.alerts.rules.measure import Rows, Source, Typed
from openinsights.query.literals import literal
from openinsights.query.service import QueryRequest
from openinsights.query.values import datetime_text
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from openinsights.alerts.alert import Split
    from openinsights.alerts.evaluate import Values
    from openinsights.alerts.rules.measure import Measure
    from openinsights.query.result import QueryResult

MOST_ROWS: Final = 50_000
MOST_ROWS_OF_SERIES: Final = 400_000
_KEYS_AT_ONCE: Final = 200
_VALUES_AT_ONCE: Final = 40
_TEXTS_AT_ONCE: Final = 1_000
_CONDITIONS_AT_ONCE: Final = 50
_ANY: Final = ""
"""The condition of aggregates that go by all rows of a question."""


class TooManyRows(ValueError):
    """A question has more answers than can be looked at."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query for several measures.

    Attributes:
        text: the query.
        measures: what it answers; all with the same rows, but for their keys and conditions.
        values: the columns of values: the condition of each, and its aggregate.
        keys: how many columns of keys there are.
        steps: whether the rows are told apart by the end of their window.
        conditions: for each the answer has a column with how many rows fulfil it.
    """

    text: str
    measures: tuple[Measure, ...]
    values: tuple[tuple[str, str], ...]
    keys: int
    steps: bool = False
    conditions: tuple[str, ...] = (_ANY,)

    @property
    def source(self) -> Source:
        """What all the measures read, but for the key and the condition."""
        return self.measures[0].source

    @property
    def is_shared(self) -> bool:
        """Whether queries that people typed are put together in it."""
        return self.conditions != (_ANY,)

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


def questions(
    measures: Iterable[Measure], apart: Container[Measure] = frozenset()
) -> Iterator[Question]:
    """Yield the queries that answer all the measures, each measure once.

    Args:
        measures: what is asked for.
        apart: those of typed queries that share theirs with no other.
    """
    families: dict[object, dict[Measure, None]] = defaultdict(dict)
    for each in measures:
        families[_apart(each.source) if each in apart else family_of(each.source)][each] = None
    for family in families.values():
        is_shared = len({each.source.rows for each in family}) > 1
        for some in _in_parts(list(family)):
            if is_shared:
                yield _shared(some)
                continue
            values = tuple(dict.fromkeys(each.value for each in some))
            rows = some[0].source.rows
            keys = len(rows.keys) if isinstance(rows, Rows) else 0
            columns = [f"value{n} = toreal({value})" for n, value in enumerate(values)]
            text = _text(some, ["rows0 = count()", *columns], "")
            yield Question(text, tuple(some), tuple((_ANY, value) for value in values), keys)


def family_of(source: Source) -> tuple[object, ...]:
    """Return what is equal for sources that share a question."""
    rows = source.rows
    if isinstance(rows, Typed) and rows.filtered is not None:
        return source.app_ids, rows.filtered.table, rows.is_workspace, source.range_ticks, source.by
    return _apart(source)


def _apart(source: Source) -> tuple[object, ...]:
    return source.app_ids, source.rows, source.range_ticks, source.by


def _shared(some: Sequence[Measure]) -> Question:
    """Return the query for measures of queries that filter one table."""
    conditions = tuple(dict.fromkeys(_condition(each) for each in some))
    values = tuple(dict.fromkeys((_condition(each), each.value) for each in some))
    columns = [f"rows{n} = {_where('count()', each)}" for n, each in enumerate(conditions)]
    columns += [
        f"value{n} = toreal({_where(value, condition)})"
        for n, (condition, value) in enumerate(values)
    ]
    text = _text(some, columns, "")
    return Question(text, tuple(some), values, 0, conditions=conditions)


def _condition(measure: Measure) -> str:
    rows = measure.source.rows
    return rows.filtered.where if isinstance(rows, Typed) and rows.filtered else _ANY


def _where(aggregate: str, condition: str) -> str:
    """Return an aggregate over the rows that fulfil a condition.

    What `countif` and its kin become takes the engine three to five times as long.
    """
    if condition == _ANY:
        return aggregate
    name, _, rest = aggregate.partition("(")
    argument = rest.removesuffix(")")
    if not argument:
        return f"sum(toint({condition}))"
    return f"{name}(iff({condition}, {argument}, real(null)))"


def has_series(measure: Measure, window_ticks: int) -> bool:
    """Return whether one query can tell what a measure was in many windows of this length.

    The rows of its windows have to be those of the query over all of them, each in one place.
    """
    rows = measure.source.rows
    if isinstance(rows, Rows):
        return not rows.then
    if rows.filtered is None or rows.filtered.goes_by_now:
        return False
    return rows.filtered.table in BY_NAME and measure.source.range_ticks == window_ticks


def series_question(measure: Measure, window_ticks: int, every_ticks: int) -> Question:
    """Return the query for many windows at once: its rows are told apart by their window's end.

    Args:
        measure: one that has a series.
        window_ticks: how long a window is: a whole multiple of `every_ticks`.
        every_ticks: how far the ends of windows are apart; they are multiples of it.
    """
    every = literal(KqlType.TIMESPAN, every_ticks)
    steps = f"| extend _end = bin({_time_column(measure.source.rows)}, {every}) + {every}"
    overlapping = window_ticks // every_ticks
    if overlapping > 1:
        last = literal(KqlType.TIMESPAN, (overlapping - 1) * every_ticks)
        steps += f"\n| mv-expand _end = range(_end, _end + {last}, {every}) to typeof(datetime)"
    rows = measure.source.rows
    keys = len(rows.keys) if isinstance(rows, Rows) else 0
    text = _text([measure], ["rows0 = count()", f"value0 = toreal({measure.value})"], steps)
    return Question(text, (measure,), ((_ANY, measure.value),), keys, steps=True)


def answers(question: Question, result: QueryResult) -> dict[Measure, Values]:
    """Return for each measure what was measured, by combination.

    Raises:
        TooManyRows: there is more.
    """
    found: dict[tuple[tuple[str, str], tuple[str, ...]], Values] = defaultdict(dict)
    for _, key, split, values in _read(question, result):
        for value, number in values:
            found[value, key][split] = number

    def of(measure: Measure) -> Values:
        condition = _condition(measure) if question.is_shared else _ANY
        return found.get(((condition, measure.value), measure.source.key), {})

    return {each: _counted(each, of(each)) for each in question.measures}


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
) -> Iterator[tuple[int, tuple[str, ...], Split, list[tuple[tuple[str, str], float]]]]:
    if result.partial:
        raise TooManyRows(
            f"cannot look at more than {question.most_rows} combinations"
            f"{' and windows' if question.steps else ''}: filter dimensions, or split by fewer"
        )
    names = [name for name, _ in question.source.by]
    counts = len(question.conditions)
    first = counts + len(question.values)
    for row in result.tables[0].raw:
        # where no row counts, there is a summary of nothing
        rows = dict(zip(question.conditions, row[:counts], strict=True))
        if not any(rows.values()):
            continue
        texts = [_text_of(cell) for cell in row[first : first + question.keys + len(names)]]
        split = tuple(zip(names, texts[question.keys :], strict=True))
        values = [
            (value, float(cell))  # type: ignore[arg-type]  # the text asks for reals
            for value, cell in zip(question.values, row[counts:first], strict=True)
            if cell is not None and rows[value[0]]
        ]
        end = int(str(row[-1])) if question.steps else 0
        yield end, tuple(texts[: question.keys]), split, values


def _in_parts(family: Sequence[Measure]) -> Iterator[list[Measure]]:
    """Yield the measures of one family so that no query grows without bound."""
    part: list[Measure] = []
    keys: set[tuple[str, ...]] = set()
    texts: set[str] = set()
    values: set[str] = set()
    conditions: set[str] = set()
    for each in family:
        own = {text for only in each.source.only for text in only.values}
        keys.add(each.source.key)
        values.add(each.value)
        conditions.add(_condition(each))
        texts |= own
        if (
            len(keys) > _KEYS_AT_ONCE
            or len(values) > _VALUES_AT_ONCE
            or len(texts) > _TEXTS_AT_ONCE
            or len(conditions) > _CONDITIONS_AT_ONCE
        ) and part:
            yield part
            part, keys, values, texts = [], {each.source.key}, {each.value}, own
            conditions = {_condition(each)}
        part.append(each)
    yield part


def _time_column(rows: Rows | Typed) -> str:
    if isinstance(rows, Rows):
        return "timestamp"
    table = None if rows.filtered is None else BY_NAME.get(rows.filtered.table)
    if table is None:
        raise TypeError("BUG: a typed query that does more than filter has no windows of its own")
    return table.time_column


def _text(measures: Sequence[Measure], columns: Sequence[str], steps: str) -> str:
    source = measures[0].source
    by = [f"split{n} = {value}" for n, (_, value) in enumerate(source.by)]
    rows = source.rows
    lines = []
    conditions = dict.fromkeys(_condition(each) for each in measures)
    if isinstance(rows, Typed) and rows.filtered is not None and len(conditions) > 1:
        lines.append(rows.filtered.table)
        if by and _ANY not in conditions:  # no combination of rows that count for nobody
            lines.append(f"| where {' or '.join(conditions)}")
    elif isinstance(rows, Typed):
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
    grouped = f" by {', '.join(by)}" if by else ""
    lines.append(f"| summarize {', '.join(columns)}{grouped}")
    shown = [column.partition(" = ")[0] for column in (*columns, *by)]
    lines.append(f"| project {', '.join(shown)}")
    return "\n".join(lines)


def _included(measures: Sequence[Measure]) -> Iterator[str]:
    """Yield conditions that hold for whatever counts for one of the measures."""
    for place, (_, kql) in enumerate(measures[0].source.by):
        named = [
            only.values
            for each in measures
            for only in each.source.only
            if only.place == place and only.is_included and not only.are_beginnings
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
