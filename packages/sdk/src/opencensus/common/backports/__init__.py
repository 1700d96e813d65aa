"""Weak references to bound methods, under the name that older programs import."""

from __future__ import annotations

import weakref
from weakref import WeakMethod

__all__ = ["WeakMethod", "weakref"]
