"""Operators that are known but not run: refused by name, so that nobody looks for a typing mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.operators.operator import Operator
from openinsights.kql.syntax import Node

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope

NAMES = (
    "externaldata", "external_data",
    "graph-mark-components", "graph-match", "graph-shortest-paths", "graph-to-table",
    "macro-expand", "make-graph", "reduce",
)  # fmt: skip
"""Operators that are refused."""


class Refused(Node):
    """Never made: reading such an operator always fails."""


def parse(parser: Parser, start: int) -> NoReturn:
    """Refuse."""
    raise KqlUnsupported(
        f"the operator '{parser.text_between(start, parser.last_end)}' is not run",
        start,
        parser.last_end,
    )


def bind_source(binder: Binder, node: Refused, scope: Scope) -> NoReturn:
    """Never reached: reading such an operator fails."""
    raise AssertionError("BUG: a refused operator was read")


OPERATOR = Operator(NAMES, Refused, parse, bind_source=bind_source, doc="Known, but not run.")
