"""The version of OpenCensus that this client stands in for."""

from __future__ import annotations

__version__ = "0.11.4"
