"""The version of the OpenCensus context package that this client stands in for."""

from __future__ import annotations

__version__ = "0.1.3"
