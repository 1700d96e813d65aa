"""Tracing of the commands sent to Redis."""
