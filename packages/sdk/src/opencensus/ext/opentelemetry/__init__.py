"""OpenTelemetry's API on the core of this library, and exporters for OpenTelemetry's SDK."""
