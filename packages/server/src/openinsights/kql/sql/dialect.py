"""What engines spell differently: one object for each engine, which the emitter writes with.

The plan and the emitter are the same for all. A dialect says how types, names, constants, rows,
lists and parameters are written, which SQL stands for a function, and what the engine is not able
to do: a capability, whose lack refuses a query rather than answering it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from openinsights.kql.errors import KqlUnsupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from openinsights.kql.functions.row import Aggregate, Function, Lowering
    from openinsights.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that an engine is able to do or not.

    Attributes:
        name: as error messages and the support matrix have it.
        meaning: what it is, in a few words.
        instead: what to do where an engine lacks it, or what it does itself.
        is_needed: whether its lack refuses queries; else there is another way to the same answer.
    """

    name: str
    meaning: str
    instead: str
    is_needed: bool = True


PYTHON: Final = Capability(
    "python-functions",
    "functions that this server computes in Python inside the engine",
    "ask for the columns that it is computed from, and compute it where the answer is read",
)
RECURSION: Final = Capability(
    "recursion",
    "SQL that goes from row to row: scan, and walks along the edges of a graph",
    "ask for the rows in order and walk through them where the answer is read",
)
BANDS: Final = Capability(
    "bands",
    "percentiles of weighted values by way of bands, in memory that does not grow with the rows",
    "the engine's own weighted percentiles take their place",
    is_needed=False,
)
KEPT_BANDS: Final = Capability(
    "kept-bands",
    "percentiles of weighted values by way of bands that the store has counted before",
    "every value is read",
    is_needed=False,
)
PAIRS: Final = Capability(
    "pairs",
    "bags expanded to pairs of key and value without a text of each pair",
    "pairs are expanded as any other array is",
    is_needed=False,
)
LOWERED: Final = Capability(
    "every-function",
    "SQL for every function that the language has",
    "use a function that the support matrix has a yes for",
)

CAPABILITIES: Final = (PYTHON, RECURSION, BANDS, KEPT_BANDS, PAIRS, LOWERED)
"""Every capability that a dialect may have or lack."""


class Impossible(Exception):
    """A function's lowering for arguments that it has no SQL for.

    Attributes:
        what: the function with these arguments, for people.
        lacks: the capability that the engine lacks.
    """

    def __init__(self, what: str, lacks: Capability) -> None:
        """Say what is not possible and why."""
        super().__init__(what)
        self.what = what
        self.lacks = lacks


