"""Workers of gunicorn report what they served, once each, and end at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = {
    "sync": ("--worker-class", "sync", "--workers", "2"),
    "gthread": ("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
}
REQUESTS = 20


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["each loads", "preload"])
@pytest.mark.parametrize("workers", WORKERS.values(), ids=WORKERS.keys())
def test_workers_report_once_and_end_within_a_second(
    reporting: Any, get: Callable[[int, str], str], workers: Any, preload: Any, port: int
) -> None:
    running = reporting.start(
        sys.executable,
        "-m",
        "gunicorn",
        *workers,
        *preload,
        "--bind",
        f"127.0.0.1:{port}",
        "web:application",
    )
    served = {f"request {number}": get(port, f"request%20{number}") for number in range(REQUESTS)}
    took_s = running.end()

    reporting.expect_once(served)
    assert took_s < 1, running.output
