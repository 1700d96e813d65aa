"""The portal's questions: each tile is a row here and a file in `queries/`.

A view asks for a tile by name and never sends query text; the reply carries the KQL that ran, so
that "Open in Logs" shows the truth. This file knows no HTTP and runs nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from openinsights.portal.filters import filtered
from openinsights.portal.errors import PortalNotFoundError, PortalRequestError
from openinsights.portal.split import SPLIT, split_by
from openinsights.query.literals import let_line, literal
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.portal.filters import Filter
    from openinsights.portal.grain import Grain


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a view may choose (`p.rows=50`).

    Attributes:
        name: as the query spells it.
        kind: string, long or real.
        default: used when the request does not name it.
        greatest: the largest long that is accepted.
    """

    name: str
    kind: KqlType
    default: str | int | float
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
        filtered: the view's filters narrow it.
        awaited: it tells whether something has come yet, so that no answer is given twice.
        split: the view may ask for a series for each value of a dimension (`p.split=role`).
        spans: it can be asked of several resources together.
    """

    name: str
    ranged: bool = True
    bucketed: bool = False
    parameters: tuple[Parameter, ...] = ()
    sampled_by: tuple[str, str] | None = None
    filtered: bool = False
    awaited: bool = False
    split: bool = False
    spans: bool = False


@dataclass(frozen=True, slots=True)
class TileRange:
    """The time a tile is asked for: `[start, end)` in ticks and the width of a bucket."""

    start_ticks: int
    end_ticks: int
    grain: Grain


_ROWS = Parameter("rows", KqlType.LONG, default=8, greatest=1_000)
_OPERATION = Parameter("op", KqlType.STRING, default="")
_AT_LEAST = Parameter("lo", KqlType.REAL, default=0.0)
_AT_MOST = Parameter("hi", KqlType.REAL, default=1e300)
_METRIC = Parameter("metric", KqlType.STRING, default="")
_CALL = tuple(Parameter(name, KqlType.STRING, default="") for name in ("dtype", "dtarget", "dname"))
_VERSIONS = tuple(Parameter(name, KqlType.STRING, default="") for name in ("role", "this", "last"))
_PROBLEM = Parameter("problem", KqlType.STRING, default="")
_CODE = Parameter("code", KqlType.STRING, default="")
_TRANSACTION = Parameter("opId", KqlType.STRING, default="")
_TEST = Parameter("test", KqlType.STRING, default="")
_GROUPED_BY = Parameter("grouping", KqlType.STRING, default="role")

MAX_SPANNED = 20
"""Resources that a tile is asked of together."""

TILES: tuple[Tile, ...] = (
    Tile("shell.dimensions"),
    Tile("shell.deployments"),
    Tile("shell.sampling", sampled_by=("stored", "meant"), filtered=True),
    Tile("overview.headline", sampled_by=("stored", "total"), filtered=True),
    Tile("overview.requests", bucketed=True, filtered=True),
    Tile("overview.availability", bucketed=True, filtered=True),
    Tile("overview.operations", parameters=(_ROWS,), filtered=True),
    Tile("overview.exceptions", parameters=(_ROWS,), filtered=True),
    Tile("overview.dependencies", parameters=(_ROWS,), filtered=True),
    Tile("overview.freshness", ranged=False, awaited=True),
    Tile("overview.latest", ranged=False, awaited=True),
    Tile("live.requests", ranged=False, awaited=True),
    Tile("live.dependencies", ranged=False, awaited=True),
    Tile("live.counters", ranged=False, awaited=True),
    Tile("map.nodes", parameters=(_GROUPED_BY,), spans=True),
    Tile("map.edges", parameters=(_GROUPED_BY,), spans=True),
    Tile("map.entry", parameters=(_GROUPED_BY,), spans=True),
    Tile("performance.timeline", bucketed=True, parameters=(_OPERATION,), filtered=True),
    Tile("performance.operations", filtered=True, spans=True),
    Tile("performance.dependencies", filtered=True, spans=True),
    Tile("performance.roles", filtered=True, spans=True),
    Tile("performance.distribution", parameters=(_OPERATION,), filtered=True),
    Tile("performance.heatmap", bucketed=True, parameters=(_OPERATION,), filtered=True),
    Tile("performance.differs", parameters=(_OPERATION, _AT_LEAST, _AT_MOST), filtered=True),
    Tile("performance.versions", parameters=(_OPERATION,), filtered=True),
    Tile("performance.version_differs", parameters=(_OPERATION, *_VERSIONS), filtered=True),
    Tile("performance.top_dependencies", parameters=(_OPERATION,), filtered=True),
    Tile("performance.samples", parameters=(_OPERATION, _AT_LEAST, _AT_MOST), filtered=True),
    Tile(
        "performance.dependency_timeline",
        bucketed=True,
        parameters=_CALL,
        filtered=True,
    ),
    Tile("performance.dependency_distribution", parameters=_CALL, filtered=True),
    Tile(
        "performance.dependency_samples",
        parameters=(*_CALL, _AT_LEAST, _AT_MOST),
        filtered=True,
    ),
    Tile("performance.pages", filtered=True),
    Tile("performance.page_timeline", bucketed=True, parameters=(_OPERATION,), filtered=True),
    Tile("performance.page_distribution", parameters=(_OPERATION,), filtered=True),
    Tile("performance.page_samples", parameters=(_OPERATION, _AT_LEAST, _AT_MOST), filtered=True),
    Tile("performance.exceptions", parameters=(_OPERATION,), filtered=True),
    Tile("failures.timeline", bucketed=True, parameters=(_OPERATION,), filtered=True),
    Tile("failures.operations", filtered=True, spans=True),
    Tile("failures.codes", parameters=(_OPERATION,), filtered=True),
    Tile("failures.exceptions", parameters=(_OPERATION,), filtered=True),
    Tile("failures.dependencies", parameters=(_OPERATION,), filtered=True, spans=True),
    Tile(
        "failures.samples",
        parameters=(_OPERATION, _CODE), filtered=True),
    Tile("failures.roles", filtered=True),
    Tile("failures.differs", parameters=(_OPERATION,), filtered=True),
    Tile("failures.dependency_timeline", bucketed=True, parameters=_CALL, filtered=True),
    Tile("failures.dependency_samples", parameters=(*_CALL, _CODE), filtered=True),
    Tile("failures.exception_timeline", bucketed=True, parameters=(_PROBLEM,), filtered=True),
    Tile("failures.exception_samples", parameters=(_PROBLEM,), filtered=True),
    Tile("failures.problem", parameters=(_PROBLEM,), filtered=True),
    Tile("failures.problem_versions", parameters=(_PROBLEM,), filtered=True),
    Tile("search.items", filtered=True),
    Tile("search.histogram", bucketed=True, filtered=True),
    Tile("search.columns", filtered=True),
    Tile("search.facets", filtered=True),
    Tile("logs.active"),
    Tile("tx.items", parameters=(_TRANSACTION,), awaited=True),
    Tile("tx.times", ranged=False, parameters=(_TRANSACTION,), awaited=True),
    Tile("tx.resources", ranged=False, parameters=(_TRANSACTION,)),
    Tile("tx.similar", parameters=(_OPERATION,)),
    Tile("metrics.names"),
    *(
        Tile(f"metrics.{name}", bucketed=True, filtered=True, split=True)
        for name in ("requests", "dependencies", "exceptions", "availability", "pages")
    ),
    Tile(
        "metrics.browser",
        bucketed=True,
        parameters=(Parameter("timing", KqlType.STRING, default="total"),),
        filtered=True,
        split=True,
    ),
    *(
        Tile(f"metrics.{name}", bucketed=True, filtered=True, split=True)
        for name in ("traces", "events", "items", "usage")
    ),
    *(
        Tile(
            f"metrics.{name}", bucketed=True, parameters=(_METRIC,), filtered=True, split=True
        )
        for name in ("custom", "counters")
    ),
    Tile("metrics.dimensions", parameters=(_METRIC,)),
    Tile("availability.tests"),
    Tile("availability.timeline", bucketed=True, parameters=(_TEST,)),
    Tile("availability.scatter", parameters=(_TEST,), awaited=True),
    Tile(
        "availability.run",
        parameters=(Parameter("run", KqlType.STRING, default=""),),
        awaited=True,
    ),
    Tile("settings.usage", ranged=False),
    Tile("settings.sizes", ranged=False),
    Tile("settings.senders", ranged=False, awaited=True),
    Tile("start.first", ranged=False, awaited=True),
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


def tile_query(
    tile: Tile,
    span: TileRange,
    chosen: Mapping[str, str],
    filters: Sequence[Filter] = (),
    app_ids: Sequence[str] = (),
) -> str:
    """Return the complete KQL of a tile: one `let` line for each value, then the tile's text.

    Args:
        tile: the row.
        span: the time range and grain; only the parts that the tile uses appear.
        chosen: the request's parameters by name, as text.
        filters: what the view narrows its tiles to; a tile that is about all ignores them.
        app_ids: the resources that are asked together; of one alone its text says nothing.

    Raises:
        PortalRequestError: a parameter is unknown or is not of its type, the tile is not split
            by that dimension, or too many filters.
    """
    lines = _spanned_lines(tile, app_ids) if len(app_ids) > 1 else []
    if tile.ranged:
        lines.append(let_line("start", KqlType.DATETIME, span.start_ticks))
        lines.append(let_line("end", KqlType.DATETIME, span.end_ticks))
    if tile.bucketed:
        lines.append(let_line("grain", KqlType.TIMESPAN, span.grain.ticks))
    lines.extend(_chosen_lines(tile, chosen))
    text = tile_text(tile.name)
    if tile.split and chosen.get(SPLIT):
        text = split_by(text, chosen[SPLIT])
    return "\n".join([*lines, filtered(text, filters) if tile.filtered else text])


def operation_query(operation_id: str) -> str:
    """Return KQL that counts the items of an operation in each resource, the most first."""
    line = let_line(_TRANSACTION.name, KqlType.STRING, operation_id)
    return f"{line}\n{tile_text('tx.resources')}"


def _spanned_lines(tile: Tile, app_ids: Sequence[str]) -> list[str]:
    """Return a `let` line for each table of the tile that makes it that of all resources."""
    if not tile.spans:
        raise PortalRequestError(f"cannot ask the tile {tile.name} of several resources together")
    if len(app_ids) > MAX_SPANNED:
        raise PortalRequestError(
            f"cannot ask {len(app_ids)} resources together: at most {MAX_SPANNED}"
        )
    words = set(re.findall(r"\w+", tile_text(tile.name)))
    apps = [f"app({literal(KqlType.STRING, app_id)})" for app_id in app_ids]
    return [
        f"let {table.name} = union {', '.join(f'{app}.{table.name}' for app in apps)};"
        for table in CLASSIC
        if table.name in words
    ]


def _chosen_lines(tile: Tile, chosen: Mapping[str, str]) -> list[str]:
    known = {parameter.name: parameter for parameter in tile.parameters}
    for name in chosen:
        if name not in known and not (tile.split and name == SPLIT):
            raise PortalRequestError(
                f"cannot use the parameter {name!r}: the tile {tile.name} has no such parameter"
            )
    return [
        let_line(name, parameter.kind, _value(parameter, chosen.get(name)))
        for name, parameter in known.items()
    ]


def _value(parameter: Parameter, text: str | None) -> str | int | float:
    if text is None:
        return parameter.default
    if parameter.kind is KqlType.REAL:
        return _real(parameter.name, text)
    if parameter.kind is not KqlType.LONG:
        return text
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) <= parameter.greatest:
        raise PortalRequestError(
            f"cannot use {text!r} for {parameter.name}: "
            f"a whole number from 1 to {parameter.greatest} is expected"
        )
    return int(text)


def _real(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise PortalRequestError(f"cannot use {text!r} for {name}: a number is expected")
    return value
