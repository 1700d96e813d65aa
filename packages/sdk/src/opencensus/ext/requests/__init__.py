"""Tracing of calls made with requests."""
