"""The version of the Flask integration that this one stands in for."""

from __future__ import annotations

__version__ = "0.8.2"
