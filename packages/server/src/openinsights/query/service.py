"""Runs queries: text to plan, plan to SQL over the store's relations, SQL to a typed result.

Called by the API, the portal and `openinsights.open()`; knows no HTTP. Blocks: callers on an event
loop go through `QueryQueue`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from openinsights.catalog.errors import CatalogError
from openinsights.clock import TICKS_PER_DAY
from openinsights.errors import OpenInsightsError
from openinsights.kql.api import (
    CompileOptions,
    Database,
    OtherResource,
    ResourceUnavailable,
    compile,
    emit,
)
from openinsights.kql.sql.dialects import dialect_named
from openinsights.query.limits import QueryLimits
from openinsights.query.result import QueryResult, Render, ResultTable, Statistics
from openinsights.query.timespan import TimeRange, parse_timespan
from openinsights.schema.catalog import ALL, APP
from openinsights.store.api import Cancellation, KeyColumn, ScanRequest
from openinsights.store.errors import DaysChanged, QueryTimeout, QueryTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock
    from openinsights.kql.api import Scan, Statement
    from openinsights.query.result import RowTaker
    from openinsights.schema.sql import Sql
    from openinsights.schema.types import KqlType
    from openinsights.store.api import Store, StoredDay
    from openinsights.store.rowset import RowSet

_SETTLE_S = 2.0
"""How long a query waits for rows that were acknowledged a moment before."""

_DROPS_AT_ONCE = 3
"""How often a query is compiled again because days are dropped at the same time."""

_DATABASE_NAME = "openinsights"


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query as a caller puts it.

    Attributes:
        text: KQL.
        app_ids: resources whose rows are read; None means every one that the caller may read.
        timespan: a filter on the time column beside the query's own, in ISO 8601.
        further_timespan: another one; rows must fit both.
        timeout_s: how long it may run; None leaves it to the limits.
        max_rows: how many rows are wanted at most; None leaves it to the limits.
        cancellation: lets another thread stop it.
        is_workspace: whether only the App* tables are there, as in a Log Analytics workspace.
        resource_named: what `app('…')` and its kin mean to this caller, as for the service; it
            MUST raise for resources that the caller may not read. None: what they mean to the
            service.
        parameters: values for `declare query_parameters`: JSON, or texts that are literals, or
            `Given` values, which need no declaration.
        takes_part: whether rows that were there when the time was over are an answer, which then
            says that it is partial; else nothing is.
        now_ticks: what now() is; None leaves it to the clock.
        is_settled: whether the caller has waited for what was acknowledged, or need not see it.
        taker: makes what takes the rows of a table with columns of these types; None keeps them in
            the result.
    """

    text: str
    app_ids: tuple[str, ...] | None = None
    timespan: str | None = None
    further_timespan: str | None = None
    timeout_s: float | None = None
    max_rows: int | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    is_workspace: bool = False
    resource_named: Callable[[str], Resource] | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    takes_part: bool = False
    now_ticks: int | None = None
    is_settled: bool = False
    taker: Callable[[tuple[KqlType, ...]], RowTaker] | None = None


@dataclass(frozen=True, slots=True)
class _Answered:
    """The answer to one statement.

    Attributes:
        sql: what ran; None when there was no time for it.
        table: its rows.
        partial: why rows are missing, or "".
        out_of_time: whether it is for want of time.
    """

    sql: Sql | None
    table: ResultTable
    partial: str = ""
    out_of_time: bool = False


