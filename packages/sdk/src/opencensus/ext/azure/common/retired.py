"""The retired distributions that this client replaces, and whether some lie beside it.

Both own the folder ``opencensus``: what is installed last overwrites the other's files, and what is
uninstalled takes the other's files along.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import opencensus

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)

OURS = "openinsights-sdk"
STAND_IN = "openinsights"
"""The local label in the version of a stand-in: it has the name, and no file of the retired one."""

VERSIONS: dict[str, str] = {
    "opencensus": "0.0.1 0.1.1 0.1.2 0.1.3 0.1.4 0.1.5 0.1.6 0.1.7 0.1.8 0.1.9 0.1.10 0.1.11 0.2.0"
    " 0.3.0 0.3.1 0.4.0 0.4.1 0.5.0 0.6.0 0.7.0 0.7.1 0.7.2 0.7.3 0.7.4 0.7.5 0.7.6 0.7.7 0.7.8"
    " 0.7.9 0.7.10 0.7.11 0.7.12 0.7.13 0.8.0 0.9.0 0.10.0 0.11.0 0.11.1 0.11.2 0.11.3 0.11.4",
    "opencensus-context": "0.1.0 0.1.1 0.1.2 0.1.3 0.2.dev0",
    "opencensus-ext-azure": "0.1.0 0.2.0 0.2.1 0.3.1 0.7.0 0.7.1 1.0.0 1.0.1 1.0.2 1.0.3 1.0.4"
    " 1.0.5 1.0.6 1.0.7 1.0.8 1.1b0 1.1.0 1.1.1 1.1.2 1.1.3 1.1.4 1.1.5 1.1.6 1.1.7 1.1.8 1.1.9"
    " 1.1.10 1.1.11 1.1.12 1.1.13 1.1.14 1.1.15",
    "opencensus-ext-dbapi": "0.1.0 0.1.1 0.1.2",
    "opencensus-ext-django": "0.1.0 0.2.0 0.3.0 0.3.1 0.3.2 0.7.0 0.7.1 0.7.2 0.7.3 0.7.4 0.7.5"
    " 0.7.6 0.8.0",
    "opencensus-ext-fastapi": "0.1.0",
    "opencensus-ext-flask": "0.1.0 0.2.0 0.3.0 0.3.1 0.7.0 0.7.1 0.7.2 0.7.3 0.7.4 0.7.5 0.7.6"
    " 0.8.0 0.8.1 0.8.2",
    "opencensus-ext-gevent": "0.1.0",
    "opencensus-ext-httplib": "0.1.0 0.1.1 0.1.2 0.1.3 0.7.1 0.7.2 0.7.3 0.7.4 0.7.5",
    "opencensus-ext-logging": "0.1.0 0.1.1",
    "opencensus-ext-pyramid": "0.1.0 0.2.0 0.3.0 0.7.0 0.7.1 0.7.2 0.7.3",
    "opencensus-ext-requests": "0.1.0 0.1.1 0.1.2 0.7.1 0.7.2 0.7.3 0.7.4 0.7.5 0.7.6 0.8.0",
    "opencensus-ext-threading": "0.1.0 0.1.1 0.1.2",
}
"""Each retired distribution whose packages are in this client, and its published versions.

Those that are not in here, such as ``opencensus-ext-pymongo``, may stay: they use this client.
"""


class Beside(NamedTuple):
    """A retired distribution that is installed where this client is."""

    name: str
    version: str


def beside(folders: Iterable[Path] | None = None) -> list[Beside]:
    """Return the retired distributions that own files of this client, by name.

    Args:
        folders: Where distributions are installed; by default wherever ``opencensus`` comes from.
    """
    if folders is None:
        folders = [Path(folder).parent for folder in opencensus.__path__]
    found: set[Beside] = set()
    for folder in folders:
        found.update(filter(None, map(_read, _names(folder))))
    return sorted(found)


def how_to_mend(found: Iterable[Beside]) -> str:
    """Return the commands that leave this client alone in its folder."""
    names = " ".join(one.name for one in found)
    return (
        f"pip uninstall --yes {names} && pip install --force-reinstall --no-deps {OURS};"
        " where a requirement names them, see 'python -m opencensus.ext.azure.stand_ins'"
    )


def warn_once() -> None:
    """Warn of retired distributions, in the first thread of a process that sends."""
    global _has_looked
    if _has_looked:
        return
    _has_looked = True
    found = beside()
    if found:
        logger.warning(
            "retired distributions own the same files as %s: what was installed last is what runs"
            " found=%s mend=%s",
            OURS,
            ", ".join(f"{name} {version}" for name, version in found),
            how_to_mend(found),
        )


_has_looked = False


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return []


def _read(name: str) -> Beside | None:
    """Return what a folder of metadata says by its name; None unless that is a retired one."""
    stem, _, kind = name.rpartition(".")
    if kind not in ("dist-info", "egg-info") or not stem.startswith("opencensus"):
        return None
    named, _, version = stem.partition("-")
    distribution = named.replace("_", "-").lower()
    if distribution not in VERSIONS or version.endswith(f"+{STAND_IN}"):
        return None
    return Beside(distribution, version.partition("-py")[0])
