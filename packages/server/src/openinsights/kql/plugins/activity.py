"""Plugins that follow ids along a timeline: who came, came back and stayed away.

Each is a query in the language itself, over the columns `id`, `at` and `dim0`, `dim1`, … that stand
for those which the call names. Periods are counted from the start that is given, and an id is active
in a period if it has a row there. Sources: the plugins' pages of the language's documentation; what
those leave open is said in docs/spec/kql.md, K110 and following.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Bound, Constant, constant
from openinsights.kql.plugins.arguments import Arguments
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.scope import Scope
    from openinsights.kql.syntax import Node

MAX_STEPS: Final = 10_000
"""How many periods a window may span: so many rows become of one."""

_CALENDAR: Final = {
    "week": ("startofweek({0})", "{0} + 7d"),
    "month": ("startofmonth({0})", "datetime_add('month', 1, {0})"),
    "year": ("startofyear({0})", "datetime_add('year', 1, {0})"),
}
"""Periods of the calendar: where the period of a moment starts, and where the next one does."""


@dataclass(slots=True)
class _Timeline:
    """What the plugins of this family have in common.

    Attributes:
        arguments: of the call.
        id: the column of ids.
        at: the column of the timeline.
        dims: columns by which results are split.
        values: what the query's names stand for.
    """

    arguments: Arguments
    id: Column
    at: Column
    dims: list[Column]
    values: dict[str, Bound]

    @property
    def by(self) -> str:
        """The names of the dimensions, to follow others."""
        return "".join(f", dim{place}" for place in range(len(self.dims)))

    def rows(self) -> Relation:
        """The rows under the names of the queries here."""
        dims = [Column(f"dim{place}", dim.symbol) for place, dim in enumerate(self.dims)]
        columns = [Column("id", self.id.symbol), Column("at", self.at.symbol), *dims]
        return self.arguments.relation.showing(columns)

    def run(self, text: str, titles: dict[str, str], **tables: Relation) -> Relation:
        """What a query makes of the rows, under the columns' own names and these titles."""
        made = self.arguments.written(text, {"rows": self.rows(), **tables}, self.values)
        titles = {
            "at": self.at.name,
            **{f"dim{place}": dim.name for place, dim in enumerate(self.dims)},
            **titles,
        }
        namer = Namer()
        return made.showing(
            Column(namer.take(titles.get(column.name, column.name)), column.symbol)
            for column in made.columns
        )

    def steps(self, whole: str, part: str, node: Node) -> int:
        """How many periods of one span fit into another."""
        counts = [value.value for value in (self.values[whole], self.values[part])
                  if isinstance(value, Constant) and isinstance(value.value, (int, float))]  # fmt: skip
        steps = max(int(counts[0] // counts[1]), 1)
        if steps > MAX_STEPS:
            self.arguments.fail(f"a window spans at most {MAX_STEPS} periods, not {steps}", node)
        return steps


def _start(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> _Timeline:
    arguments = Arguments(binder, node, relation, scope)
    return _Timeline(
        arguments, arguments.column("the ids"), arguments.column("the timeline"), [], {}
    )


def _take(timeline: _Timeline, moments: tuple[str, ...], spans: tuple[str, ...]) -> list[Node]:
    """Take moments, then spans, then dimensions; return the places of the spans."""
    arguments = timeline.arguments
    for name in moments:
        value, node = arguments.value(f"its {name}")
        timeline.values[name] = arguments.moment(value, node, timeline.at)
    places = []
    for name in spans:
        value, node = arguments.value(f"its {name}")
        timeline.values[name] = arguments.span(value, node, timeline.at)
        places.append(node)
    return places


def _calendar(timeline: _Timeline) -> tuple[str, str] | None:
    """Take a period of the calendar, if one comes next: its start, and the next one's."""
    arguments = timeline.arguments
    if arguments.next is None or arguments.is_column(arguments.next):
        return None
    value, node = arguments.peek("its window")
    if value.type is not KqlType.STRING:
        return None
    found = _CALENDAR.get(str(value.value) if isinstance(value, Constant) else "")
    if found is None or timeline.at.type is not KqlType.DATETIME:
        arguments.fail("a period is a distance on the timeline, 'week', 'month' or 'year'", node)
    arguments.take("its window")
    return found


def _window(timeline: _Timeline) -> tuple[str, str]:
    """Take the window: the period of a moment, and the period after one, as expressions."""
    found = _calendar(timeline)
    if found is not None:
        return found
    _take(timeline, (), ("window",))
    origin = "start" if "start" in timeline.values else ""
    return (f"bin_at({{0}}, window, {origin})" if origin else "bin({0}, window)"), "{0} + window"


def _activity_engagement(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    line = _start(binder, node, relation, scope)
    has_range = line.arguments.values_ahead() > 2
    places = _take(line, ("start", "end") if has_range else (), ("inner", "outer"))
    line.dims = line.arguments.columns()
    line.arguments.finish()
    steps = line.steps("outer", "inner", places[1])
    line.values["back"] = constant(steps - 1, KqlType.LONG)
    period = "bin_at(at, inner, start)" if has_range else "bin(at, inner)"
    before = "| where at >= start - back * inner and at <= end" if has_range else ""
    within = (
        "at between (start .. end)" if has_range else "at <= toscalar(rows | summarize max(at))"
    )
    return line.run(
        f"""
        rows {before}
        | summarize by id, period = {period}{line.by}
        | extend one = 1
        | join kind=inner (range k from 0 to back step 1 | extend one = 1) on one
        | extend at = period + k * inner
        | where {within}
        | summarize dcount_activities_inner = dcountif(id, k == 0),
            dcount_activities_outer = dcount(id) by at{line.by}
        | extend activity_ratio = todouble(dcount_activities_inner) / dcount_activities_outer
        """,
        {},
    )


def _activity_metrics(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    line = _start(binder, node, relation, scope)
    has_range = line.arguments.values_ahead() > 1
    _take(line, ("start", "end") if has_range else (), ())
    period, following = _window(line)
    line.dims = line.arguments.columns()
    line.arguments.finish()
    within = "| where at between (start .. end)" if has_range else ""
    return line.run(
        f"""
        let seen = materialize(rows {within} | summarize by id, at = {period.format("at")}{line.by});
        union (seen | extend here = true),
            (seen | extend at = {following.format("at")}, here = false)
        | summarize here = countif(here), before = countif(not(here)) by id, at{line.by}
        | summarize dcount_values = countif(here > 0),
            dcount_newvalues = countif(here > 0 and before == 0),
            previous = countif(before > 0) by at{line.by}
        | where dcount_values > 0
        | extend retention_rate =
            iff(previous == 0, 1.0, todouble(dcount_values - dcount_newvalues) / previous)
        | extend churn_rate = 1.0 - retention_rate
        | project at{line.by}, dcount_values, dcount_newvalues, retention_rate, churn_rate
        """,
        {},
    )


def _activity_counts_metrics(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    line = _start(binder, node, relation, scope)
    _take(line, ("start", "end"), ())
    period, _ = _window(line)
    line.dims = line.arguments.columns()
    line.arguments.finish()
    changed = " or ".join(f"dim{place} != prev(dim{place})" for place in range(len(line.dims)))
    return line.run(
        f"""
        rows
        | where at between (start .. end)
        | summarize rows_of_id = count() by id, at = {period.format("at")}{line.by}
        | order by id{line.by}, at asc
        | extend is_new = iff(row_number(1, id != prev(id){_or(changed)}) == 1, 1, 0)
        | summarize ['count'] = sum(rows_of_id), dcount = count(), new_dcount = sum(is_new)
            by at{line.by}
        | order by {line.by[2:] + ", " if line.dims else ""}at asc
        | extend aggregated_dcount = row_cumsum(new_dcount{"," + changed if changed else ""})
        | project at{line.by}, ['count'], dcount, new_dcount, aggregated_dcount
        """,
        {},
    )


def _or(condition: str) -> str:
    return f" or {condition}" if condition else ""


def _new_activity_metrics(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    line = _start(binder, node, relation, scope)
    arguments = line.arguments
    _take(line, ("start", "end"), ())
    period, _ = _window(line)
    cohort = ""
    if arguments.values_ahead():
        _take(line, ("cohort",), ())
        cohort = f"| where first == {period.format('cohort')}"
    line.dims = arguments.columns()
    tables: dict[str, Relation] = {}
    known = ""
    if arguments.next is not None:
        tables["earlier"] = _ids_of(line, arguments.take("its lookback"))
        known = "| join kind=leftanti earlier on id"
        line.dims += arguments.columns()
    arguments.finish()
    periods = "range at from start to end step window"
    if "window" not in line.values:
        periods = f"range at from startofday(start) to end step 1d | summarize by at = {period.format('at')}"
    return line.run(
        f"""
        let seen = materialize(
            rows | where at between (start .. end) {known}
            | summarize by id, at = {period.format("at")}{line.by});
        let first_seen = materialize(seen | summarize first = min(at) by id{line.by});
        let moves = materialize(
            seen | join kind=inner first_seen on id{line.by}
            | summarize ids = count() by first, at{line.by});
        first_seen
        | summarize cohort_size = count() by first{line.by} {cohort}
        | extend one = 1
        | join kind=inner ({periods} | extend one = 1) on one
        | where at >= first
        | join kind=leftouter (moves | project came = first, at, ids{line.by}) on at{line.by}
        | summarize
            dcount_new_values = coalesce(sumif(ids, came > first or (came == first and at == first)), 0),
            dcount_retained_values = coalesce(sumif(ids, came == first), 0)
            by first, at{line.by}, cohort_size
        | extend dcount_churn_values = cohort_size - dcount_retained_values
        | project first, at{line.by}, dcount_new_values, dcount_retained_values,
            dcount_churn_values,
            retention_rate = todouble(dcount_retained_values) / cohort_size,
            churn_rate = todouble(dcount_churn_values) / cohort_size
        """,
        {"first": f"from_{line.at.name}", "at": f"to_{line.at.name}"},
        **tables,
    )


def _ids_of(line: _Timeline, node: Node) -> Relation:
    """The ids of a table: its column of the ids' name, or its only one."""
    arguments = line.arguments
    if not arguments.binder.is_tabular(node, arguments.scope):
        arguments.fail(f"{arguments.title} takes a table here", node)
    table = arguments.binder.relation(node, arguments.scope)
    symbol = table.find(line.id.name)
    if symbol is None and len(table.columns) == 1:
        symbol = table.columns[0].symbol
    if symbol is None or symbol.type is not line.id.type:
        arguments.fail(f"the table has no column '{line.id.name}' of ids: {line.id.type}", node)
    return table.showing([Column("id", symbol)])


def _active_users_count(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    line = _start(binder, node, relation, scope)
    places = _take(line, ("start", "end"), ("lookback", "period"))
    least = line.arguments.whole_number("the number of active periods", 1, MAX_STEPS)
    _take(line, (), ("bin",))
    line.dims = line.arguments.columns()
    line.arguments.finish()
    line.values["least"] = constant(least, KqlType.LONG)
    line.values["back"] = constant(line.steps("lookback", "period", places[0]) - 1, KqlType.LONG)
    return line.run(
        f"""
        rows
        | where at >= start - back * period and at <= end
        | summarize by id, moment = bin_at(at, period, start){line.by}
        | extend one = 1
        | join kind=inner (range k from 0 to back step 1 | extend one = 1) on one
        | summarize times = count(), own = countif(k == 0) by id, at = moment + k * period{line.by}
        | where own > 0 and times >= least and at between (start .. end)
        | summarize dcount = dcount(id) by at = bin_at(at, bin, start){line.by}
        """,
        {},
    )


def _sliding_window_counts(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    line = _start(binder, node, relation, scope)
    places = _take(line, ("start", "end"), ("lookback", "bin"))
    line.dims = line.arguments.columns()
    line.arguments.finish()
    line.values["back"] = constant(line.steps("lookback", "bin", places[0]) - 1, KqlType.LONG)
    return line.run(
        f"""
        rows
        | where at >= start - back * bin and at <= end
        | summarize rows_of_id = count() by id, moment = bin_at(at, bin, start){line.by}
        | extend one = 1
        | join kind=inner (range k from 0 to back step 1 | extend one = 1) on one
        | extend at = moment + k * bin
        | where at between (start .. end)
        | summarize Count = sum(rows_of_id), Dcount = dcount(id) by at{line.by}
        """,
        {},
    )


PLUGINS: Final = (
    Plugin(
        "activity_engagement", _activity_engagement, "Ids of a period as a share of a longer one's."
    ),
    Plugin("activity_metrics", _activity_metrics, "Ids that are new, came back or stayed away."),
    Plugin(
        "activity_counts_metrics", _activity_counts_metrics, "Rows, ids and new ids of each period."
    ),
    Plugin(
        "new_activity_metrics", _new_activity_metrics, "How new ids of a period stay in later ones."
    ),
    Plugin("active_users_count", _active_users_count, "Ids that were active in enough periods."),
    Plugin("sliding_window_counts", _sliding_window_counts, "Rows and ids of a window that moves."),
)
"""The family's rows."""
