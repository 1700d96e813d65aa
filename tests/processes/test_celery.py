"""Children of Celery's prefork pool report what their tasks recorded.

They are forked with the exporters in them, end without exit handlers or finalizers, and are
replaced after a few tasks.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TASKS = 14
CELERY_TAKES_S = 2.0
"""How long a worker without exporters takes to end: its children sleep before they leave."""


@pytest.fixture
def broker(reporting: Any, need: Any, port: int, tmp_path: Path) -> str:
    server = shutil.which("redis-server")
    need("redis-server", server, "apt-get install redis-server")
    reporting.start(
        str(server),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path),
    )
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def work(
    reporting: Any, broker: str, tmp_path: Path, wait_until: Callable[..., Any]
) -> Callable[..., Any]:
    """Start a worker with options, have tasks done, and return the worker and its children's ids."""

    def work(*options: str, tasks: int = TASKS) -> tuple[Any, list[str]]:
        done = tmp_path / "done"
        done.touch()
        environment = {"BROKER": broker, "DONE": str(done)}
        worker = reporting.start(
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tasks",
            "worker",
            "--loglevel",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            *options,
            **environment,
        )
        reporting.python("tasks.py", str(tasks), **environment).wait()
        wait_until("all tasks", lambda: len(done.read_text().split()) == tasks)
        return worker, done.read_text().split()

    return work


def test_every_child_reports_though_it_is_replaced_after_a_few_tasks(
    reporting: Any, work: Any
) -> None:
    worker, children = work("--concurrency", "2", "--max-tasks-per-child", "3")
    took_s = worker.end()

    assert len(set(children)) >= TASKS // 3
    reporting.expect_once(f"task {number}" for number in range(TASKS))
    assert took_s < 1 + CELERY_TAKES_S, worker.output


@pytest.mark.parametrize("pool", ["solo", "threads"])
def test_pools_in_one_process_report_too(reporting: Any, work: Any, pool: str) -> None:
    worker, children = work("--pool", pool, "--concurrency", "2")
    worker.end()

    assert set(children) == {str(worker.process.pid)}
    reporting.expect_once(f"task {number}" for number in range(TASKS))


def test_what_a_task_does_belongs_to_the_trace_that_sent_it(
    reporting: Any, broker: str, tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    done = tmp_path / "billed"
    done.touch()
    environment = {"BROKER": broker, "DONE": str(done)}
    command = [sys.executable, "-m", "celery", "-A", "traced_tasks", "worker", "--concurrency", "1"]
    worker = reporting.start(*command, "--loglevel", "CRITICAL", **environment)
    reporting.python("traced_tasks.py", "7", **environment).wait()
    wait_until("the task", done.read_text)
    worker.end()

    data = {}
    for item in list(reporting.relay.items):
        found = item["data"]["baseData"]
        data[found.get("name") or found["exceptions"][0]["typeName"]] = (item["tags"], found)
    operation = data["order"][0]["ai.operation.id"]
    assert {tags["ai.operation.id"] for tags, _ in data.values()} == {operation}
    for name, succeeds in (("bill", True), ("refuse", False)):
        sent, ran = data[f"send {name}"], data[name]
        assert sent[0]["ai.operation.parentId"] == data["order"][1]["id"]
        assert ran[0]["ai.operation.parentId"] == sent[1]["id"]
        assert ran[1]["success"] is succeeds
        assert sent[1]["type"] == "celery"
        assert sent[1]["target"].endswith(" | celery")
    assert data["ValueError"][1]["exceptions"][0]["message"] == "no such order"
