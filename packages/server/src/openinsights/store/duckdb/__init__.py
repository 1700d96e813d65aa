"""The embedded store: DuckDB, one file per UTC day, one owning process, one writing thread."""
