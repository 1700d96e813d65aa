"""Views of stats for Prometheus to fetch."""
