"""Tracing of the statements sent to SQLite databases."""
