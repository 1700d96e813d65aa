"""Tracing of Django applications and of the statements that they send to their databases."""
