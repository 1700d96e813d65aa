"""The ways from an exporter's `export` to its `emit`."""
