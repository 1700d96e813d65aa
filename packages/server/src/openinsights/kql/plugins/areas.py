"""Plugins that look places up in a table of lines or polygons: geo_line_lookup, geo_polygon_lookup.

Each place that the rows have is held against each shape of the table, which is meant to be small.
A row comes back once for each shape that its place lies in, or near enough to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC
from openinsights.kql.bound import Constant
from openinsights.kql.plugins.arguments import Arguments
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.bound import Bound
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.plugins.plugin import BindPlugin
    from openinsights.kql.scope import Scope


@dataclass(frozen=True, slots=True)
class _Shape:
    """How places are held against shapes of one kind.

    Attributes:
        what: the shapes, as mistakes name them.
        within: the condition for a place within a radius of a shape.
        inside: the condition for a place inside a shape; "" where a radius must be given.
    """

    what: str
    within: str
    inside: str = ""


_LINE: Final = _Shape("lines", "geo_distance_point_to_line(longitude, latitude, {0}) <= radius")
_POLYGON: Final = _Shape(
    "polygons",
    "geo_distance_point_to_polygon(longitude, latitude, {0}) <= radius",
    "geo_point_in_polygon(longitude, latitude, {0})",
)
_NAMES: Final = ("radius", "return_unmatched", "lookup_area_radius", "return_lookup_key")


def _lookup(shape: _Shape) -> BindPlugin:
    def bind(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
        arguments = Arguments(binder, node, relation, scope)
        place = arguments.take(f"a table of {shape.what}")
        if not binder.is_tabular(place, scope):
            arguments.fail(f"{arguments.title} takes a table first", place)
        table = binder.relation(place, scope)
        key = arguments.column(f"the {shape.what}", table)
        if key.type is not KqlType.DYNAMIC:
            arguments.fail(f"{shape.what} are dynamic values, this is {key.type}", place)
        longitude, latitude = _degrees(arguments, "longitude"), _degrees(arguments, "latitude")
        radius = _meters(arguments, "radius")
        if radius is None and not shape.inside:
            arguments.fail(f"{arguments.title} lacks the radius")
        keeps_all = arguments.flag("return_unmatched", default=False)
        # How far shapes reach; it helps the original to search, and changes no result.
        _meters(arguments, "lookup_area_radius")
        shows_key = arguments.flag("return_lookup_key", default=False)
        arguments.finish(_NAMES)
        own = {column.name: f"own{place}" for place, column in enumerate(relation.columns)}
        other = {column.name: f"other{place}" for place, column in enumerate(table.columns)}
        condition = shape.inside if radius is None else shape.within
        made = arguments.written(
            f"""
            let points = materialize(
                rows
                | extend longitude = toreal({own[longitude]}), latitude = toreal({own[latitude]}));
            points
            | join kind={"leftouter" if keeps_all else "inner"} (
                points
                | distinct longitude, latitude
                | extend one = 1
                | join kind=inner (shapes | extend one = 1) on one
                | where {condition.format(other[key.name])}
                | project-away one, one1) on longitude, latitude
            """,
            {"rows": _renamed(relation, own), "shapes": _renamed(table, other)},
            {} if radius is None else {"radius": radius},
        )
        listed = {name: title for name, title in other.items() if shows_key or name != key.name}
        namer = Namer()
        symbols = {column.name: column.symbol for column in made.columns}
        return made.showing(
            Column(namer.take(name), symbols[title])
            for name, title in [*own.items(), *listed.items()]
        )

    return bind


def _degrees(arguments: Arguments, what: str) -> str:
    place = arguments.next
    column = arguments.column(f"the {what}")
    if column.type not in NUMERIC:
        arguments.fail(f"a {what} is a number, this is {column.type}", place)
    return column.name


def _meters(arguments: Arguments, name: str) -> Bound | None:
    """A distance that is named, or else comes next; None where there is none."""
    node = arguments.named.get(name)
    if node is not None:
        value = arguments.bound(node)
    elif arguments.next is not None:
        value, node = arguments.value(name)
    else:
        return None
    if value.type not in NUMERIC or not isinstance(value, Constant):
        arguments.fail(f"{name} is a number of meters, known in advance", node)
    return value


def _renamed(relation: Relation, titles: dict[str, str]) -> Relation:
    return relation.showing(Column(titles[c.name], c.symbol) for c in relation.columns)


PLUGINS: Final = (
    Plugin("geo_line_lookup", _lookup(_LINE), "Columns of the lines that a place is near to."),
    Plugin(
        "geo_polygon_lookup",
        _lookup(_POLYGON),
        "Columns of the polygons that a place lies in, or is near to.",
    ),
)
"""The family's rows."""
