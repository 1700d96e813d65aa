"""`render chart with (…)`: how the result wants to be shown; the rows stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openinsights.kql.operators.operator import Operator
from openinsights.kql.syntax import Literal, Name, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope

CHARTS = (
    "anomalychart", "areachart", "barchart", "card", "columnchart", "graph", "ladderchart",
    "linechart", "piechart", "pivotchart", "plotly", "scatterchart", "stackedareachart", "table",
    "timechart", "timeline", "timepivot", "treemap", "list", "map", "sankey", "chart",
)  # fmt: skip
"""The visualizations that a query may name."""

PROPERTIES = (
    "title", "xtitle", "ytitle", "xcolumn", "ycolumns", "series", "anomalycolumns", "xaxis",
    "yaxis", "xmin", "xmax", "ymin", "ymax", "ysplit", "legend", "kind", "accumulate", "by",
    "visualization",
)  # fmt: skip
"""What a query may say of a chart, in any letter case."""


@dataclass(frozen=True, slots=True)
class Render:
    """How a result wants to be shown.

    Attributes:
        visualization: `timechart`, `piechart`, …
        properties: `title`, `kind`, `xcolumn`, `ycolumns`, `series`, … as text; lists joined by ','.
    """

    visualization: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RenderOperator(Node):
    """`render timechart with (title="x")`."""

    chart: str
    properties: dict[str, str]


def parse(parser: Parser, start: int) -> RenderOperator:
    """Read the chart and its properties."""
    if not parser.is_word(*CHARTS):
        parser.fail("expected a chart", CHARTS)
    chart = parser.advance().text
    properties: dict[str, str] = {}
    _plain_properties(parser, properties)
    if parser.accept_word("with"):
        if parser.accept("("):
            while not parser.is_symbol(")"):
                if parser.token.kind != "name" or parser.token.text.lower() not in PROPERTIES:
                    parser.fail("expected a property of a chart", PROPERTIES)
                name = parser.name()
                parser.expect("=")
                properties[name] = _property(parser)
                if not parser.accept(","):
                    break
            parser.expect(")")
        else:
            _plain_properties(parser, properties)
    return RenderOperator(start, parser.last_end, chart, properties)


def _plain_properties(parser: Parser, properties: dict[str, str]) -> None:
    while parser.token.kind == "name" and parser.ahead().text == "=":
        name = parser.name()
        parser.expect("=")
        properties[name] = _property(parser)
        if parser.is_symbol(",") and parser.ahead(2).text == "=":
            parser.advance()


def _property(parser: Parser) -> str:
    """A value, or a list of column names: names that no further `=` follows."""
    values = [_value(parser)]
    while parser.is_symbol(",") and parser.ahead(2).text != "=":
        parser.advance()
        values.append(_value(parser))
    return ",".join(values)


def _value(parser: Parser) -> str:
    if parser.token.kind == "name" and parser.ahead().text != "(":
        return parser.name()
    node = parser.expression()
    if isinstance(node, Literal):
        if isinstance(node.value, bool):
            return "true" if node.value else "false"
        return str(node.value)
    if isinstance(node, Name):
        return node.name
    parser.fail("expected a value known in advance")


def bind(binder: Binder, node: RenderOperator, relation: Relation, scope: Scope) -> Relation:
    """Note the wish; change nothing."""
    binder.render = Render(node.chart, dict(node.properties))
    return relation


OPERATOR = Operator(
    ("render",),
    RenderOperator,
    parse,
    bind,
    doc="How to show the result.",
    in_parts=True,
    keeps=True,
)
