"""The command `openinsights-run`: runs a program with everything traced that it uses."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

START: Final = Path(__file__).with_name("start")
"""A folder with a `sitecustomize`, which every Python below the command imports first."""

USAGE: Final = """\
usage: openinsights-run COMMAND [ARGUMENT …]

Runs a command; every Python below it sends traces, log records and metrics of what it uses: web
frameworks, HTTP clients, databases. The program stays as it is.

  openinsights-run python app.py
  openinsights-run gunicorn shop:app --workers 4
  openinsights-run uvicorn shop:app

Environment:
  APPLICATIONINSIGHTS_CONNECTION_STRING  where to send to; on the page "Getting started" of the portal
  APPLICATIONINSIGHTS_ROLE_NAME          what the program is called in all views
  OPENCENSUS_SAMPLING_RATE               share of traces recorded, from 0 to 1 (1)
  OPENCENSUS_LOG_LEVEL                   log records sent from this level on, or OFF (WARNING)
  OPENCENSUS_METRICS                     false sends no standard metrics (true)
  OPENCENSUS_SQL_PARAMETERS              true records values in SQL statements (false)
"""
NOT_FOUND: Final = 127
MISUSED: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Replace this process by the command; return a status only where that cannot be done."""
    command = sys.argv[1:] if arguments is None else arguments
    if not command or command[0] in ("-h", "--help"):
        print(USAGE, end="", file=sys.stdout if command else sys.stderr)
        return 0 if command else MISUSED
    names = ("APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY")
    if not any(os.environ.get(name) for name in names):
        return _refuse(
            "APPLICATIONINSIGHTS_CONNECTION_STRING is not set: nobody knows where to send telemetry.\n"
            "  export APPLICATIONINSIGHTS_CONNECTION_STRING='InstrumentationKey=…;IngestionEndpoint=…'\n"
            "  The portal shows it on the page Getting started, `openinsights resource show NAME` in a"
            " terminal."
        )
    from opencensus.ext.auto.configured import log_level, sampling_rate

    try:
        sampling_rate()
        log_level()
    except ValueError as error:
        return _refuse(str(error))
    program = shutil.which(command[0])
    if program is None:
        return _refuse(f"cannot find the command {command[0]!r}", NOT_FOUND)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(START), *([before] if before else [])])
    sys.stdout.flush()
    os.execv(program, command)  # noqa: S606 (what the user asked for)


def _refuse(why: str, status: int = MISUSED) -> int:
    print(f"openinsights-run: {why}", file=sys.stderr)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
