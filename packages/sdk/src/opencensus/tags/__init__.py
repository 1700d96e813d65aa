"""Tags: the dimensions under which measurements are recorded."""

from __future__ import annotations

from opencensus.common.runtime_context import RuntimeContext
from opencensus.tags.tag import Tag
from opencensus.tags.tag_key import TagKey
from opencensus.tags.tag_map import TagMap
from opencensus.tags.tag_value import TagValue

__all__ = ["Tag", "TagContext", "TagKey", "TagMap", "TagValue"]

TagContext = RuntimeContext.register_slot("tag_context", None)
"""Holds the tags of the current thread or task: used where none are given."""
