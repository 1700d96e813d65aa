"""A tile's series, one for each value of a dimension: the ten with the most items, and the others.

The text of a tile that can be split has a line that names its only series. That line becomes the
dimension, and a `let` before it finds the ten, so that "Open in Logs" shows both.
"""

from __future__ import annotations

from openinsights.portal.errors import PortalRequestError
from openinsights.portal.filters import DIMENSIONS, Filter

SPLIT = "split"
"""The parameter that names the dimension."""
OTHERS = "(other)"
MOST_SERIES = 10
_ONLY = '| extend series = ""'


def split_by(text: str, dimension: str) -> str:
    """Return a tile's text with a series for each value of a dimension.

    Args:
        text: KQL that names its only series in a line of its own.
        dimension: a name of `DIMENSIONS`, or `dim.<key>` for a key of customDimensions.

    Raises:
        PortalRequestError: no view can split by it.
    """
    if dimension not in DIMENSIONS and not dimension.startswith("dim."):
        known = ", ".join(DIMENSIONS)
        raise PortalRequestError(
            f"cannot split by {dimension!r}: use {known} or dim.<key of customDimensions>"
        )
    source, _, rest = text.partition(_ONLY)
    value = f"| extend series = {Filter(dimension, '').reads}"
    most = f"top {MOST_SERIES} by items desc, series asc"
    return (
        f"let most = {source}{value}\n| summarize items = sum(itemCount) by series\n| {most}\n"
        f"| project series;\n{source}{value}\n"
        f'| extend series = iff(series in (most), series, "{OTHERS}"){rest}'
    )
