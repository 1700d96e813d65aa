"""`/metrics`: what the server measures of itself, in the text format of Prometheus."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from openinsights.meters import Family, Meters

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.operation import Content, promises

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsApi:
    """The route that Prometheus scrapes.

    Args:
        meters: what there is to show.
    """

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [Guarded("/metrics", self.metrics, right=Right.READ, everywhere=True)]

    @promises("server", Content(media_types=("text/plain",), doc="Prometheus' text format."))
    async def metrics(self, request: Request) -> Response:
        """Answer the present values."""
        families = await run_in_threadpool(self._meters.families)
        return Response(exposition(families), headers={"content-type": MEDIA_TYPE})


def exposition(families: list[Family]) -> str:
    """Return values in the text format, version 0.0.4."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.doc)}"
    yield f"# TYPE {family.name} {family.kind}"
    if family.distribution is not None:
        found = family.distribution
        totals = accumulate(found.counts)
        for bound, total in zip((*map(_number, family.bounds), "+Inf"), totals, strict=True):
            yield f'{family.name}_bucket{{le="{bound}"}} {total}'
        yield f"{family.name}_sum {_number(found.total)}"
        yield f"{family.name}_count {found.count}"
        return
    for label, value in sorted(family.values.items()):
        quoted = _escaped(label).replace('"', '\\"')
        named = f'{{{family.label}="{quoted}"}}' if family.label else ""
        yield f"{family.name}{named} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
