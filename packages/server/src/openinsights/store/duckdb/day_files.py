"""One database file per UTC day: naming, finding, creating and attaching them.

In memory a day is an attached in-memory database, so that everything else is the same.
"""

from __future__ import annotations

import logging
import re
import threading
from datetime import date
from typing import TYPE_CHECKING

import duckdb

from openinsights.store.duckdb import ddl
from openinsights.store.duckdb.layout import lay_out
from openinsights.store.errors import StoreError, StoreTooNew

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

_FILE_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.duckdb")


def day_name(day: int) -> str:
    """Return the date of a day that is counted since 0001-01-01, as `2026-11-21`."""
    return date.fromordinal(day + 1).isoformat()


def day_number(name: str) -> int:
    """Return the number of the day that a date names."""
    return date.fromisoformat(name).toordinal() - 1


class DayFiles:
    """The days that have data. Safe for use from several threads.

    Args:
        directory: where the files lie; None keeps the days in memory.
        connection: attaches; nothing else may use it.
    """

    def __init__(self, directory: Path | None, connection: duckdb.DuckDBPyConnection) -> None:
        self._directory = directory
        self._connection = connection
        self._lock = threading.Lock()
        self._attached: set[int] = set()
        self._days: set[int] = set()
        if directory is not None:
            for path in directory.iterdir():
                day = _day_of(path)
                if day is not None:
                    self._days.add(day)

    def days(self, first: int | None = None, last: int | None = None) -> list[int]:
        """Return the days with data from `first` to `last`, in order; None means no bound."""
        with self._lock:
            return sorted(
                day
                for day in self._days
                if (first is None or day >= first) and (last is None or day <= last)
            )

    def alias(self, day: int) -> str:
        """Return the name under which SQL knows a day's database."""
        return f"d{day_name(day).replace('-', '')}"

    def attach(self, day: int) -> str:
        """Return the alias of a day, attached; a day without data gets its empty tables.

        Raises:
            StoreError: when the file cannot be read, or a newer release of this program wrote it.
        """
        with self._lock:
            if day not in self._attached:
                self._attach(day)
            return self.alias(day)

    def refuse_newer(self) -> None:
        """Look whether a newer release wrote here: it would have written the newest day.

        Raises:
            StoreTooNew: it did. That the day cannot be read for another reason is told to those
                who read it.
        """
        for day in self.days()[-1:]:
            try:
                self.attach(day)
            except StoreTooNew:
                raise
            except StoreError as error:
                logger.warning("%s", error)

    def _attach(self, day: int) -> None:
        alias = self.alias(day)
        where = ":memory:" if self._directory is None else str(self._path(self._directory, day))
        try:
            self._connection.execute(f"attach {ddl.literal(where)} as {alias}")
        except duckdb.Error as error:
            raise _unreadable(where, error) from error
        try:
            lay_out(self._connection, alias, where)
        except BaseException as error:
            self._connection.execute(f"detach {alias}")
            if isinstance(error, duckdb.Error):
                raise _unreadable(where, error) from error
            raise
        self._attached.add(day)
        self._days.add(day)

    @staticmethod
    def _path(directory: Path, day: int) -> Path:
        return directory / f"{day_name(day)}.duckdb"


def _day_of(path: Path) -> int | None:
    """Return the day that a file holds; None for what is no day file, or has nothing in it."""
    found = _FILE_NAME.fullmatch(path.name)
    if found is None or not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        return day_number(found[1])
    except ValueError:
        return None


def _unreadable(where: str, error: duckdb.Error) -> StoreError:
    cause = str(error).partition("\n")[0]
    return StoreError(
        f"cannot open day file {where}: {cause}; move it out of the folder to work without that day"
    )
