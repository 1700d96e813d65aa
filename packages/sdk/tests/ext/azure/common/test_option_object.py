from __future__ import annotations

import tempfile

import pytest

from opencensus.ext.azure import common
from opencensus.ext.azure.common.base_object import BaseObject

STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"


def test_options_have_the_documented_defaults_as_attributes_and_items() -> None:
    options = common.Options()

    assert options.export_interval == options["export_interval"] == 15.0
    assert options.max_batch_size == 100
    assert options.proxies == "{}"
    assert options.instrumentation_key is None
    assert options.endpoint == "https://dc.services.visualstudio.com"
    assert options.storage_path.startswith(tempfile.gettempdir())
    with pytest.raises(AttributeError, match="no_such_option"):
        _ = options.no_such_option


def test_options_take_any_name_and_may_change() -> None:
    options = common.Options(instrumentation_key="abc", future_option=1)
    options.endpoint = "http://elsewhere"

    assert options.future_option == 1
    assert options["endpoint"] == "http://elsewhere"
    assert options.storage_path.endswith("opencensus-python-abc")


def test_key_and_endpoint_come_from_code_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STRING, "InstrumentationKey=around;IngestionEndpoint=http://around")
    monkeypatch.setenv("APPINSIGHTS_INSTRUMENTATIONKEY", "last")
    options = common.Options(instrumentation_key="code")

    assert (options.instrumentation_key, options.endpoint) == ("code", "http://around")
    options = common.Options(connection_string="InstrumentationKey=string")
    assert (options.instrumentation_key, options.endpoint) == ("string", "http://around")
    monkeypatch.delenv(STRING)
    assert common.Options().instrumentation_key == "last"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("", {}),
        (" ; ", {}),
        ("A=b=c;", {"a": "b=c", "ingestionendpoint": None}),
        (
            "EndpointSuffix=x.org;Location=us",
            {
                "endpointsuffix": "x.org",
                "location": "us",
                "ingestionendpoint": "https://us.dc.x.org",
            },
        ),
    ],
)
def test_connection_strings_are_read_part_by_part(text: str | None, expected: object) -> None:
    """The retired package raises for an empty text, a trailing ``;`` and ``=`` in a value."""
    assert common.parse_connection_string(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [("abc", "Invalid connection string"), ("Authorization=aad", "Invalid authorization")],
)
def test_what_is_no_connection_string_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        common.parse_connection_string(text)


def test_credential_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="TokenCredential"):
        common.Options(credential=object())


def test_object_shows_its_defaults() -> None:
    class Point(BaseObject):
        _default = BaseObject(x=0, y=0)

    point = Point(y=2, z=3)

    assert repr(point) == "{'y': 2, 'z': 3, 'x': 0}"
    assert (point.x, point["y"], "x" in point) == (0, 2, False)
    with pytest.raises(KeyError):
        _ = point["missing"]
