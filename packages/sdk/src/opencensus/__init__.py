"""OpenCensus for Python."""
