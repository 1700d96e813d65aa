"""What alembic runs: the pending schema changes, on the connection that the engine hands over."""

from __future__ import annotations

from alembic import context

from openinsights.catalog.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
