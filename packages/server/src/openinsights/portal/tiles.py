"""The portal's questions: each tile is a row here and a file in `queries/`.

A view asks for a tile by name and never sends query text; the reply carries the KQL that ran, so
that "Open in Logs" shows the truth. This file knows no HTTP and runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from openinsights.portal.errors import PortalNotFoundError, PortalRequestError
from openinsights.portal.literals import let_line
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.portal.grain import Grain


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a view may choose (`p.rows=50`).

    Attributes:
        name: as the query spells it.
        kind: string or long.
        default: used when the request does not name it.
        greatest: the largest long that is accepted.
    """

    name: str
    kind: KqlType
    default: str | int
    greatest: int = 0


@dataclass(frozen=True, slots=True)
class Tile:
    """A named question.

    Attributes:
        name: the file `queries/<name>.kql` holds its text.
        ranged: the query uses `start` and `end`.
        bucketed: the query uses `grain`.
        parameters: further values of the request.
        sampled_by: the columns (rows stored, items meant) whose ratio tells the sampling.
    """

    name: str
    ranged: bool = True
    bucketed: bool = False
    parameters: tuple[Parameter, ...] = ()
    sampled_by: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TileRange:
    """The time a tile is asked for: `[start, end)` in ticks and the width of a bucket."""

    start_ticks: int
    end_ticks: int
    grain: Grain


_ROWS = Parameter("rows", KqlType.LONG, default=8, greatest=1_000)

TILES: tuple[Tile, ...] = (
    Tile("overview.headline", sampled_by=("stored", "total")),
    Tile("overview.requests", bucketed=True),
    Tile("overview.operations", parameters=(_ROWS,)),
    Tile("overview.exceptions", parameters=(_ROWS,)),
    Tile("overview.dependencies", parameters=(_ROWS,)),
    Tile("overview.freshness", ranged=False),
    Tile("overview.latest", ranged=False),
    Tile("start.first", ranged=False),
)


def tile_named(name: str) -> Tile:
    """Return the tile called `name`.

    Raises:
        PortalNotFoundError: there is none.
    """
    for tile in TILES:
        if tile.name == name:
            return tile
    raise PortalNotFoundError(f"cannot find the tile {name!r}: the portal has no such tile")


@cache
def tile_text(name: str) -> str:
    """Return the query text of a tile as it stands in its file."""
    return (files("openinsights.portal") / "queries" / f"{name}.kql").read_text("utf-8").strip()


def tile_query(tile: Tile, span: TileRange, chosen: Mapping[str, str]) -> str:
    """Return the complete KQL of a tile: one `let` line for each value, then the tile's text.

    Args:
        tile: the row.
        span: the time range and grain; only the parts that the tile uses appear.
        chosen: the request's parameters by name, as text.

    Raises:
        PortalRequestError: a parameter is unknown or is not of its type.
    """
    lines = []
    if tile.ranged:
        lines.append(let_line("start", KqlType.DATETIME, span.start_ticks))
        lines.append(let_line("end", KqlType.DATETIME, span.end_ticks))
    if tile.bucketed:
        lines.append(let_line("grain", KqlType.TIMESPAN, span.grain.ticks))
    lines.extend(_chosen_lines(tile, chosen))
    return "\n".join([*lines, tile_text(tile.name)])


def _chosen_lines(tile: Tile, chosen: Mapping[str, str]) -> list[str]:
    known = {parameter.name: parameter for parameter in tile.parameters}
    for name in chosen:
        if name not in known:
            raise PortalRequestError(
                f"cannot use the parameter {name!r}: the tile {tile.name} has no such parameter"
            )
    return [
        let_line(name, parameter.kind, _value(parameter, chosen.get(name)))
        for name, parameter in known.items()
    ]


def _value(parameter: Parameter, text: str | None) -> str | int:
    if text is None:
        return parameter.default
    if parameter.kind is not KqlType.LONG:
        return text
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) <= parameter.greatest:
        raise PortalRequestError(
            f"cannot use {text!r} for {parameter.name}: "
            f"a whole number from 1 to {parameter.greatest} is expected"
        )
    return int(text)
