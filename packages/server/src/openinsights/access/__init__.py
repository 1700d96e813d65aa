"""Who asks, and what they may: rights of routes, callers, keys, people, sessions, the audit log."""
