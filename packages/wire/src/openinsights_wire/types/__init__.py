"""The nine kinds of telemetry, one file each, with fields spelt as on the wire."""
