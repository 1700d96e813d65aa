"""`openinsights.open()`: telemetry as something to query from Python.

This module is imported with the package, so it imports nothing heavy itself: what a target needs
is loaded when the target is opened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from openinsights.query.result import QueryResult

MEMORY = ":memory:"


class DatabaseClosed(OpenInsightsError):
    """The database was closed before it was asked."""

    code = "DatabaseClosed"

    def __init__(self, target: str) -> None:
        super().__init__(
            f"cannot ask {target}: it is closed; open it again with openinsights.open(…)"
        )


class Database(Protocol):
    """Something that answers KQL. A context manager; safe to use from many threads."""

    def kql(
        self,
        text: str,
        *,
        app: str | None = None,
        timespan: str | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> QueryResult:
        """Answer a query.

        Args:
            text: the query.
            app: name or id of the resource whose rows are read; None reads every resource.
            timespan: a filter on the time column beside the query's own, in ISO 8601 (`PT1H`).
            parameters: Python values for names of the query. They are no part of its text, so no
                value can change what is asked. A name that `declare query_parameters` lists gets
                the type that it says there; another one has the type of its value.

        Raises:
            KqlError: the query has mistakes, or is not run; the message says where and why, and
                its notes, which a traceback shows, point at the places.
            DatabaseClosed: the database is closed.
            OpenInsightsError: the query fails for another reason.
        """
        ...

    def close(self) -> None:
        """Let go of the target; harmless when done twice."""
        ...

    def __enter__(self) -> Database:
        """Return the database itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        ...


def open(target: str | Path) -> Database:
    """Open telemetry for queries.

    Args:
        target: a data folder, which this process then holds; `":memory:"` for an empty database
            with every table; or the URL of a running server.

    Raises:
        DataFolderLocked: another process, such as a running server, holds the folder.
        DataFolderError: the name is empty, or the folder does not exist, holds no telemetry or
            cannot be used. Nothing is written then.
        CatalogError, StoreError: a file in the folder is damaged, or a newer version wrote it.
    """
    if isinstance(target, str) and target.startswith(("http://", "https://")):
        from openinsights.remote_database import RemoteDatabase

        return RemoteDatabase(target)
    from openinsights.local_database import open_folder, open_memory

    if target == MEMORY:
        return open_memory()
    from openinsights.data_folder import folder_named

    return open_folder(target.expanduser() if isinstance(target, Path) else folder_named(target))
