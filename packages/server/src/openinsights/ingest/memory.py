"""Which bodies are so large that the memory they needed goes back to the system afterwards."""

from __future__ import annotations

LARGE_BODY_BYTES = 4 * 1024 * 1024
"""Smaller bodies leave too little behind to be worth the milliseconds."""
