from __future__ import annotations

import pytest

from opencensus.ext.azure.common.options import resolve

KEY = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
ZERO = "00000000-0000-0000-0000-000000000000"
STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"
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
            "http://explicit",
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
        ({"instrumentation_key": ZERO, "endpoint": "localhost:5380"}, "http://"),
    ],
)
def test_wrong_values_are_refused_with_what_is_wrong(
    given: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(given, {})


@pytest.mark.parametrize(
    "proxies", [{"https": "http://proxy:8080"}, '{"https": "http://proxy:8080"}']
)
def test_proxies_may_be_a_mapping_or_its_json(proxies: object) -> None:
    options = resolve({"instrumentation_key": ZERO, "proxies": proxies}, {})

    assert dict(options.proxies) == {"https": "http://proxy:8080"}


def test_role_comes_from_the_code_then_the_environment() -> None:
    environ = {
        "APPLICATIONINSIGHTS_ROLE_NAME": "orders",
        "APPLICATIONINSIGHTS_ROLE_INSTANCE": "orders-1",
    }

    assert resolve({"instrumentation_key": ZERO}, environ).cloud_role_name == "orders"
    assert resolve({"instrumentation_key": ZERO}, environ).cloud_role_instance == "orders-1"
    given = {"instrumentation_key": ZERO, "cloud_role_name": "code"}
    assert resolve(given, environ).cloud_role_name == "code"


def test_unknown_options_are_accepted() -> None:
    assert resolve({"instrumentation_key": ZERO, "future_option": 1}, {}).export_interval == 15.0


def test_numbers_may_be_given_as_text() -> None:
    given = {"instrumentation_key": ZERO, "export_interval": "2.5", "max_batch_size": "50"}
    options = resolve(given, {})

    assert options.export_interval == 2.5
    assert options.max_batch_size == 50
