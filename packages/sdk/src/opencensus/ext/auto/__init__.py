"""Tracing of whatever an application imports, with no change to it."""
