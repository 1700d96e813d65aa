"""Tracing of the statements sent with PyMySQL."""
