"""Bring a catalog database to the newest schema.

Imported only when a database needs it: alembic costs 10 MB and 0.1 s that a running server does
not have to carry.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Apply every pending migration on an open connection, inside its transaction."""
    command.upgrade(configuration(connection), "head")


def configuration(connection: Connection | None = None) -> Config:
    """Return alembic's configuration for the catalog's migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config
