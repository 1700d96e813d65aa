"""Each published program, unmodified, lands in the table that its page names: found by KQL over HTTP."""

from __future__ import annotations

import re
import textwrap
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZERO_KEY = "00000000-0000-0000-0000-000000000000"
DOCUMENTED_COUNTERS = {
    r"\Memory\Available Bytes",
    r"\Processor(_Total)\% Processor Time",
    r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec",
    r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time",
    r"\ApplicationInsights\Dependency Calls/Sec",
    r"\Process(??APP_WIN32_PROC??)\% Processor Time",
    r"\Process(??APP_WIN32_PROC??)\Private Bytes",
}


@pytest.fixture
def app(server: Any) -> str:
    """The resource of the key that the programs have in their code, made by its first item."""
    return "app-00000000"


@pytest.fixture
def environment(server: Any) -> dict[str, str]:
    return {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": (
            f"InstrumentationKey={uuid.uuid4()};IngestionEndpoint={server.url}/"
        )
    }


def test_trace_export_lands_in_dependencies(
    run_seed_program: Callable[..., Any], server: Any, app: str, environment: dict[str, str]
) -> None:
    finished = run_seed_program("trace_export.py", "4\n25\n", environment)

    values = "Enter a value: 4\nEnter a value: 25\nEnter a value: "
    assert finished.stdout == values
    rows = server.rows(app, "dependencies | order by timestamp asc")
    assert [row["name"] for row in rows] == ["test"] * 3
    assert [row["success"] for row in rows] == ["True", "True", "False"]
    assert {row["cloud_RoleName"] for row in rows} == {"trace_export.py"}


def test_logs_export_lands_in_traces(
    run_seed_program: Callable[..., Any], server: Any, app: str, environment: dict[str, str]
) -> None:
    run_seed_program("logs_export.py", "24\n찻잔 ☕ thé\n", environment)

    rows = server.rows(
        app, "traces | where cloud_RoleName == 'logs_export.py' | order by timestamp asc"
    )
    assert [(row["message"], row["severityLevel"]) for row in rows] == [
        ("24", 2),
        ("찻잔 ☕ thé", 2),
    ]


def test_formatted_text_is_the_message(
    run_seed_program: Callable[..., Any], server: Any, app: str, environment: dict[str, str]
) -> None:
    run_seed_program("logs_formatter.py", "24\n", environment)

    (row,) = server.rows(app, "traces | where cloud_RoleName == 'logs_formatter.py'")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - WARNING  - 24", row["message"])


def test_custom_dimensions_are_key_value_pairs(
    run_seed_program: Callable[..., Any], server: Any, app: str, environment: dict[str, str]
) -> None:
    run_seed_program("logs_custom_dimensions.py", "", environment)

    (row,) = server.rows(
        app,
        "traces | where message == 'action'"
        " | project one = customDimensions.key_1, two = tostring(customDimensions['key_2'])",
    )
    assert row == {"one": "value_1", "two": "value_2"}


def test_exception_lands_with_its_frames_and_dimensions(
    run_seed_program: Callable[..., Any], server: Any, app: str, environment: dict[str, str]
) -> None:
    run_seed_program("logs_exception.py", "", environment)

    (row,) = server.rows(
        app,
        "exceptions | project type, problemId, frame = details[0].parsedStack[0],"
        " key = tostring(customDimensions.key_1), line = toint(details[0].parsedStack[0].line)",
    )
    assert row["type"] == "ZeroDivisionError"
    assert row["key"] == "value_1"
    assert row["line"] == 15
    assert "logs_exception.py" in row["frame"]


def test_event_lands_in_custom_events(
    run_seed_program: Callable[..., Any], server: Any, environment: dict[str, str]
) -> None:
    run_seed_program("logs_event.py", "", environment)

    (row,) = server.rows("app-11111111", "customEvents")
    assert row["name"] == "Hello, World!"


def test_metrics_land_in_custom_metrics_and_performance_counters(
    run_seed_program: Callable[..., Any], server: Any, app: str, environment: dict[str, str]
) -> None:
    run_seed_program("metrics_export.py", "\n" * 5, environment)

    (row,) = server.rows(app, "customMetrics | summarize arg_max(timestamp, value) by name")
    counters = server.rows(app, "performanceCounters | distinct name")
    assert (row["name"], row["value"]) == ("prompt view", 5)
    assert {counter["name"] for counter in counters} == DOCUMENTED_COUNTERS


def test_without_standard_metrics_only_custom_metrics_arrive(
    programs: Path, run_program: Callable[..., Any], server: Any, environment: dict[str, str]
) -> None:
    key = str(uuid.uuid4())
    whole = (programs / "metrics_export.py").read_text(encoding="utf-8")
    statement = (programs / "metrics_without_standard.txt").read_text(encoding="utf-8")
    statement = statement.replace("...", "").replace("<your-instrumentation-key-here>", key)
    changed = re.sub(r"exporter = metrics_exporter.*?\)\n", lambda _: statement, whole, flags=re.S)
    run_program(changed, "metrics.py", "\n" * 3, environment)

    name = f"app-{key[:8]}"
    assert [row["value"] for row in server.rows(name, "customMetrics")] == [3]
    assert server.rows(name, "performanceCounters") == []


def test_django_logging_lands_in_traces(
    programs: Path, run_program: Callable[..., Any], server: Any, environment: dict[str, str]
) -> None:
    settings = (programs / "django_logging.txt").read_text(encoding="utf-8")
    use = (programs / "django_logging_use.py").read_text(encoding="utf-8")
    start = textwrap.dedent(
        """
        import logging.config
        LOGGING["version"] = 1
        logging.config.dictConfig(LOGGING)
        """
    )
    run_program(f"import sys\n{settings}{start}{use}", "django.py", "", environment)

    rows = server.rows("app-11111111", "traces | where cloud_RoleName == 'django.py'")
    assert [row["message"] for row in rows] == ["this will be tracked"]
