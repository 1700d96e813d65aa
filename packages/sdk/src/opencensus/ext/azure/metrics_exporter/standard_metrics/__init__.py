"""The performance counters that are sent along with the application's own metrics."""
