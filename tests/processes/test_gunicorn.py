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


DJANGO = {
    "threads": ("--worker-class", "gthread", "--threads", "4", "--preload", "django_shop:wsgi"),
    "gevent": ("--worker-class", "gevent", "django_shop:wsgi"),
    "asgi": ("--worker-class", "asgi", "django_shop:asgi"),
}


@pytest.mark.parametrize("serving", DJANGO.values(), ids=DJANGO.keys())
def test_each_request_of_django_has_its_statement(
    reporting: Any, get_from_all: Any, serving: Any, port: int
) -> None:
    address = f"127.0.0.1:{port}"
    running = reporting.start(
        *(sys.executable, "-m", "gunicorn", "--workers", "2", "--bind", address, *serving)
    )
    names, _ = get_from_all(port, workers=2)
    running.end()

    kinds: dict[str, list[Any]] = {"RequestData": [], "RemoteDependencyData": []}
    for item in reporting.relay.items:
        kinds[item["data"]["baseType"]].append(item)
    requests = [one["data"]["baseData"] for one in kinds["RequestData"]]
    urls = sorted(f"http://{address}/{name.replace(' ', '%20')}" for name in names)
    assert sorted(one["url"] for one in requests) == urls, reporting.story
    assert {(one["name"], one["responseCode"]) for one in requests} == {("GET /<str:name>", "200")}
    parents = [one["tags"]["ai.operation.parentId"] for one in kinds["RemoteDependencyData"]]
    assert sorted(parents) == sorted(one["id"] for one in requests)
    assert {one["data"]["baseData"]["data"] for one in kinds["RemoteDependencyData"]} == {
        "select %s"
    }
