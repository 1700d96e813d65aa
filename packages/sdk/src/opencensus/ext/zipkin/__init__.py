"""Spans for Zipkin."""
