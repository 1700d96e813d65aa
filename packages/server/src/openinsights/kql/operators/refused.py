"""Operators that are known but not run: refused by name, so that nobody looks for a typing mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.operators.operator import Operator
from openinsights.kql.refusal import Refusal
from openinsights.kql.syntax import Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope

_INTERNAL: Final = Refusal("it is internal to another product and not documented")
_OUTSIDE: Final = Refusal(
    "queries read nothing from outside", "spell the rows out: datatable(name:type)[…]"
)

REFUSED: Final[dict[str, Refusal]] = {
    **dict.fromkeys(("externaldata", "external_data"), _OUTSIDE),
    "macro-expand": Refusal("there are no entity groups", "write union app('a').requests, …"),
    "__partitionby": Refusal(_INTERNAL.reason, "use partition by"),
    "__executeAndCache": Refusal(_INTERNAL.reason, "use materialize(…)"),
}  # fmt: skip
"""Operators that are refused, and why."""
NAMES: Final = tuple(REFUSED)


class Refused(Node):
    """Never made: reading such an operator always fails."""


def parse(parser: Parser, start: int) -> NoReturn:
    """Refuse."""
    name = parser.text_between(start, parser.last_end)
    row = REFUSED[name]
    raise KqlUnsupported(
        f"the operator '{name}' is not run: {row.reason}", start, parser.last_end, row.instead
    )


def bind_source(binder: Binder, node: Refused, scope: Scope) -> NoReturn:
    """Never reached: reading such an operator fails."""
    raise AssertionError("BUG: a refused operator was read")


OPERATOR = Operator(NAMES, Refused, parse, bind_source=bind_source, doc="Known, but not run.")
