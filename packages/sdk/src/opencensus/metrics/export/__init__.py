"""Metrics as exporters receive them, and the gauges and counters that produce them."""
