from __future__ import annotations

import importlib

import pytest

from opencensus.ext.refused import INSTEAD
from opencensus.trace import config_integration


@pytest.mark.parametrize("name", INSTEAD)
def test_package_that_is_not_here_says_what_to_use_instead(name: str) -> None:
    with pytest.raises(ImportError) as refused:
        importlib.import_module(f"opencensus.ext.{name}")

    assert str(refused.value) == (
        f"cannot import opencensus.ext.{name}: it is not supported; {INSTEAD[name]}"
    )


def test_module_of_such_a_package_says_the_same() -> None:
    with pytest.raises(ImportError, match="Jaeger has retired the protocol"):
        importlib.import_module("opencensus.ext.jaeger.trace_exporter")


def test_configuration_by_names_goes_on_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    integrated = config_integration.trace_integrations(["google_cloud_clientlibs", "logging"])

    assert integrated == ["logging"]
    assert "trace_integrations(['requests', 'grpc']) traces their calls" in caplog.text
