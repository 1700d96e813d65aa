"""Tracing of the statements sent to PostgreSQL, with psycopg2, psycopg and asyncpg."""
