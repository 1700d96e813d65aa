"""`openinsights-run` traces programs that know nothing of telemetry."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import RunningServer

PROGRAMS = Path(__file__).with_name("programs")
RUN = [sys.executable, "-m", "opencensus.ext.auto.run"]
NAMES = {
    "flask": "GET /orders/<int:number>",
    "django": "GET /orders/<int:number>",
    "fastapi": "GET /orders/{number}",
}


def environment_of(server: RunningServer, kept: dict[str, str], key: str) -> dict[str, str]:
    text = f"InstrumentationKey={key};IngestionEndpoint={server.url}/;LiveEndpoint={server.url}/"
    return {**kept, "APPLICATIONINSIGHTS_CONNECTION_STRING": text}


@pytest.mark.parametrize("framework", NAMES)
def test_a_request_its_statement_and_its_record_are_one_operation(
    server: RunningServer, client_environment: dict[str, str], framework: str
) -> None:
    key = str(uuid.uuid4())
    process = subprocess.Popen(
        [*RUN, sys.executable, str(PROGRAMS / f"plain_{framework}.py")],
        env=environment_of(server, client_environment, key),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    assert port, process.communicate()[1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/orders/21", timeout=30) as reply:
        assert "order 21: 42" in reply.read().decode()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "order 21" in said, "warnings are printed as before"

    app = f"app-{key[:8]}"
    (request,) = server.wait_for_rows(app, "requests | project name, resultCode, id, operation_Id")
    assert (request["name"], request["resultCode"]) == (NAMES[framework], "200")
    query = "union dependencies, traces | where operation_Id == '{}' | project operation_ParentId"
    children = server.wait_for_rows(app, query.format(request["operation_Id"]), 2)
    assert {row["operation_ParentId"] for row in children} == {request["id"]}
    # A framework may say something else to its database when it connects.
    found = server.wait_for_rows(
        app, "dependencies | where data contains '*' | project data, type, operation_ParentId"
    )
    assert len(found) == 1, found
    assert found[0]["data"] in ("select ? * ?", "select %s * ?")


def test_spans_of_opentelemetrys_api_belong_to_the_request(
    server: RunningServer, client_environment: dict[str, str]
) -> None:
    key = str(uuid.uuid4())
    process = subprocess.Popen(
        [*RUN, sys.executable, str(PROGRAMS / "plain_opentelemetry.py")],
        env=environment_of(server, client_environment, key),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    assert port, process.communicate()[1]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/orders/21", timeout=30) as reply:
        assert reply.read() == b"order 21: 42"
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said

    rows = server.wait_for_rows(
        f"app-{key[:8]}",
        "union requests, dependencies | project itemType, name, type, id, operation_ParentId",
        3,
    )
    ids = {row["id"]: row["name"] for row in rows}
    assert {(row["itemType"], row["name"], ids.get(row["operation_ParentId"])) for row in rows} == {
        ("request", "GET /orders/<int:number>", None),
        ("dependency", "price", "GET /orders/<int:number>"),
        ("dependency", "at start", "price"),
    }
    assert len(rows) == 3, "Flask is traced once"


def test_a_provider_of_the_program_is_left_alone(
    server: RunningServer, client_environment: dict[str, str]
) -> None:
    program = (
        "from opentelemetry import trace\n"
        "tracer = trace.get_tracer('shop')\n"
        "@tracer.start_as_current_span('work')\n"
        "def work(): return type(trace.get_current_span()).__module__\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "trace.set_tracer_provider(TracerProvider())\n"
        "print(work())\n"
    )
    environment = environment_of(server, client_environment, str(uuid.uuid4()))
    done = run([sys.executable, "-c", program], environment)

    assert (done.stdout, done.stderr) == ("opentelemetry.sdk.trace\n", "")


def run(arguments: list[str], environment: dict[str, str]) -> Any:
    return subprocess.run(
        [*RUN, *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


def test_without_a_connection_string_it_says_what_to_do(
    client_environment: dict[str, str],
) -> None:
    done = run([sys.executable, "-c", "print('ran')"], client_environment)

    assert done.returncode == 2
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING is not set" in done.stderr
    assert done.stdout == ""


def test_it_tells_of_a_wrong_variable_and_of_a_missing_command(
    server: RunningServer, client_environment: dict[str, str]
) -> None:
    environment = environment_of(server, client_environment, str(uuid.uuid4()))
    assert "openinsights-run python app.py" in run(["--help"], environment).stdout
    missing = run(["no-such-command"], environment)
    assert (missing.returncode, "no-such-command" in missing.stderr) == (127, True)
    wrong = run([sys.executable, "-c", ""], {**environment, "OPENCENSUS_SAMPLING_RATE": "7"})
    assert (wrong.returncode, "from 0 to 1" in wrong.stderr) == (2, True)


def test_a_wrong_connection_string_leaves_the_program_alone(
    client_environment: dict[str, str],
) -> None:
    environment = {**client_environment, "APPLICATIONINSIGHTS_CONNECTION_STRING": "nonsense"}
    done = run([sys.executable, "-c", "print('ran')"], environment)

    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "this process is not traced" in done.stderr


def test_the_status_of_the_program_and_other_customizations_are_kept(
    server: RunningServer, client_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.customized = True\n")
    environment = environment_of(server, client_environment, str(uuid.uuid4()))
    before = environment.get("PYTHONPATH", "")
    environment["PYTHONPATH"] = f"{tmp_path}:{before}"
    done = run([sys.executable, "-c", "import sys; sys.exit(3 + sys.customized)"], environment)

    assert done.returncode == 4, done.stderr
