"""Ids in the form of older SDKs, `|trace.span.`, become the span id that other SDKs write.

One trace may hold items of both, and a parent is found by plain equality of ids.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openinsights.ingest.accept import Batch

RAW_PARENT_ID = "_MS.rawParentId"
RAW_ID = "_MS.rawId"
"""The custom dimensions that keep an id as it was sent."""

_PARENT_TAG = "ai.operation.parentId"
_HAVE_ID = frozenset(("RequestData", "RemoteDependencyData", "PageViewData", "AvailabilityData"))
_HIERARCHICAL = re.compile(r"\|[0-9a-fA-F]{32}\.([0-9a-fA-F]{16})\.")
_BAR = "|"
_NO_SPAN = "0" * 16


def span_id(text: str) -> str | None:
    """Return the span id in `|trace.span.`, None for any other form.

    An id of zeros names no span: SDKs write it where there was no trace.
    """
    found = _HIERARCHICAL.fullmatch(text)
    if found is None or found[1] == _NO_SPAN:
        return None
    return found[1].lower()


def normalise(batch: Batch) -> None:
    """Rewrite the ids and parent ids of a batch's items in place."""
    # Hot: each item of every body; one look at all ids together is all that most bodies cost.
    if _BAR in "".join([item.tags.get(_PARENT_TAG, "") for item in batch.items]):
        for item in batch.items:
            parent = item.tags.get(_PARENT_TAG, "")
            span = span_id(parent)
            if span is not None:
                item.tags[_PARENT_TAG] = span
                _keep(item.data.baseData, RAW_PARENT_ID, parent)
    if batch.base_type not in _HAVE_ID:
        return
    data: list[Any] = [item.data.baseData for item in batch.items]
    if _BAR in "".join([one.id or "" for one in data]):
        for one in data:
            own = one.id or ""
            span = span_id(own)
            if span is not None:
                one.id = span
                _keep(one, RAW_ID, own)


def _keep(data: Any, name: str, raw: str) -> None:
    properties = data.properties
    if properties is None:
        data.properties = {name: raw}
    else:
        properties[name] = raw
