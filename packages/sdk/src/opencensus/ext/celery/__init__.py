"""Tracing of Celery: what is sent to its queues and what its workers do."""
