"""How long the parts of loading a page took."""

from __future__ import annotations

from openinsights_wire.fields import Duration  # noqa: TC001 - annotations are read at run time
from openinsights_wire.types.page_view import PageViewData


class PageViewPerfData(PageViewData):
    """The timings of one page load."""

    perfTotal: Duration | None = None
    networkConnect: Duration | None = None
    sentRequest: Duration | None = None
    receivedResponse: Duration | None = None
    domProcessing: Duration | None = None
