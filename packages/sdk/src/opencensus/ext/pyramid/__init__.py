"""Tracing of Pyramid applications."""
