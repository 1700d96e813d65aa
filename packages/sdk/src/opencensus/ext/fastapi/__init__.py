"""Tracing of FastAPI applications."""
