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
    # Hot: each item of every body; a look at the first character is all that most of them cost.
    for item in batch.items:
        parent = item.tags.get(_PARENT_TAG)
        if parent and parent[0] == "|":
            span = span_id(parent)
            if span is not None:
                item.tags[_PARENT_TAG] = span
                _keep(item.data.baseData, RAW_PARENT_ID, parent)
    if batch.base_type in _HAVE_ID:
        for item in batch.items:
            data: Any = item.data.baseData
            own = data.id
            if own and own[0] == "|":
                span = span_id(own)
                if span is not None:
                    data.id = span
                    _keep(data, RAW_ID, own)


def _keep(data: Any, name: str, raw: str) -> None:
    properties = data.properties
    if properties is None:
        data.properties = {name: raw}
    else:
        properties[name] = raw
