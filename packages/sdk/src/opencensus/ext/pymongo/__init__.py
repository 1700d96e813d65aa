"""Tracing of the commands sent to MongoDB."""
