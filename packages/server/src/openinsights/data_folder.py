"""The data folder on disk: its layout, and the lock that gives it to one process at a time.

What lives here: where the catalog and the telemetry stand inside the folder, and who holds it.
What does not: what those files hold; the catalog and the store know that.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from openinsights.errors import OpenInsightsError
from openinsights.restoring import finish
from openinsights.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from types import TracebackType

CATALOG_FILE = "catalog.sqlite"
TELEMETRY_FOLDER = "telemetry"
LOCK_FILE = "lock"
SECRET_FILE = "owner.secret"  # noqa: S105 - the name of the file
_OURS = (CATALOG_FILE, TELEMETRY_FOLDER, LOCK_FILE, SECRET_FILE, SETTINGS_FILE, "tls")
_LOCK_OFFSET = 1 << 20
"""The byte that is locked on Windows, beyond the text so that others can still read the holder."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a data folder (0 when not known), and the URL it serves, if any."""

    pid: int
    url: str = ""


class DataFolderError(OpenInsightsError):
    """The data folder cannot be used."""

    code = "DataFolderError"


class DataFolderLocked(DataFolderError):
    """Another process holds the data folder."""

    code = "DataFolderLocked"

    def __init__(self, path: Path, holder: Holder) -> None:
        self.holder = holder
        who = f"process {holder.pid}" if holder.pid else "another process"
        place = f" and serves {holder.url}" if holder.url else ""
        remedy = (
            f"work through that server (--url {holder.url}), stop it, or name another folder"
            if holder.url
            else "stop that process, or name another folder"
        )
        super().__init__(f"cannot open data folder {path}: {who} holds it{place}; {remedy}")


class DataFolder:
    """A data folder that this process holds until `release()`.

    Construction creates the folder where it is missing and takes its lock.

    Raises:
        DataFolderLocked: another process holds it.
        DataFolderError: it cannot be created or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if self.telemetry.exists() and not self.telemetry.is_dir():
            raise DataFolderError(
                f"cannot open data folder {path}: {self.telemetry} is a file where a folder"
                " belongs; move it away"
            )
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock: IO[str] = (path / LOCK_FILE).open("a+", encoding="utf-8")
        except OSError as error:
            raise DataFolderError(
                f"cannot use data folder {path}: {error.strerror or error}"
            ) from error
        try:
            _take(self._lock)
        except OSError:
            self._lock.close()
            raise DataFolderLocked(path, holder_of(path) or Holder(0)) from None
        self.announce("")
        try:
            finish(path)
        except OSError as error:
            self.release()
            raise DataFolderError(
                f"cannot finish the restore in data folder {path}: {error}"
            ) from error

    @property
    def catalog(self) -> Path:
        """The file of the configuration catalog."""
        return self.path / CATALOG_FILE

    @property
    def telemetry(self) -> Path:
        """The folder of the telemetry store."""
        return self.path / TELEMETRY_FOLDER

    def announce(self, url: str) -> None:
        """Note for other processes that this one holds the folder and serves `url`."""
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(json.dumps({"pid": os.getpid(), "url": url}))
        self._lock.flush()

    def leave_secret(self, secret: str) -> None:
        """Leave what lets the owner of the folder speak with the server that holds it."""
        path = self.path / SECRET_FILE
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret)

    def release(self) -> None:
        """Give the folder back; harmless when done twice."""
        if not self._lock.closed:
            (self.path / SECRET_FILE).unlink(missing_ok=True)
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.close()

    def __enter__(self) -> DataFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def secret_in(path: Path) -> str:
    """Return what the server that holds a data folder has left there for its owner.

    "" when there is none, or the file may not be read.
    """
    try:
        return (path / SECRET_FILE).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def folder_named(text: str) -> Path:
    """Return the folder that a person named.

    Raises:
        DataFolderError: the name is empty, as an unset variable leaves it; it would otherwise
            mean the current folder.
    """
    if not text.strip():
        raise DataFolderError(
            "cannot use data folder '': the name is empty; name a folder, or . for this one"
        )
    return Path(text).expanduser()


def refuse_without_telemetry(path: Path) -> None:
    """Refuse to read where no server ever wrote; touches nothing.

    An empty folder is accepted: it is a data folder without anything in it yet.

    Raises:
        DataFolderError: there is no such folder, or what it holds is not a server's.
    """
    try:
        names = {entry.name for entry in path.iterdir()}
    except FileNotFoundError:
        raise DataFolderError(
            f"cannot open data folder {path}: there is none; 'openinsights serve --data {path}'"
            " makes one"
        ) from None
    except OSError as error:
        raise DataFolderError(
            f"cannot open data folder {path}: {error.strerror or error}"
        ) from None
    if names and names.isdisjoint(_OURS):
        raise DataFolderError(
            f"cannot open data folder {path}: no telemetry here, it holds other files; name the"
            " folder that 'openinsights serve' prints when it starts"
        )


def holder_of(path: Path) -> Holder | None:
    """Return who announced itself as holder of a data folder; None when nobody did.

    A process that was killed leaves its announcement behind: only the lock itself tells whether
    the folder is held.
    """
    try:
        value = json.loads((path / LOCK_FILE).read_text(encoding="utf-8"))
        return Holder(int(value["pid"]), str(value["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _take(lock: IO[str]) -> None:
        lock.seek(_LOCK_OFFSET)
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(lock: IO[str]) -> None:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
