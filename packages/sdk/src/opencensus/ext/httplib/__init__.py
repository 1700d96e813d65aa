"""Tracing of calls made with the standard library's HTTP client."""
