"""What all databases with the standard Python interface share."""

from __future__ import annotations

from opencensus.ext.dbapi import trace

__all__ = ["trace"]
