"""Watching a program live while it runs."""

from __future__ import annotations

import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from pathlib import Path

    from tests.senders.conftest import Application, Sender

PATIENCE_S = 60
NUMBER = "count() of request where Success == false"


def watched_while(
    application: Application, sender: Sender, program: str, asked: str, stop: Path, **environ: str
) -> dict[str, Any]:
    """Return what a viewer sees once there are samples and failed requests.

    Args:
        application: what the program is.
        sender: runs it.
        program: works until the file `stop`, its argument, is there.
        asked: query of the view.
        stop: where that file will be.
        environ: further variables of the program.
    """
    running = threading.Thread(
        target=sender.run,
        args=(program, application.connection_string, (str(stop),)),
        kwargs=environ,
    )
    running.start()
    try:
        return _watched(application, asked)
    finally:
        stop.touch()
        running.join()


def _watched(application: Application, asked: str) -> dict[str, Any]:
    server = application.server
    url = f"{server.url}/api/live/{application.facts['app_id']}/latest?{asked}"
    trusted: Any = True
    if server.is_tls:
        trusted = ssl.create_default_context(cafile=str(server.authority))
    deadline = time.monotonic() + PATIENCE_S
    with httpx.Client(trust_env=False, verify=trusted) as viewer:
        while True:
            seen: dict[str, Any] = viewer.get(url).json()
            sample = seen["sample"]
            shown = [sample["series"]["failed_requests_per_second"], *sample["metrics"].values()]
            if seen["documents"] and all(sum(1 for one in each if one) > 1 for each in shown):
                return seen
            assert time.monotonic() < deadline, sample
            time.sleep(0.5)
