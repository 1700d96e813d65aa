"""Telemetry that others exported, as rows of a resource."""
