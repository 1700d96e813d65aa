"""How tags travel between processes."""
