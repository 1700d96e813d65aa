from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common.options import Options, parse_proxies, resolve
from opencensus.ext.azure.common.tags import azure_monitor_context, exporter_tags
from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.metrics_exporter import new_metrics_exporter
from opencensus.ext.azure.trace_exporter import AzureExporter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
ZERO = "00000000-0000-0000-0000-000000000000"
STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"
AZURE_LIVE = "https://rt.services.visualstudio.com"
KEY_VARIABLE = "APPINSIGHTS_INSTRUMENTATIONKEY"


def test_defaults_are_the_documented_ones() -> None:
    options = resolve({"instrumentation_key": ZERO}, {})

    assert options.endpoint == "https://dc.services.visualstudio.com"
    assert options.export_interval == 15.0
    assert options.grace_period == 5.0
    assert options.max_batch_size == 100
    assert options.minimum_retry_interval == 60
    assert options.queue_capacity == 8192
    assert options.storage_max_size == 52428800
    assert options.storage_retention_period == 604800
    assert options.timeout == 10.0
    assert options.logging_sampling_rate == 1.0
    assert options.enable_local_storage is True
    assert options.enable_gzip is True
    assert options.enable_live_metrics is False
    assert options.durable_queue is False
    assert options.enable_standard_metrics is True


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        (
            {"connection_string": f"InstrumentationKey={KEY}", "instrumentation_key": OTHER},
            {},
            KEY,
        ),
        ({"instrumentation_key": KEY}, {STRING: f"InstrumentationKey={OTHER}"}, KEY),
        ({}, {STRING: f"InstrumentationKey={KEY}", KEY_VARIABLE: OTHER}, KEY),
        ({}, {KEY_VARIABLE: KEY}, KEY),
        ({"instrumentation_key": KEY.upper()}, {}, KEY),
        ({"connection_string": f" instrumentationkey = {KEY} ; "}, {}, KEY),
        ({"connection_string": "", "instrumentation_key": KEY}, {STRING: ""}, KEY),
    ],
)
def test_key_comes_from_the_first_that_has_one(
    given: dict[str, str], environ: dict[str, str], expected: str
) -> None:
    assert resolve(given, environ).instrumentation_key == expected


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        (
            {"connection_string": f"InstrumentationKey={ZERO}"},
            {STRING: f"InstrumentationKey={KEY};IngestionEndpoint=http://here:5380/"},
            "http://here:5380",
        ),
        (
            {"connection_string": f"InstrumentationKey={ZERO};IngestionEndpoint=http://code/"},
            {STRING: "IngestionEndpoint=http://environment/"},
            "http://code",
        ),
        (
            {"instrumentation_key": ZERO, "endpoint": "http://explicit"},
            {STRING: "IngestionEndpoint=http://environment/"},
            "http://environment",
        ),
        (
            {"instrumentation_key": ZERO, "endpoint": "http://explicit"},
            {},
            "https://dc.services.visualstudio.com",
        ),
        (
            {"connection_string": f"InstrumentationKey={ZERO};ingestionENDPOINT=http://h/?a=b;"},
            {},
            "http://h/?a=b",
        ),
        (
            {"connection_string": f"InstrumentationKey={ZERO};EndpointSuffix=example.org"},
            {},
            "https://dc.example.org",
        ),
    ],
)
def test_endpoint_comes_from_the_first_that_has_one(
    given: dict[str, str], environ: dict[str, str], expected: str
) -> None:
    assert resolve(given, environ).endpoint == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Instrumentation key cannot be none or empty."),
        ({"instrumentation_key": "abc"}, "Invalid instrumentation key."),
        ({"instrumentation_key": "<your-ikey-here>"}, "placeholder"),
        (
            {"connection_string": "InstrumentationKey=<your-instrumentation_key-here>"},
            "placeholder",
        ),
        ({"instrumentation_key": ZERO, "logging_sampling_rate": 1.5}, r"\[0,1\]"),
        ({"instrumentation_key": ZERO, "max_batch_size": 0}, "at least 1"),
        ({"instrumentation_key": ZERO, "queue_capacity": 0}, "at least 1"),
        ({"instrumentation_key": ZERO, "timeout": 0}, "greater than 0"),
        ({"instrumentation_key": ZERO, "export_interval": "soon"}, "export_interval 'soon'"),
        ({"instrumentation_key": ZERO, "credential": object()}, "TokenCredential"),
        ({"instrumentation_key": ZERO, "proxies": "{"}, "proxies"),
        ({"instrumentation_key": ZERO, "proxies": ["a"]}, "proxies"),
        ({"instrumentation_key": ZERO, "proxies": 3}, "proxies"),
        ({"instrumentation_key": ZERO, "export_interval": "nan"}, "not finite"),
        ({"instrumentation_key": ZERO, "grace_period": -1}, "grace_period"),
        ({"instrumentation_key": ZERO, "logging_sampling_rate": -1}, r"\[0,1\]"),
        ({"instrumentation_key": ZERO, "enable_gzip": "perhaps"}, "neither true nor false"),
        (
            {"instrumentation_key": ZERO, "durable_queue": True, "enable_local_storage": False},
            "enable_local_storage",
        ),
        (
            {
                "connection_string": f"InstrumentationKey={ZERO};IngestionEndpoint=localhost:5380",
            },
            "http://",
        ),
    ],
)
def test_wrong_values_are_refused_with_what_is_wrong(
    given: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(given, {})


@pytest.mark.parametrize(
    "proxies", [{"https": "http://proxy:8080"}, '{"https": "http://proxy:8080"}', {}, "{}"]
)
def test_proxies_stay_what_they_were_given_as(proxies: object) -> None:
    options = resolve({"instrumentation_key": ZERO, "proxies": proxies}, {})

    assert options.proxies is proxies


@pytest.mark.parametrize("given", [{}, {"proxies": None}])
def test_proxies_are_an_empty_json_object_by_default(given: dict[str, object]) -> None:
    assert resolve({"instrumentation_key": ZERO, **given}, {}).proxies == "{}"


@pytest.mark.parametrize(
    "proxies",
    [{"https": "http://proxy:8080", "http": None}, '{"https": "http://proxy:8080", "http": ""}'],
)
def test_proxies_are_read_from_a_mapping_or_its_json(proxies: object) -> None:
    assert parse_proxies(proxies) == {"https": "http://proxy:8080"}


@pytest.mark.parametrize(
    ("in_code", "around", "endpoint", "expected", "is_on"),
    [
        ("", "", "https://dc.services.visualstudio.com", AZURE_LIVE, False),
        ("", "IngestionEndpoint=http://a;LiveEndpoint=http://b/", "http://a", "http://b", True),
        ("LiveEndpoint=http://c", "IngestionEndpoint=http://a", "http://a", "http://c", True),
        (
            "IngestionEndpoint=http://a",
            "IngestionEndpoint=http://x;LiveEndpoint=http://b",
            "http://a",
            "http://a",
            False,
        ),
        (
            "LiveEndpoint=https://weu.livediagnostics.monitor.azure.com/",
            "",
            "https://dc.services.visualstudio.com",
            "https://weu.livediagnostics.monitor.azure.com",
            False,
        ),
        (
            "EndpointSuffix=example.org",
            "",
            "https://dc.example.org",
            "https://live.example.org",
            True,
        ),
    ],
)
def test_live_metrics_are_on_where_a_server_of_ones_own_is_named(
    in_code: str, around: str, endpoint: str, expected: str, is_on: bool
) -> None:
    given = {"connection_string": f"InstrumentationKey={ZERO};{in_code}"}
    options = resolve(given, {STRING: around})

    assert options.endpoint == endpoint
    assert options.live_endpoint == expected
    assert options.enable_live_metrics is is_on
    for forced in (True, False):
        options = resolve({**given, "enable_live_metrics": forced}, {STRING: around})
        assert options.enable_live_metrics is forced


def test_key_in_code_combines_with_both_endpoints_of_the_environment() -> None:
    around = f"InstrumentationKey={OTHER};IngestionEndpoint=http://a;LiveEndpoint=http://b"
    for given in ({"instrumentation_key": KEY}, {"connection_string": f"InstrumentationKey={KEY}"}):
        options = resolve(given, {STRING: around})

        assert options.instrumentation_key == KEY
        assert (options.endpoint, options.live_endpoint) == ("http://a", "http://b")


ROLES = {
    "APPLICATIONINSIGHTS_ROLE_NAME": "own",
    "OTEL_SERVICE_NAME": "opentelemetry",
    "WEBSITE_SITE_NAME": "site",
}


@pytest.mark.parametrize(
    ("given", "absent", "expected"),
    [
        ({"role_name": "code"}, 0, "code"),
        ({"cloud_role_name": "code"}, 0, "code"),
        ({"role_name": "short", "cloud_role_name": None}, 0, "short"),
        ({}, 0, "own"),
        ({}, 1, "opentelemetry"),
        ({}, 2, "site"),
        ({}, 3, None),
    ],
)
def test_role_comes_from_the_code_then_the_environment(
    given: dict[str, str], absent: int, expected: str | None
) -> None:
    environ = dict(list(ROLES.items())[absent:])
    options = resolve({"instrumentation_key": ZERO, **given}, environ)

    assert options.role_name == options.cloud_role_name == expected
    tags = exporter_tags(options, environ)
    assert tags["ai.cloud.role"] == expected or expected is None


def test_role_instance_comes_from_the_code_then_the_environment() -> None:
    environ = {"APPLICATIONINSIGHTS_ROLE_INSTANCE": "orders-1"}

    assert resolve({"instrumentation_key": ZERO}, environ).role_instance == "orders-1"
    given = {"instrumentation_key": ZERO, "cloud_role_instance": "code"}
    assert resolve(given, environ).role_instance == "code"


def test_role_that_the_program_wrote_into_the_tags_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(azure_monitor_context, "ai.cloud.role", "by hand")
    options = resolve({"instrumentation_key": ZERO}, ROLES)
    named = resolve({"instrumentation_key": ZERO, "role_name": "code"}, ROLES)

    assert exporter_tags(options, ROLES)["ai.cloud.role"] == "by hand"
    assert exporter_tags(named, ROLES)["ai.cloud.role"] == "code"


@pytest.fixture
def warnings_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Callable[..., list[str]]:
    def resolve_twice(**given: object) -> list[str]:
        monkeypatch.setattr("opencensus.ext.azure.common.options._warned", set())
        caplog.clear()
        for _ in range(2):
            resolve({"connection_string": f"InstrumentationKey={ZERO}", **given}, {})
        return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    return resolve_twice


def test_unknown_options_are_accepted_with_one_warning(
    warnings_of: Callable[..., list[str]],
) -> None:
    (near,) = warnings_of(export_intervall=1.0)
    (far,) = warnings_of(xyzzy=1)
    first, second = warnings_of(export_intervall=1.0, role=1)

    assert "export_intervall" in near
    assert "export_interval is the nearest" in near
    assert "xyzzy" in far
    assert "nearest" not in far
    assert "role_name" in second
    assert first == near


def test_options_that_have_no_effect_say_so(warnings_of: Callable[..., list[str]]) -> None:
    (warning,) = warnings_of(endpoint="http://x")
    assert "endpoint has no effect" in warning
    (warning,) = warnings_of(connection_string=None, instrumentation_key=ZERO)
    assert "deprecated" in warning
    assert warnings_of(cloud_role_name="a", role_instance="b", enable_gzip=False) == []


@pytest.mark.parametrize(("text", "expected"), [("False", False), ("on", True), ("0", False)])
def test_booleans_may_be_given_as_text(text: str, expected: bool) -> None:
    options = resolve({"instrumentation_key": ZERO, "enable_local_storage": text}, {})

    assert options.enable_local_storage is expected


def test_numbers_may_be_given_as_text() -> None:
    given = {"instrumentation_key": ZERO, "export_interval": "2.5", "max_batch_size": "50"}
    options = resolve(given, {})

    assert options.export_interval == 2.5
    assert options.max_batch_size == 50


@pytest.mark.parametrize(
    "make", [AzureExporter, AzureLogHandler, AzureEventHandler, new_metrics_exporter]
)
def test_every_exporter_takes_every_option(
    make: Any, track_server: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = {row.name: row.default for row in fields(Options)}
    for name in ("endpoint", "live_endpoint"):
        del given[name]
    given.update(
        connection_string=track_server.connection_string,
        credential=None,
        storage_path=str(tmp_path),
        durable_queue=True,
        cloud_role_name="shop",
        cloud_role_instance="shop-1",
    )
    del given["role_name"], given["role_instance"]
    one = make(**given)
    one.shutdown(0)

    assert one.options.role_name == one.options["cloud_role_name"] == "shop"
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


def test_options_are_items_too() -> None:
    options = resolve({"instrumentation_key": ZERO}, {})

    assert options["export_interval"] == 15.0
    with pytest.raises(KeyError):
        _ = options["missing"]
