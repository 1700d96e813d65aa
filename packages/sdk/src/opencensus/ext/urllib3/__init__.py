"""Tracing of the calls made with urllib3."""
