"""The SQL of functions for ClickHouse: rows of name and lowering, one file for each family.

A row says the same as the function's DuckDB SQL, on all arguments; what differs in a corner is
refused there, when the query is compiled or when the corner is met (`throwIf`). Expressions have the
physical types of `sql/clickhouse.TYPES`; a condition may also be UInt8.
"""
