"""Tracing of Flask applications."""
