"""Where a command's settings come from: its options, the environment, and the settings file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import tomllib

from openinsights.settings import SETTINGS_FILE, SettingsError, resolve, user_data_folder

if TYPE_CHECKING:
    from openinsights.settings import Settings

DEFAULT_URL = "http://127.0.0.1:5380/"


def configured(**explicit: object) -> tuple[Settings, Path]:
    """Return the settings and the data folder of a command.

    Args:
        explicit: options by setting name; None means that the option was not given.

    Raises:
        SettingsError: a value cannot be used, or the settings file cannot be read.
    """
    first = resolve(explicit, os.environ)
    data = first.data or user_data_folder(os.environ, sys.platform, Path.home())
    return resolve(explicit, os.environ, _file(data / SETTINGS_FILE)), data


def _file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read settings file {path}: {error}") from None
