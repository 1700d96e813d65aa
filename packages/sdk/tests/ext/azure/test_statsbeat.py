from __future__ import annotations

import subprocess
import sys

import pytest

from opencensus.ext.azure import log_exporter, metrics_exporter, trace_exporter
from opencensus.ext.azure.statsbeat import state, statsbeat


@pytest.mark.parametrize("value", [None, "false", "true"])
def test_nothing_is_ever_reported_about_the_sending(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    name = "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL"
    monkeypatch.delenv(name, raising=False)
    if value is not None:
        monkeypatch.setenv(name, value)
    statsbeat.collect_statsbeat_metrics(object())
    statsbeat.shutdown_statsbeat_metrics()
    state.increment_statsbeat_initial_failure_count()
    state.set_statsbeat_initial_success(True)

    assert not state.is_statsbeat_enabled()
    assert state.get_statsbeat_initial_failure_count() == 0
    assert (state.get_statsbeat_initial_success(), state.get_statsbeat_shutdown()) == (False, False)


@pytest.mark.parametrize("module", [log_exporter, metrics_exporter, trace_exporter])
def test_exporters_pass_on_their_parts_and_nothing_else(module: object) -> None:
    from opencensus.ext.azure.common.transport import TransportStatusCode

    assert module.TransportStatusCode is TransportStatusCode  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="has no attribute 'nowhere'"):
        module.nowhere  # type: ignore[attr-defined]  # noqa: B018


def test_parts_are_imported_when_somebody_asks() -> None:
    program = (
        "import sys\n"
        "from opencensus.ext.azure import trace_exporter\n"
        "print('opencensus.ext.azure.common.transport' in sys.modules)\n"
        "trace_exporter.TransportMixin\n"
        "print('opencensus.ext.azure.common.transport' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
