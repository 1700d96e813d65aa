"""What a query answers: tables of typed columns, with the forms in which callers want the rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from openinsights.query.chart import chart_of
from openinsights.query.errors import QueryError
from openinsights.query.shown import as_html, as_text, table_text
from openinsights.query.text_chart import text_chart
from openinsights.query.values import TO_PYTHON, TO_REPLY_TEXT, TO_TEXT, converted
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

PRIMARY = "PrimaryResult"
"""The name of the first table; clients look it up by this name."""

_PANDAS_DTYPE = {
    KqlType.BOOL: "boolean",
    KqlType.INT: "Int32",
    KqlType.LONG: "Int64",
    KqlType.REAL: "float64",
}


class RowTaker(Protocol):
    """Takes the rows of one table as the engine hands them over."""

    @property
    def count(self) -> int:
        """How many rows were taken."""
        ...

    def take(self, rows: list[tuple[object, ...]]) -> None:
        """Take some more, in order; called on the thread that runs the query."""
        ...

    def close(self) -> None:
        """Let go of what was taken: the query failed, or is asked in another way."""
        ...


@dataclass(frozen=True)
class ResultTable:
    """One table of a result.

    Attributes:
        name: `PrimaryResult`, or what the query calls it.
        columns: (name, type) in order.
        raw: the rows as the server holds them: ticks as integers, dynamic as JSON text. Empty
            when their caller took them as they came.
        taken: what took them, if the caller named something.
    """

    name: str
    columns: tuple[tuple[str, KqlType], ...]
    raw: list[tuple[object, ...]]
    taken: RowTaker | None = None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.raw) if self.taken is None else self.taken.count

    @property
    def types(self) -> tuple[KqlType, ...]:
        """The columns' types in order."""
        return tuple(kind for _, kind in self.columns)

    @cached_property
    def rows(self) -> list[tuple[object, ...]]:
        """The rows as Python values; a datetime or timespan is cut to whole microseconds."""
        return converted(self.raw, self.types, TO_PYTHON)

    def rows_text(self) -> list[tuple[object, ...]]:
        """Return the rows as a JSON reply carries them, with every 100 ns tick kept as text.

        A dynamic value is JSON text, unless it is a text: then it is that text.
        """
        return converted(self.raw, self.types, TO_REPLY_TEXT)

    def texts(self, at_once: int = 1_000) -> Iterator[tuple[object, ...]]:
        """Yield the rows as `rows_text`, converting so many at a time."""
        for start in range(0, len(self.raw), at_once):
            yield from converted(self.raw[start : start + at_once], self.types, TO_REPLY_TEXT)

    def head_text(self, count: int) -> list[tuple[object, ...]]:
        """Return the first rows as `rows_text`, without converting the others."""
        return converted(self.raw[:count], self.types, TO_REPLY_TEXT)

    def rows_exact(self) -> list[tuple[object, ...]]:
        """Return the rows as `rows_text`, but every dynamic value as JSON text, texts in quotes."""
        return converted(self.raw, self.types, TO_TEXT)

    def df(self) -> pd.DataFrame:
        """Return the rows as a pandas DataFrame.

        Raises:
            QueryError: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise QueryError(
                "cannot build a DataFrame: pandas is not installed; run: pip install pandas"
            ) from None
        values = list(zip(*self.rows, strict=True)) or [()] * len(self.columns)
        series = [
            pandas.Series(list(column), dtype=_pandas_dtype(kind))
            for column, kind in zip(values, self.types, strict=True)
        ]
        frame = pandas.concat(series, axis=1) if series else pandas.DataFrame()
        frame.columns = pandas.Index([name for name, _ in self.columns])
        return frame

    def arrow(self) -> Any:  # a pyarrow.Table; pyarrow ships no types
        """Return the rows as an Arrow table; dynamic stays JSON text, guid becomes text.

        Raises:
            QueryError: pyarrow is not installed.
        """
        try:
            import pyarrow  # type: ignore[import-untyped]  # it ships no types
        except ModuleNotFoundError:
            raise QueryError(
                "cannot build an Arrow table: pyarrow is not installed; run: pip install pyarrow"
            ) from None
        rows = converted(
            self.raw,
            self.types,
            {
                KqlType.DATETIME: TO_PYTHON[KqlType.DATETIME],
                KqlType.TIMESPAN: TO_PYTHON[KqlType.TIMESPAN],
                KqlType.GUID: str,
            },
        )
        values = list(zip(*rows, strict=True)) or [()] * len(self.columns)
        arrays = [
            pyarrow.array(list(column), type=_arrow_type(kind, pyarrow))
            for column, kind in zip(values, self.types, strict=True)
        ]
        return pyarrow.Table.from_arrays(arrays, names=[name for name, _ in self.columns])

    def __repr__(self) -> str:
        """The first rows as text, and how many there are."""
        return table_text(self)


@dataclass(frozen=True, slots=True)
class Render:
    """How the query asks to be drawn.

    Attributes:
        visualization: `timechart`, `piechart`, …
        properties: what stood behind `with (…)`, by lower-case name.
    """

    visualization: str
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the query cost."""

    execution_s: float
    compile_s: float = 0.0


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer to a query.

    The forms of rows on this object are those of the first table.

    Attributes:
        tables: one for each statement that returns rows; never empty.
        render: how to draw the first table, if the query says so.
        sql: the SQL that ran for the first table.
        partial: why rows are missing, or "".
        out_of_time: whether they are missing because the time was over.
        statistics: what it cost.
    """

    tables: tuple[ResultTable, ...]
    render: Render | None = None
    sql: str = ""
    partial: str = ""
    out_of_time: bool = False
    statistics: Statistics = Statistics(0.0)

    @property
    def columns(self) -> list[tuple[str, KqlType]]:
        """(name, type) of each column."""
        return list(self.tables[0].columns)

    @property
    def rows(self) -> list[tuple[object, ...]]:
        """The rows as Python values."""
        return self.tables[0].rows

    def rows_text(self) -> list[tuple[object, ...]]:
        """Return the rows as a JSON reply carries them, with every 100 ns tick kept as text."""
        return self.tables[0].rows_text()

    def df(self) -> pd.DataFrame:
        """Return the rows as a pandas DataFrame.

        Raises:
            QueryError: pandas is not installed.
        """
        return self.tables[0].df()

    def arrow(self) -> Any:  # a pyarrow.Table; pyarrow ships no types
        """Return the rows as an Arrow table; dynamic stays JSON text, guid becomes text.

        Raises:
            QueryError: pyarrow is not installed.
        """
        return self.tables[0].arrow()

    def chart(self, width: int = 100) -> str:
        """Return the first table drawn as the query's `render` says, in letters of a terminal.

        Args:
            width: how wide a line may be.

        Raises:
            QueryError: the query has no `render`, or its table cannot be drawn so.
        """
        if self.render is None:
            raise QueryError("cannot draw the result: end the query with '| render timechart'")
        found = chart_of(self.tables[0], self.render)
        if isinstance(found, str):
            raise QueryError(f"cannot draw the result: {found}")
        return "\n".join(text_chart(found, width=width, has_colours=False))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.tables[0].raw)

    def __bool__(self) -> bool:
        """A result is there, also one without rows."""
        return True

    def __repr__(self) -> str:
        """The first rows of each table as text, and how many there are."""
        return as_text(self)

    def _repr_html_(self) -> str:
        """The first rows of each table as HTML, as notebooks show it."""
        return as_html(self)


def _pandas_dtype(kind: KqlType) -> Any:  # pandas names dtypes by strings and by objects
    if kind is KqlType.DATETIME:
        return "datetime64[us, UTC]"
    if kind is KqlType.TIMESPAN:
        return "timedelta64[us]"
    return _PANDAS_DTYPE.get(kind, object)


def _arrow_type(kind: KqlType, pyarrow: Any) -> Any:  # pyarrow is imported only where it is used
    return {
        KqlType.BOOL: pyarrow.bool_(),
        KqlType.INT: pyarrow.int32(),
        KqlType.LONG: pyarrow.int64(),
        KqlType.REAL: pyarrow.float64(),
        KqlType.DECIMAL: pyarrow.decimal256(76, 38),
        KqlType.DATETIME: pyarrow.timestamp("us", tz="UTC"),
        KqlType.TIMESPAN: pyarrow.duration("us"),
    }.get(kind, pyarrow.string())
