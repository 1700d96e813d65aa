"""What is kept of the memory that bodies needed, and what goes back to the system afterwards."""

from __future__ import annotations

LARGE_BODY_BYTES = 4 * 1024 * 1024
"""Smaller bodies leave too little behind to be worth the milliseconds."""
KEPT_BYTES = 32 * 1024 * 1024
"""What the server keeps of freed memory: what bodies under way, and a commit of many, take again.

It is the most that glibc takes for the size of its large pieces."""
READER_KEPT_BYTES = 8 * 1024 * 1024
"""What a reader keeps of it; more than a usual body needs."""
