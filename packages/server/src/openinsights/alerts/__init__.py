"""Alerts: rules about telemetry, what fired, and who is told."""
