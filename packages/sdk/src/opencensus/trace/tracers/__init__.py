"""The tracer that records and the tracer that does not."""
