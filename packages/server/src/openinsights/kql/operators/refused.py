"""Operators that are known but not run: refused by name, so that nobody looks for a typing mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.operators.operator import Operator
from openinsights.kql.syntax import Node

if TYPE_CHECKING:
    from openinsights.kql.parser import Parser

NAMES = (
    "consume", "externaldata", "external_data", "facet", "find", "fork",
    "graph-mark-components", "graph-match", "graph-shortest-paths", "graph-to-table",
    "macro-expand", "make-graph", "reduce", "scan", "top-nested", "assert-schema",
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


OPERATOR = Operator(NAMES, Refused, parse, doc="Known, but not run.")
