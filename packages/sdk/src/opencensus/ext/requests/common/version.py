"""The version of the requests integration that this one stands in for."""

from __future__ import annotations

__version__ = "0.8.0"
