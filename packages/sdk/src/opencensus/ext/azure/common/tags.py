"""The tags of every envelope: which application, instance, machine and client sent it."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING

from opencensus.common.version import __version__ as core_version
from opencensus.ext.azure.common.options import environment_role
from opencensus.ext.azure.common.version import __version__
from openinsights_wire import tags as names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opencensus.ext.azure.common.options import Options

UNNAMED_ROLE = "Python Application"
LOCALE_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")


def process_tags(argv: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that are the same for all exporters of a process.

    Args:
        argv: The program's arguments; the program's name stands for the role when nothing else does.
        environ: Read for the locale.
    """
    node = platform.node()
    program = os.path.basename(argv[0]) if argv else ""  # noqa: PTH119 - argv may be "" or "-c"
    tags = {
        names.CLOUD_ROLE: program or UNNAMED_ROLE,
        names.CLOUD_ROLE_INSTANCE: node,
        names.DEVICE_ID: node,
        names.DEVICE_LOCALE: _locale(environ),
        names.DEVICE_OS_VERSION: platform.version(),
        names.DEVICE_TYPE: "Other",
        names.INTERNAL_SDK_VERSION: sdk_version(),
    }
    return {name: value for name, value in tags.items() if value}


def sdk_version() -> str:
    """Return which client this is, in the form that servers know from this family."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"py{python}:oc{core_version}:ext{__version__}"


def _locale(environ: Mapping[str, str]) -> str:
    for variable in LOCALE_VARIABLES:
        name = environ.get(variable, "").partition(".")[0].partition("@")[0]
        if name:
            return "" if name in ("C", "POSIX") else name
    return ""


azure_monitor_context = process_tags(sys.argv, os.environ)
"""The tags of this process. A program may change them: later envelopes have what is in here."""

_program = azure_monitor_context[names.CLOUD_ROLE]


def exporter_tags(options: Options, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the tags of an exporter's envelopes, to be copied for each of them.

    A role or an instance that the options name stays, whatever the process's tags become. A role
    that a program wrote into the process's tags is not replaced by one of the environment.

    Args:
        options: The exporter's options.
        environ: Where the options were completed from; None means the process's environment.
    """
    role = options.role_name
    if azure_monitor_context.get(names.CLOUD_ROLE) != _program and role == environment_role(
        os.environ if environ is None else environ
    ):
        role = None
    named = {
        names.CLOUD_ROLE: role,
        names.CLOUD_ROLE_INSTANCE: options.role_instance,
    }
    own = {name: value for name, value in named.items() if value}
    return {**azure_monitor_context, **own} if own else azure_monitor_context
