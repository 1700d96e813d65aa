"""Tracing of the statements that SQLAlchemy sends, to any database."""
