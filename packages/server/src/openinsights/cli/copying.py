"""Copies days of a data folder into another store, and keeps on record which were checked."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import typer

from openinsights.catalog import engine
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import SystemClock, day_name
from openinsights.data_folder import DataFolder, refuse_without_telemetry
from openinsights.errors import OpenInsightsError
from openinsights.keeping.copying import CopiedDay, Copying
from openinsights.keeping.retention import retention_of
from openinsights.store.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openinsights.settings import Settings
    from openinsights.store.api import Store

_SCHEME: Final = "://"


class _Record(msgspec.Struct):
    """The days that were copied to one target and checked there, by their dates."""

    days: dict[str, CopiedDay]


def copy_days(
    folder: Path, target: str, settings: Settings, wanted: Sequence[str], *, again: bool
) -> list[CopiedDay]:
    """Copy days, showing how far it is, and return those that were copied.

    Args:
        folder: the data folder.
        target: URL of a store, or another data folder.
        settings: for the retention of resources that say nothing.
        wanted: dates; every day that has data when empty.
        again: whether days on record are copied too.

    Raises:
        OpenInsightsError: one of both cannot be opened, a day is not there, or differs.
    """
    refuse_without_telemetry(folder)
    with ExitStack() as opened:
        held = opened.enter_context(DataFolder(folder))
        source = open_store("", held.telemetry, SystemClock())
        opened.callback(source.close)
        destination = _target(target, folder, held, settings, opened)
        path = folder / f"copied-{sha256(target.encode()).hexdigest()[:16]}.json"
        record = _read(path)
        days = {day_name(each.day): each.day for each in source.stored_days()}
        if unknown := [day for day in wanted if day not in days]:
            raise OpenInsightsError(
                f"cannot copy {unknown[0]}: it has no telemetry; openinsights store days --data"
                f" {folder} lists the days that have some",
                code="InvalidDay",
            )
        chosen = [day for day in wanted or days if again or day not in record.days]
        copied: list[CopiedDay] = []
        total = sum(sum(source.counts(days[day]).values()) for day in chosen)
        with typer.progressbar(length=max(1, total), label="copy", file=sys.stderr) as bar:
            copying = Copying(source, destination)
            for day in chosen:
                found = copying.copy(days[day], bar.update)
                copied.append(found)
                record.days[day] = found
                _write(path, record)
        _show(copied)
        return copied


def _target(
    target: str, folder: Path, held: DataFolder, settings: Settings, opened: ExitStack
) -> Store:
    if _SCHEME in target:
        catalog = engine.open_catalog(settings.catalog.reveal(), held.catalog)
        resources = ResourceStore(catalog, SystemClock())
        opened.callback(resources.close)
        store = open_store(
            target,
            None,
            SystemClock(),
            retention_of=lambda app_id, table: retention_of(
                resources.get_by_app_id(app_id), table, settings.retention_days
            ),
        )
    else:
        other = Path(target).expanduser().absolute()
        if other == folder.absolute():
            raise OpenInsightsError("cannot copy a folder into itself", code="SameStore")
        taken = opened.enter_context(DataFolder(other))
        store = open_store("", taken.telemetry, SystemClock())
    opened.callback(store.close)
    return store


def _read(path: Path) -> _Record:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Record)
    except FileNotFoundError:
        return _Record({})
    except (OSError, msgspec.MsgspecError) as error:
        raise OpenInsightsError(
            f"cannot read which days were copied: {path}: {error}; delete it to copy and check all"
            " days again",
            code="UnreadableFile",
        ) from None


def _write(path: Path, record: _Record) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=1))
    partial.replace(path)


def _show(copied: Iterable[CopiedDay]) -> None:
    for each in copied:
        rows = ", ".join(f"{name} {count}" for name, count in each.rows.items())
        typer.echo(f"{day_name(each.day)}  {each.checksum}  {rows}")
