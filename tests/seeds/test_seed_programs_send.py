"""Each published program, unmodified, sends what its page says."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ZERO_KEY = "00000000-0000-0000-0000-000000000000"
OWN_KEY = "11111111-2222-3333-4444-555555555555"
SPAN_DATA = re.compile(
    r"\[SpanData\(name='test', context=SpanContext\(trace_id=[0-9a-f]{32}, span_id=None, "
    r"trace_options=TraceOptions\(enabled=True\), tracestate=None\), span_id='[0-9a-f]{16}', "
    r"parent_span_id=None, attributes=BoundedDict\({}, maxlen=32\), start_time='[^']+Z', "
    r"end_time='[^']+Z', child_span_count=0, stack_trace=None, "
    r"annotations=BoundedList\(\[\], maxlen=32\), message_events=BoundedList\(\[\], maxlen=128\), "
    r"links=BoundedList\(\[\], maxlen=32\), status=None, same_process_as_parent_span=None, "
    r"span_kind=0\)\]"
)


@pytest.fixture
def environment(recording_endpoint: Any) -> dict[str, str]:
    return {
        "APPLICATIONINSIGHTS_CONNECTION_STRING": (
            f"InstrumentationKey={OWN_KEY};IngestionEndpoint={recording_endpoint.endpoint}/"
        )
    }


def base_data(item: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = item["data"]["baseData"]
    return data


def ends_at_end_of_input(finished: Any) -> bool:
    return finished.returncode == 1 and finished.stderr.rstrip().endswith(
        "EOFError: EOF when reading a line"
    )


def test_trace_local_prints_span_data(run_seed_program: Callable[..., Any]) -> None:
    finished = run_seed_program("trace_local.py", "4\n25\n")

    assert ends_at_end_of_input(finished)
    lines = finished.stdout.splitlines()
    assert lines[0] == "Enter a value: 4"
    assert SPAN_DATA.fullmatch(lines[1])
    assert lines[2] == "Enter a value: 25"
    assert SPAN_DATA.fullmatch(lines[3])


def test_trace_export_sends_dependencies_and_prints_only_the_values(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("trace_export.py", "4\n25\n100\n", environment)

    assert ends_at_end_of_input(finished)
    values = "Enter a value: 4\nEnter a value: 25\nEnter a value: 100\nEnter a value: "
    assert finished.stdout == values
    items = recording_endpoint.accepted
    assert [item["data"]["baseType"] for item in items] == ["RemoteDependencyData"] * 4
    assert {item["iKey"] for item in items} == {ZERO_KEY}
    assert [base_data(item)["name"] for item in items] == ["test"] * 4
    assert [base_data(item)["type"] for item in items] == ["INPROC"] * 4
    assert [base_data(item)["success"] for item in items] == [True, True, True, False]
    assert {item["tags"]["ai.cloud.role"] for item in items} == {"trace_export.py"}


def test_logs_local_sends_nothing(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("logs_local.py", "24\n", environment)

    assert ends_at_end_of_input(finished)
    assert "24" in finished.stderr
    assert recording_endpoint.posts == []


def test_logs_export_sends_each_line(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("logs_export.py", "24\n55\n", environment)

    assert ends_at_end_of_input(finished)
    items = recording_endpoint.accepted
    assert [base_data(item)["message"] for item in items] == ["24", "55"]
    assert [base_data(item)["severityLevel"] for item in items] == [2, 2]
    assert {item["iKey"] for item in items} == {ZERO_KEY}


def test_logs_formatter_sends_the_formatted_text(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    run_seed_program("logs_formatter.py", "24\n", environment)

    (item,) = recording_endpoint.accepted
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - WARNING  - 24", base_data(item)["message"]
    )


def test_logs_custom_dimensions_are_key_value_pairs(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("logs_custom_dimensions.py", "", environment)

    assert finished.returncode == 0
    (item,) = recording_endpoint.accepted
    assert item["data"]["baseType"] == "MessageData"
    assert base_data(item)["message"] == "action"
    assert base_data(item)["properties"]["key_1"] == "value_1"
    assert base_data(item)["properties"]["key_2"] == "value_2"


def test_logs_exception_has_frames_and_dimensions(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("logs_exception.py", "", environment)

    assert finished.returncode == 0
    (item,) = recording_endpoint.accepted
    (details,) = base_data(item)["exceptions"]
    assert item["data"]["baseType"] == "ExceptionData"
    assert details["typeName"] == "ZeroDivisionError"
    assert details["message"].startswith("Captured an exception.")
    (frame,) = details["parsedStack"]
    assert frame["method"] == "<module>"
    assert frame["fileName"].endswith("logs_exception.py")
    assert base_data(item)["properties"]["key_1"] == "value_1"


def test_logs_event_sends_a_custom_event(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("logs_event.py", "", environment)

    assert finished.returncode == 0
    (item,) = recording_endpoint.accepted
    assert item["data"]["baseType"] == "EventData"
    assert base_data(item)["name"] == "Hello, World!"
    assert item["iKey"] == OWN_KEY


def test_placeholder_left_in_place_is_named(
    run_seed_program: Callable[..., Any],
) -> None:
    finished = run_seed_program("logs_event.py", keep_placeholders=True)

    assert finished.returncode == 1
    last_line = finished.stderr.strip().splitlines()[-1]
    assert last_line.startswith("ValueError:")
    assert "placeholder" in last_line


def test_metrics_local_prints_points(run_seed_program: Callable[..., Any]) -> None:
    finished = run_seed_program("metrics_local.py", "\n\n")

    assert ends_at_end_of_input(finished)
    assert re.fullmatch(
        r"Press enter\.Point\(value=ValueLong\(1\), timestamp=[^)]+\)\n"
        r"Press enter\.Point\(value=ValueLong\(2\), timestamp=[^)]+\)\n"
        r"Press enter\.",
        finished.stdout,
    )


def test_metrics_export_sends_the_count_and_every_counter(
    run_seed_program: Callable[..., Any], recording_endpoint: Any, environment: dict[str, str]
) -> None:
    finished = run_seed_program("metrics_export.py", "\n" * 5, environment)

    assert ends_at_end_of_input(finished)
    assert "Point(value=ValueLong(5), timestamp=" in finished.stdout
    values = metric_values(recording_endpoint)
    assert values["prompt view"] == 5
    assert {name for name in values if name.startswith("\\")} == {
        r"\Memory\Available Bytes",
        r"\Processor(_Total)\% Processor Time",
        r"\Process(??APP_WIN32_PROC??)\% Processor Time",
        r"\Process(??APP_WIN32_PROC??)\Private Bytes",
        r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec",
        r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time",
        r"\ApplicationInsights\Dependency Calls/Sec",
    }


def test_metrics_without_standard_metrics_sends_only_the_count(
    programs: Path,
    run_program: Callable[..., Any],
    recording_endpoint: Any,
    environment: dict[str, str],
) -> None:
    whole = (programs / "metrics_export.py").read_text(encoding="utf-8")
    statement = (programs / "metrics_without_standard.txt").read_text(encoding="utf-8")
    statement = statement.replace("...", "")
    changed = re.sub(r"exporter = metrics_exporter.*?\)\n", lambda _: statement, whole, flags=re.S)
    assert "enable_standard_metrics=False" in changed
    run_program(changed, "metrics.py", "\n" * 3, environment)

    assert metric_values(recording_endpoint) == {"prompt view": 3}


def test_django_logging_sample_works_with_a_version(
    programs: Path,
    run_program: Callable[..., Any],
    recording_endpoint: Any,
    environment: dict[str, str],
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
    finished = run_program(f"import sys\n{settings}{start}{use}", "django.py", "", environment)

    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout == "this will be tracked\n"
    (item,) = recording_endpoint.accepted
    assert base_data(item)["message"] == "this will be tracked"


def metric_values(recording_endpoint: Any) -> dict[str, float]:
    points = [base_data(item)["metrics"][0] for item in recording_endpoint.accepted]
    return {point["name"]: point["value"] for point in points}
