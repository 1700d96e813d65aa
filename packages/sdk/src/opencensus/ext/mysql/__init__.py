"""Tracing of the statements sent with MySQL Connector/Python."""
