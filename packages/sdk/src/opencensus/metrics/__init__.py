"""Metrics: gauges, cumulative counters, and how they are read at intervals."""
