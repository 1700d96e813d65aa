"""The shape of a function: one row says all that is known about it.

To add a scalar function, add one `Function` row to a family's list (`functions/<family>.py`); the
registry finds it, the binder checks and converts its arguments, the emitter writes its SQL. To add
an aggregate, add one `Aggregate` row to `functions/aggregates.py`. A function whose arguments are
not plain values (`iff`, `toscalar`, `column_ifexists`, …) is a `Special` row, which binds itself.

SQL is a template with `{0}`, `{1}` for the arguments' SQL (`{*}` for all, comma-separated), or a
callable of (arguments' SQL, bound arguments) for what a template cannot say. Braces that belong to
the SQL are doubled. Where SQL cannot say it, `python` names a function that the store registers
(sql/udf.py); the template then calls it by `kql_<name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Self

from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.bound import Bound
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call


class Kind(StrEnum):
    """What a parameter takes. A dynamic argument is converted to the kind's type."""

    ANY = "any"
    """Anything, as it is."""
    TEXT = "text"
    """Anything; what is no string becomes one as by tostring."""
    STRING = "string"
    """A string."""
    PATTERN = "pattern"
    """A string that is a regular expression; one that is known in advance is checked."""
    BOOL = "bool"
    INTEGER = "integer"
    """int or long; arrives as long."""
    NUMBER = "number"
    """int, long, real or decimal, as it is."""
    REAL = "real"
    """Any number; arrives as real."""
    DATETIME = "datetime"
    TIMESPAN = "timespan"
    GUID = "guid"
    DYNAMIC = "dynamic"
    """A dynamic value; a string becomes a dynamic string."""
    JSON = "json"
    """Anything; arrives as the JSON text that stands for it, never null."""
    ORDERED = "ordered"
    """Anything that can be ordered: not dynamic."""
    SUMMABLE = "summable"
    """A number, timespan or datetime, as it is."""


class Null(Enum):
    """When a function gives null, or for strings ''."""

    PROPAGATES = 1
    """If and only if an argument is null."""
    NEVER = 2
    """Never, whatever the arguments."""
    MAKES = 3
    """Also where no argument is null, such as a conversion that fails."""


class Naming(Enum):
    """What an unnamed column made by the function is called."""

    NONE = 1
    """ColumnN."""
    FIRST = 2
    """As its first argument would be called."""
    PREFIX = 3
    """`<prefix>_<first argument's name>`; the prefix is the function's name unless told."""
    FIXED = 4
    """Always the same, as told."""
    ONLY = 5
    """As its argument would be called if it has but one, else ColumnN."""


Lowering = str | Callable[[Sequence[str], "Sequence[Bound]"], str]
ResultType = KqlType | Callable[[Sequence[KqlType]], KqlType]


@dataclass(frozen=True, slots=True)
class Udf:
    """A function written in Python that the engine calls, one row at a time.

    Attributes:
        function: takes and returns plain values (ticks, JSON text); None is null.
        parameters: SQL types of the arguments.
        result: SQL type of the result.
    """

    function: Callable[..., object]
    parameters: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function or operator.

    Attributes:
        name: as queries spell it; operators and internal ones hold a space or a sign.
        parameters: kinds of the arguments.
        result: its type, or a function of the arguments' types.
        duckdb: SQL for DuckDB.
        optional: how many of the last parameters may be left out.
        variadic: whether the last parameter may be repeated.
        null: when the result is null.
        naming: of an unnamed column.
        fold: the same in Python on constants (ticks, text), for what is known at compile time;
            it may return None for null and raise ValueError when it cannot say.
        aliases: other spellings.
        python: the engine's function behind the SQL, if any.
        window: whether it looks at neighbouring rows; `duckdb` then lacks the OVER clause.
        title: the prefix or fixed name that the naming speaks of; "" for the function's name.
        volatile: whether each call may give another value.
    """

    name: str
    parameters: tuple[Kind, ...]
    result: ResultType
    duckdb: Lowering
    optional: int = 0
    variadic: bool = False
    null: Null = Null.PROPAGATES
    naming: Naming = Naming.NONE
    fold: Callable[..., object] | None = None
    aliases: tuple[str, ...] = ()
    python: Udf | None = None
    window: bool = False
    title: str = ""
    volatile: bool = False

    def result_type(self, types: Sequence[KqlType]) -> KqlType:
        """The type of the result for arguments of these types."""
        return self.result if isinstance(self.result, KqlType) else self.result(types)

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: a copy of a plan calls the same functions, which are told by what they are."""
        return self


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate function.

    Attributes:
        name: as queries spell it.
        parameters: kinds of the arguments, without the predicate of an `…if` form.
        result: its type, or a function of the arguments' types.
        duckdb: SQL for DuckDB; `{filter}` stands for a FILTER clause (or nothing), `{order}` for
            an ORDER BY of the rows of the group (or nothing).
        empty: SQL of the value for a group in which nothing counts; None: as the SQL gives it.
        prefix: of the column's name; "" for the plain name of the first argument.
        optional: how many of the last parameters may be left out.
        conditional: names of the forms with a predicate (`countif` for `count`).
        aliases: other spellings.
        conditional_prefix: of the `…if` form's column name; None: the form's own name.
        ordered: whether the order of the rows matters to the result.
        python: the engine's function behind the SQL, if any.
        names: how many arguments take part in the column's name.
        check: says what is wrong with arguments that are known in advance, or "".
        frugal: SQL of an estimate that takes little memory however many rows there are; None:
            `duckdb` does.
    """

    name: str
    parameters: tuple[Kind, ...]
    result: ResultType
    duckdb: Lowering
    empty: str | None = None
    prefix: str | None = None
    optional: int = 0
    conditional: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    conditional_prefix: str | None = None
    ordered: bool = False
    python: Udf | None = None
    names: int = 1
    check: Callable[[Sequence[Bound]], str] | None = None
    frugal: Lowering | None = None

    def result_type(self, types: Sequence[KqlType]) -> KqlType:
        """The type of the result for arguments of these types."""
        return self.result if isinstance(self.result, KqlType) else self.result(types)

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: a copy of a plan calls the same functions, which are told by what they are."""
        return self


@dataclass(frozen=True, slots=True)
class Special:
    """A function that binds its own arguments.

    Attributes:
        names: as queries spell it.
        bind: makes the bound expression of a call.
        naming: of an unnamed column.
        title: the prefix or fixed name that the naming speaks of; "" for the function's name.
    """

    names: tuple[str, ...]
    bind: Callable[[Expressions, Call], Bound]
    naming: Naming = Naming.NONE
    title: str = ""
