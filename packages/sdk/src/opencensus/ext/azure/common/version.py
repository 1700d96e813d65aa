"""The version of this client as servers see it."""

from __future__ import annotations

__version__ = "0.1.0"
