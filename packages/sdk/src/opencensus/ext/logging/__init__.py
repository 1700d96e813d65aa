"""Trace and span ids on log records."""
