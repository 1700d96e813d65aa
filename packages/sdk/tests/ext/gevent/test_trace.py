"""Real gevent, in programs of their own: monkey-patching cannot be undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("gevent", reason="gevent has no wheel for this Python")

_BEFORE = """
import gevent.monkey
gevent.monkey.patch_all()
import json, sys, threading
import gevent, gevent.pool
from opencensus.trace import config_integration, execution_context, samplers
from opencensus.trace.tracer import Tracer

class Keeping:
    spans = []
    def export(self, span_datas):
        self.spans += span_datas

tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=Keeping())

def work(name):
    with tracer.span(name):
        gevent.sleep(0)
        with tracer.span(name + " inner"):
            gevent.sleep(0)
        gevent.sleep(0)

def tell(**more):
    names = {span.span_id: span.name for span in Keeping.spans}
    parents = {span.name: names.get(span.parent_span_id) for span in Keeping.spans}
    print(json.dumps({"parents": parents, **more}))
"""


def _run(program: str) -> dict[str, Any]:
    text = _BEFORE + textwrap.dedent(program)
    command = [sys.executable, "-W", "ignore", "-c", text]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def test_greenlets_that_share_a_tracer_keep_their_parents() -> None:
    """With the retired client a greenlet's span was the child of another greenlet's."""
    told = _run(
        """
        with tracer.span("outer"):
            gevent.joinall([gevent.spawn(work, name) for name in "abc"])
            with tracer.span("after"):
                pass
        tell()
        """
    )
    assert told["parents"] == {
        **dict.fromkeys("abc"),
        **{f"{name} inner": name for name in "abc"},
        "after": "outer",
        "outer": None,
    }


def test_with_the_integration_greenlets_go_on_with_the_trace() -> None:
    told = _run(
        """
        integrated = [config_integration.trace_integrations(["gevent"], tracer) for _ in range(2)]
        execution_context.set_opencensus_attr("key", "value")
        attributes = []
        with tracer.span("outer"):
            greenlets = [gevent.spawn(work, name) for name in "ab"]
            greenlets.append(gevent.spawn_later(0, work, "later"))
            greenlets += [gevent.pool.Pool(2).spawn(work, "pooled")]
            greenlets.append(gevent.spawn(
                lambda: attributes.append(execution_context.get_opencensus_attrs())
            ))
            thread = threading.Thread(target=work, args=("thread",))
            thread.start()
            waiting = gevent.Greenlet(work, "made inside, started outside")
        waiting.start()
        gevent.joinall([*greenlets, waiting])
        thread.join()
        alone = gevent.spawn(work, "alone")
        alone.join()
        tell(integrated=integrated, attributes=attributes)
        """
    )
    parents = told["parents"]
    inside = ("a", "b", "later", "pooled", "thread")
    assert {name: parents[name] for name in inside} == dict.fromkeys(inside, "outer")
    assert (parents["alone"], parents["made inside, started outside"]) == (None, None)
    assert {parents[f"{name} inner"] == name for name in inside} == {True}
    assert told["integrated"] == [["gevent"]] * 2
    assert told["attributes"] == [{"key": "value"}]


def test_a_greenlet_keeps_the_context_that_the_program_gave_it() -> None:
    told = _run(
        """
        import contextvars
        variable = contextvars.ContextVar("variable", default=0)
        config_integration.trace_integrations(["gevent"], tracer)
        own = contextvars.Context()
        own.run(variable.set, 5)
        seen = []
        def look():
            seen.append(variable.get())
            work("inside")
        variable.set(7)
        with tracer.span("outer"):
            greenlet = gevent.Greenlet(look)
            greenlet.gr_context = own
            greenlet.start()
            other = gevent.spawn(lambda: seen.append(variable.get()))
            gevent.joinall([greenlet, other])
        tell(seen=seen)
        """
    )
    assert told["seen"] == [5, 0]
    assert told["parents"]["inside"] == "outer"


def test_the_thread_integration_works_in_greenlets() -> None:
    told = _run(
        """
        from concurrent.futures import ThreadPoolExecutor
        config_integration.trace_integrations(["threading"], tracer)
        with tracer.span("outer"):
            thread = threading.Thread(target=work, args=("thread",))
            thread.start()
            with ThreadPoolExecutor(2, "worker") as executor:
                executor.submit(work, "task").result()
            thread.join()
        tell()
        """
    )
    parents = told["parents"]
    assert (parents["thread"], parents["task"], parents["worker_0"]) == (
        "outer",
        "worker_0",
        "outer",
    )


def test_what_gevent_used_to_call_changes_nothing() -> None:
    """The retired package went over to values per thread, also where gevent needs none."""
    told = _run(
        """
        from opencensus.common import runtime_context
        from opencensus.ext.gevent.geventcompatibility import patch_opencensus
        before = runtime_context.RuntimeContext
        patch_opencensus(None)
        tell(same=runtime_context.RuntimeContext is before)
        """
    )
    assert told["same"]


def test_telemetry_of_greenlets_arrives(track_server: Any) -> None:
    told = _run(
        f"""
        from opencensus.ext.azure.trace_exporter import AzureExporter
        exporter = AzureExporter(
            connection_string="InstrumentationKey=00000000-0000-0000-0000-000000000000;"
            "IngestionEndpoint={track_server.endpoint}",
            enable_local_storage=False,
        )
        config_integration.trace_integrations(["gevent"])
        seen = set()
        exporter.add_telemetry_processor(
            lambda envelope: seen.add(str(execution_context.get_current_span()))
        )
        tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=exporter)
        with tracer.span("outer"):
            gevent.joinall([gevent.spawn(work, name) for name in "abc"])
        exporter.shutdown(20)
        tell(trace=tracer.span_context.trace_id, seen=list(seen))
        """
    )
    items = {item["data"]["baseData"]["name"]: item for item in track_server.accepted}
    assert set(items) == {"outer", *"abc", *(f"{name} inner" for name in "abc")}
    assert {item["tags"]["ai.operation.id"] for item in items.values()} == {told["trace"]}
    outer = items["outer"]["data"]["baseData"]["id"]
    assert {items[name]["tags"]["ai.operation.parentId"] for name in "abc"} == {outer}
    assert told["seen"] == ["None"]


UNPATCHED = """
import gevent, logging
from opencensus.ext.azure.log_exporter import AzureLogHandler
logger = logging.getLogger("short")
logger.addHandler(AzureLogHandler(connection_string={connection_string!r}))
logger.warning("the last line")
"""


def test_a_short_program_that_only_imports_gevent_ends_quietly(
    track_server: Any, tmp_path: Path
) -> None:
    source = UNPATCHED.format(connection_string=track_server.connection_string)
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert [item["data"]["baseData"]["message"] for item in track_server.accepted] == [
        "the last line"
    ]
