"""Tracing of the calls made with HTTPX."""