class QueryService:
    """Answers queries; safe to use from many threads.

    Args:
        store: holds the rows.
        resource_named: what `app('…')` means: name, id or resource id to resource; raises
            ResourceNotFound or AmbiguousResource.
        clock: tells what now() is.
        limits: bounds of a query.
        measure: told how long each query took, and the code of its error, "" without one.
        every_app_id: which resources the caller may read; None means every resource.
        principal: who the caller is, as `current_principal()` tells it; "" when that is not known.
    """

    def __init__(
        self,
        store: Store,
        resource_named: Callable[[str], Resource],
        clock: Clock,
        limits: QueryLimits | None = None,
        measure: Callable[[float, str], None] = lambda seconds, code: None,
        every_app_id: Callable[[], tuple[str, ...] | None] = lambda: None,
        principal: Callable[[], str] = str,
    ) -> None:
        self._every_app_id = every_app_id
        self._principal = principal
        self._store = store
        self._dialect = dialect_named(store.dialect)
        self._resource_named = resource_named
        self._clock = clock
        self._limits = limits or QueryLimits()
        self._measure = measure

    def run(self, request: QueryRequest) -> QueryResult:
        """Answer a query.

        Raises:
            KqlError: the text is no KQL, names something unknown or is not supported.
            BadTimespan: a timespan has a form that is not understood.
            QueryTimeout: it took longer than granted, and no row was there until then, or the caller
                takes no part of an answer.
            QueryCancelled: its cancellation was cancelled.
        """
        started = self._clock.monotonic_s()
        code = "InternalError"
        try:
            result = self._run_from(started, request)
            code = ""
        except OpenInsightsError as error:
            code = error.code
            raise
        finally:
            self._measure(self._clock.monotonic_s() - started, code)
        return result

    def _run_from(self, started: float, request: QueryRequest) -> QueryResult:
        deadline = started + self._limits.granted_s(request.timeout_s)
        now = self._clock.now_ticks() if request.now_ticks is None else request.now_ticks
        span = parse_timespan(request.timespan, now)
        further = parse_timespan(request.further_timespan, now)
        span = span.within(further.start_ticks, further.end_ticks)

        def ask(question: Statement) -> str | None:
            self._settle(request, deadline)
            sql = self._sql(question, request, span)
            rows = self._run(
                sql, request, deadline, max_rows=1
            ).rows  # a single one, so all or none
            return str(rows[0][0]) if rows and rows[0][0] is not None else None

        options = CompileOptions(
            now_ticks=now,
            parameters=request.parameters,
            ask=ask,
            kept_keys=self._store.kept_keys(),
            rollups=self._store.rollups(),
            limits=self._limits.compile,
            principal=self._principal(),
        )
        compiled = compile(request.text, self._database(request), options)
        compiled_at = self._clock.monotonic_s()
        self._settle(request, deadline)
        answers: list[_Answered] = []
        try:
            for statement in compiled.statements:
                used = sum(each.table.count * len(each.table.columns) for each in answers)
                rows = self._limits.granted_rows(request.max_rows, len(statement.columns), used)
                share = replace(request, max_rows=rows)
                try:
                    answers.append(self._answer(statement, share, span, deadline))
                except QueryTimeout as late:
                    if not answers or not request.takes_part:
                        raise
                    answers.append(_without_rows(statement, request, late))
        except BaseException:
            for each in answers:
                _let_go(each.table)
            raise
        return QueryResult(
            tables=tuple(each.table for each in answers),
            render=_render(compiled.statements[0]),
            sql="" if answers[0].sql is None else answers[0].sql.text,
            partial=next((each.partial for each in answers if each.partial), ""),
            out_of_time=any(each.out_of_time for each in answers),
            statistics=Statistics(
                execution_s=self._clock.monotonic_s() - started, compile_s=compiled_at - started
            ),
        )

    def _settle(self, request: QueryRequest, deadline: float) -> None:
        """Wait until what was accepted before the request can be read."""
        if not request.is_settled:
            left = deadline - self._clock.monotonic_s()
            self._store.settle(min(_SETTLE_S, max(0.0, left)))

    def scans(self, request: QueryRequest) -> list[tuple[Scan, list[StoredDay]]]:
        """Return what a query would read: each scan, with the days that its times overlap.

        Raises:
            KqlError, BadTimespan: as `run`.
        """
        now = self._clock.now_ticks()
        span = parse_timespan(request.timespan, now)
        options = CompileOptions(
            now_ticks=now, parameters=request.parameters, kept_keys=self._store.kept_keys()
        )
        compiled = compile(request.text, self._database(request), options)
        stored = self._store.stored_days()
        found = []
        for scan in (scan for statement in compiled.statements for scan in statement.scans):
            bounds = span.within(scan.time_from, scan.time_to)
            first, last = bounds.start_ticks, bounds.end_ticks
            bounded = replace(scan, time_from=first, time_to=last)
            days = [
                day
                for day in stored
                if (first is None or day.day >= first // TICKS_PER_DAY)
                and (last is None or day.day <= last // TICKS_PER_DAY)
            ]
            found.append((bounded, days))
        return found

    def _sql(
        self,
        statement: Statement,
        request: QueryRequest,
        span: TimeRange,
        *,
        is_frugal: bool = False,
        newest: tuple[frozenset[int], TimeRange] | None = None,
    ) -> Sql:
        sources = {}
        for scan in statement.scans:
            within = span
            if newest is not None and scan.id in newest[0]:
                within = span.within(newest[1].start_ticks, None)
            sources[scan.id] = self._store.source(self._scan_request(scan, request, within))
        return emit(statement, sources, is_frugal=is_frugal, dialect=self._dialect)

    def _scan_request(self, scan: Scan, request: QueryRequest, span: TimeRange) -> ScanRequest:
        bounds = span.within(scan.time_from, scan.time_to)
        asked = self._every_app_id() if request.app_ids is None else request.app_ids
        return ScanRequest(
            table=scan.table,
            columns=scan.columns,
            app_ids=asked if scan.resource is None else (scan.resource,),
            time_from=bounds.start_ticks,
            time_to=bounds.end_ticks,
            newest=scan.newest_first_limit,
            among=scan.among,
            keys=tuple(KeyColumn(key.name, key.column, key.key, key.as_text) for key in scan.keys),
            weights=scan.weights,
            is_rolled_up=scan.is_rolled_up,
            id=scan.id,
        )

    def _database(self, request: QueryRequest) -> Database:
        """The tables that a request sees, and the way to those of other resources."""
        named = request.resource_named or self._resource_named

        def resource(call: str, name: str) -> OtherResource:
            try:
                app_id = named(name).app_id
            except CatalogError as error:
                raise ResourceUnavailable(error.message) from None
            return OtherResource(app_id, APP if call == "workspace" else ALL)

        tables = APP if request.is_workspace else ALL
        return Database(tables, name=_DATABASE_NAME, resource=resource)

    def _answer(
        self, statement: Statement, request: QueryRequest, span: TimeRange, deadline: float
    ) -> _Answered:
        for _ in range(_DROPS_AT_ONCE):
            try:
                return self._read(statement, request, span, deadline)
            except DaysChanged:
                # a day went after the query had been compiled: the next text does not name it
                continue
        return self._read(statement, request, span, deadline)

    def _read(
        self, statement: Statement, request: QueryRequest, span: TimeRange, deadline: float
    ) -> _Answered:
        newest = self._from_newest_day(statement, request, span, deadline)
        if newest is not None:
            return newest
        sql = self._sql(statement, request, span)
        try:
            return self._table(statement, sql, request, deadline)
        except QueryTooLarge:
            estimate = self._sql(statement, request, span, is_frugal=True)
            if estimate.text == sql.text:
                raise
        return self._table(statement, estimate, request, deadline)

    def _from_newest_day(
        self, statement: Statement, request: QueryRequest, span: TimeRange, deadline: float
    ) -> _Answered | None:
        """The answer from the newest day alone, None unless it has as many rows as are wanted."""
        wanted = statement.newest_first
        if wanted is None or all(
            scan.newest_first_limit is not None
            for scan in statement.scans
            if scan.id in wanted.scans
        ):
            return None  # in the second case the store does the same, and better
        bounds = [
            span.within(scan.time_from, scan.time_to)
            for scan in statement.scans
            if scan.id in wanted.scans
        ]
        days = [
            day.day
            for day in self._store.stored_days()
            if any(
                (each.start_ticks is None or day.day >= each.start_ticks // TICKS_PER_DAY)
                and (each.end_ticks is None or day.day <= each.end_ticks // TICKS_PER_DAY)
                for each in bounds
            )
        ]
        if len(days) < 2:
            return None
        since = TimeRange(max(days) * TICKS_PER_DAY)
        sql = self._sql(statement, request, span, newest=(wanted.scans, since))
        try:
            found = self._table(statement, sql, request, deadline)
        except QueryTooLarge:
            return None
        if found.out_of_time or (not found.partial and found.table.count == wanted.count):
            return found
        _let_go(found.table)
        return None

    def _table(
        self, statement: Statement, sql: Sql, request: QueryRequest, deadline: float
    ) -> _Answered:
        max_rows = self._limits.granted_rows(request.max_rows, len(statement.columns))
        columns = tuple(statement.columns)
        taker = None if request.taker is None else request.taker(tuple(kind for _, kind in columns))
        try:
            rowset = self._run(sql, request, deadline, max_rows, taker)
            if rowset.out_of_time and not request.takes_part:
                raise QueryTimeout("cannot finish the query within its time")
        except BaseException:
            if taker is not None:
                taker.close()
            raise
        table = ResultTable(statement.name, columns, rowset.rows, taker)
        says = ""
        if rowset.truncated:
            says = f"only the first {table.count} rows are returned; narrow the query or add 'take'"
        elif rowset.out_of_time:
            says = (
                f"only the {table.count} rows that were there when the query's time was over are"
                " returned; narrow the query or grant it more time"
            )
        return _Answered(sql, table, says, rowset.out_of_time)

    def _run(
        self,
        sql: Sql,
        request: QueryRequest,
        deadline: float,
        max_rows: int,
        taker: RowTaker | None = None,
    ) -> RowSet:
        return self._store.run(
            sql,
            timeout_s=max(0.001, deadline - self._clock.monotonic_s()),
            max_rows=max_rows,
            cancellation=request.cancellation,
            take=None if taker is None else taker.take,
        )


def _without_rows(statement: Statement, request: QueryRequest, late: QueryTimeout) -> _Answered:
    """The answer of a statement for which there was no time, beside those for which there was."""
    columns = tuple(statement.columns)
    taker = None if request.taker is None else request.taker(tuple(kind for _, kind in columns))
    says = f"table {statement.name!r} has no rows: {late.message}"
    return _Answered(None, ResultTable(statement.name, columns, [], taker), says, True)


def _let_go(table: ResultTable) -> None:
    if table.taken is not None:
        table.taken.close()


def _render(statement: Statement) -> Render | None:
    render = statement.render
    return None if render is None else Render(render.visualization, dict(render.properties))
