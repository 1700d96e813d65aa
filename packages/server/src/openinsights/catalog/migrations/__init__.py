"""The catalog's schema changes, one file each, applied in order by alembic."""
