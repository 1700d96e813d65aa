"""What is kept of the memory that bodies needed, and what goes back to the system afterwards."""

from __future__ import annotations

LARGE_BODY_BYTES = 4 * 1024 * 1024
"""Smaller bodies leave too little behind to be worth the milliseconds."""
KEPT_BYTES = 8 * 1024 * 1024
"""What the server and each of its readers keep of freed memory; more than a usual body needs."""