class Dialect(Protocol):
    """An engine's SQL. All texts that it is given are SQL that it wrote itself, or names."""

    @property
    def name(self) -> str:
        """The engine's name, as a store says it."""

    @property
    def title(self) -> str:
        """The engine's name for people."""

    @property
    def types(self) -> Mapping[KqlType, str]:
        """The physical type of each KQL type, as a CAST names it."""

    @property
    def capabilities(self) -> Set[Capability]:
        """What the engine is able to do."""

    @property
    def join_words(self) -> Mapping[str, str]:
        """The words between two relations for each kind of join."""

    @property
    def random(self) -> str:
        """SQL of something by which rows are put into a random order."""

    @property
    def prefix(self) -> str:
        """What the names of a statement's own columns begin with, where others could hide them."""

    def column(self, scan: int, name: str) -> str:
        """A column of the relation that stands for a scan."""

    def list_name(self, number: int) -> str:
        """The name of a column that holds a list while it is expanded."""

    def key(self, text: str, type_: KqlType) -> str:
        """A value by which rows are grouped and joined: equal ones MUST be one to the engine."""

    def ordered(self, text: str, type_: KqlType) -> str:
        """A value that is in the order of its type to the engine."""

    def identifier(self, name: str) -> str:
        """A quoted identifier, whatever the name holds."""

    def literal(self, value: object, type_: KqlType) -> str:
        """A constant of the physical type."""

    @property
    def orders_by_number(self) -> bool:
        """Whether an aggregate that looks at the rows' order is given their numbers for it."""

    @property
    def lists_percentiles(self) -> bool:
        """Whether an aggregate gives percentiles of the same values as a list; see percentiles.py."""

    def lowering(self, function: Function | Aggregate, *, is_ordered: bool = False) -> Lowering:
        """The SQL of a function; of an aggregate, for rows in an order if it is told one.

        Raises:
            KqlUnsupported: the engine has none.
        """

    def frugal(self, function: Aggregate) -> Lowering | None:
        """The SQL of an estimate in little memory; None: `lowering` does."""

    def rows(
        self, rows: Sequence[Sequence[str]], names: Sequence[str], types: Sequence[KqlType]
    ) -> str:
        """What stands after FROM for rows that are spelled out; there is at least one."""

    def numbers(self, count: str, *, is_subquery: bool) -> str:
        """What stands after FROM for rows with a column `i` from 0 to a number, it included.

        Args:
            count: SQL of the last number; below 0 there are no rows.
            is_subquery: whether a subquery is in it.
        """

    def is_nan(self, real: str) -> str:
        """Whether a real is NaN."""

    def whole_quotient(self, left: str, right: str) -> str:
        """The quotient of whole numbers without its fraction; null by zero."""

    def lowered_text(self, text: str) -> str:
        """A text in lower case."""

    def elements(self, json: str, limit: int | None) -> str:
        """The list of the elements of an array, or of a bag as bags of one key each, as JSON."""

    def expanded(
        self,
        source: str,
        columns: Sequence[str],
        lists: Sequence[tuple[str, str]],
        index: str | None,
    ) -> str:
        """The SELECT that has a row for each element of lists, side by side.

        Args:
            source: what stands after FROM.
            columns: names that stay.
            lists: for each list the name of its column, and that of the element; null where a list
                is shorter than the others.
            index: the name of the element's number from 0, or None.
        """

    def parameter(self, name: str, type_: KqlType) -> str:
        """A named parameter that is a list of values of a type."""

    def sent(self, values: list[object]) -> list[object]:
        """The values of a parameter as a store sends them."""

    def parameters_in(self, text: str) -> Set[str]:
        """The names of the parameters in a statement."""

    def among(self, value: str, parameter: str) -> str:
        """Whether a value is in a list that is a parameter."""

    def refusing(self, condition: str, message: str, otherwise: str) -> str:
        """An expression that fails with a message where a condition holds."""

    def together(self, texts: list[str]) -> list[str]:
        """The texts of all that a group computes, with what several share written as one."""

    def field(self, struct: str, name: str) -> str:
        """A field of a struct."""

    def bands(self, band: str, least: str, weight: str) -> str:
        """The aggregate that lists a group's bands in order; a band that is null is left out.

        Args:
            band: SQL of a band's number.
            least: SQL of its least value.
            weight: SQL of its weight.
        """

    def bands_reached(self, bands: str, wanted: Sequence[str]) -> str:
        """The column that has, in a row for each of some weights, the band in which it is reached.

        It is a struct: `n` is the weight's place, `p` the weight before the band, `l` the band's
        least value, `u` that of the next band, null for none.

        Args:
            bands: SQL of a list that `bands` made, with one band at least.
            wanted: SQL of weights; the last band is where one is reached that no other reaches.
        """

    def total(self, sum_of: str, type_: KqlType) -> str:
        """The sum of sums of a group's parts, 0 of none."""

    def result(self, text: str, type_: KqlType) -> str:
        """A column of the answer in the physical type."""

    def statement(self, ctes: Sequence[tuple[str, str]], text: str, *, is_recursive: bool) -> str:
        """The whole statement of its common table expressions and its last SELECT."""


def refused(dialect: Dialect, what: str, lacks: Capability) -> KqlUnsupported:
    """The error for something that an engine is not able to do."""
    return KqlUnsupported(f"{what} is not run on {dialect.title}: {lacks.name}; {lacks.instead}")


def require(dialect: Dialect, what: str, capability: Capability) -> None:
    """Refuse what an engine is not able to do.

    Raises:
        KqlUnsupported: it lacks the capability.
    """
    if capability not in dialect.capabilities:
        raise refused(dialect, what, capability)
