"""Workers of gunicorn report what they served, once each, and end at once.

With the retired client those of `--preload` report nothing.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

WORKERS = {
    "sync": ("--worker-class", "sync", "--workers", "2"),
    "gthread": ("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
    "gevent": ("--worker-class", "gevent", "--workers", "2"),
}

GEVENT_TAKES_S = 1.5
"""How long gevent's workers take to end by themselves: they look once a second."""


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["each loads", "preload"])
@pytest.mark.parametrize("workers", WORKERS.values(), ids=WORKERS.keys())
def test_workers_report_once_and_end_within_a_second(
    reporting: Any, get_from_all: Any, workers: Any, preload: Any, port: int
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
    names, _ = get_from_all(port, workers=2)
    took_s = running.end()

    reporting.expect_once(names)
    assert took_s < 1 + (GEVENT_TAKES_S if "gevent" in workers else 0), running.output
