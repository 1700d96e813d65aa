"""Availability tests: asks what people ask, from several places, and keeps what came back."""
