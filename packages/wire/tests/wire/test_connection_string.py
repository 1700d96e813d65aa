"""Connection strings. Rules W60 to W67."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights_wire import connection_string as cs

KEY = "11111111-2222-3333-4444-55555555abcd"
FULL = (
    f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:5380/;"
    "LiveEndpoint=http://127.0.0.1:5380/;ApplicationId=99999999-2222-3333-4444-555555555555"
)


def parsed(text: str) -> cs.ConnectionString:
    value = cs.parse(text)
    assert value is not None
    return value


@pytest.mark.parametrize("text", [None, "", " ", "\t\n", '""', "''"])
def test_nothing_means_absent(text: str | None) -> None:
    """W60."""
    assert cs.parse(text) is None


def test_what_is_handed_out_is_read_back() -> None:
    """W61."""
    value = parsed(FULL)
    assert value == cs.ConnectionString(
        instrumentation_key=KEY,
        ingestion_endpoint="http://127.0.0.1:5380",
        live_endpoint="http://127.0.0.1:5380",
        application_id="99999999-2222-3333-4444-555555555555",
    )
    assert cs.format(value) == FULL


LENIENT: dict[str, tuple[str, str, str | None]] = {
    "W62 a trailing semicolon": (f"InstrumentationKey={KEY};", "instrumentation_key", KEY),
    "W62 several semicolons": (f";;InstrumentationKey={KEY};;", "instrumentation_key", KEY),
    "W62 spaces": (f"  InstrumentationKey = {KEY} ; ", "instrumentation_key", KEY),
    "W62 a line end": (f"InstrumentationKey={KEY}\r\n", "instrumentation_key", KEY),
    "W62 double quotes around": (f'"InstrumentationKey={KEY}"', "instrumentation_key", KEY),
    "W62 single quotes around": (f"'InstrumentationKey={KEY};'", "instrumentation_key", KEY),
    "W62 lower case": (f"instrumentationkey={KEY}", "instrumentation_key", KEY),
    "W62 upper case": (f"INSTRUMENTATIONKEY={KEY}", "instrumentation_key", KEY),
    "W62 = in a value": (
        f"InstrumentationKey={KEY};IngestionEndpoint=http://h/?a=b",
        "ingestion_endpoint",
        "http://h/?a=b",
    ),
    "W62 an unknown key": (f"InstrumentationKey={KEY};New=1", "instrumentation_key", KEY),
    "W62 an empty value": (f"InstrumentationKey={KEY};LiveEndpoint=", "live_endpoint", None),
    "W62 a key twice": (
        f"InstrumentationKey=x;InstrumentationKey={KEY}",
        "instrumentation_key",
        KEY,
    ),
    "W63 an upper-case key is lowered": (
        f"InstrumentationKey={KEY.upper()}",
        "instrumentation_key",
        KEY,
    ),
    "W63 no key": ("IngestionEndpoint=http://h", "instrumentation_key", None),
    "W64 no endpoint": (f"InstrumentationKey={KEY}", "ingestion_endpoint", None),
    "W64 slashes at the end": ("IngestionEndpoint=http://h//", "ingestion_endpoint", "http://h"),
    "W64 suffix": (
        "EndpointSuffix=ai.example.com",
        "ingestion_endpoint",
        "https://dc.ai.example.com",
    ),
    "W64 suffix, live": (
        "EndpointSuffix=ai.example.com",
        "live_endpoint",
        "https://live.ai.example.com",
    ),
    "W64 suffix, profiler": ("EndpointSuffix=a.b", "profiler_endpoint", "https://profiler.a.b"),
    "W64 suffix, snapshot": ("EndpointSuffix=a.b", "snapshot_endpoint", "https://snapshot.a.b"),
    "W64 suffix with a point": ("EndpointSuffix=.a.b", "live_endpoint", "https://live.a.b"),
    "W64 location": ("EndpointSuffix=a.b;Location=eu", "live_endpoint", "https://eu.live.a.b"),
    "W64 location with a point": (
        "Location=eu.;EndpointSuffix=a.b",
        "live_endpoint",
        "https://eu.live.a.b",
    ),
    "W64 location without suffix": ("Location=eu", "ingestion_endpoint", None),
    "W64 explicit beats suffix": (
        "EndpointSuffix=a.b;IngestionEndpoint=http://h",
        "ingestion_endpoint",
        "http://h",
    ),
    "W64 suffix beside explicit": (
        "EndpointSuffix=a.b;IngestionEndpoint=http://h",
        "live_endpoint",
        "https://live.a.b",
    ),
    "W65 authorization": ("Authorization=IKEY", "authorization", "IKEY"),
    "W62 audience": (
        "AADAudience=https://monitor.azure.com",
        "aad_audience",
        "https://monitor.azure.com",
    ),
}


@pytest.mark.parametrize(("text", "attribute", "expected"), LENIENT.values(), ids=LENIENT.keys())
def test_reading_is_lenient(text: str, attribute: str, expected: str | None) -> None:
    if text.count("InstrumentationKey=") == 2:
        text = text.replace("InstrumentationKey=x", f"InstrumentationKey={KEY.replace('1', '0')}")
    assert getattr(parsed(text), attribute) == expected


REFUSED: dict[str, tuple[str, str]] = {
    "W66 no pair": ("hello", "^Invalid connection string"),
    "W66 a part without =": (f"InstrumentationKey={KEY};hello", "^Invalid connection string"),
    "W66 a pair without a key": ("=value", "^Invalid connection string"),
    "W66 too long": (f"InstrumentationKey={KEY};x=" + "y" * 4096, "^Invalid connection string"),
    "W65 other authorization": ("Authorization=aad", "^Invalid authorization mechanism$"),
    "W63 not a key": ("InstrumentationKey=abc", r"^Invalid instrumentation key\.$"),
    "W63 wrong digits": (f"InstrumentationKey=g{KEY[1:]}", r"^Invalid instrumentation key\.$"),
    "W63 wrong groups": (
        f"InstrumentationKey={KEY.replace('-', '')}",
        r"^Invalid instrumentation key\.$",
    ),
    "W67 placeholder of a key": (
        "InstrumentationKey=<your-instrumentation_key-here>",
        "is a placeholder",
    ),
    "W67 another": ("InstrumentationKey=<your-instrumentation-key-here>;", "is a placeholder"),
    "W67 of the whole text": ("<your-connection-string>", "is a placeholder"),
    "W67 of an endpoint": (
        f"InstrumentationKey={KEY};IngestionEndpoint=<endpoint>",
        "is a placeholder",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_meant_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cs.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"^Instrumentation key cannot be none or empty\.$"),
        ("", r"^Instrumentation key cannot be none or empty\.$"),
        ("  ", r"^Instrumentation key cannot be none or empty\.$"),
        ("<your-ikey-here>", "<your-ikey-here> is a placeholder"),
        ("1", r"^Invalid instrumentation key\.$"),
    ],
)
def test_a_bare_key_is_checked_too(text: str | None, message: str) -> None:
    """W63 and W67."""
    with pytest.raises(ValueError, match=message):
        cs.instrumentation_key(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (cs.ConnectionString(), "Instrumentation key cannot be none or empty"),
        (
            cs.ConnectionString(KEY, ingestion_endpoint="http://h/?a=b"),
            "cannot write IngestionEndpoint",
        ),
        (cs.ConnectionString(KEY, application_id="a;b"), "cannot write ApplicationId"),
    ],
)
def test_what_not_every_client_reads_is_not_handed_out(
    value: cs.ConnectionString, message: str
) -> None:
    """W61."""
    with pytest.raises(ValueError, match=message):
        cs.format(value)


@settings(deadline=None)
@given(st.text(alphabet="InstrumentationKey=;<> \"'abc-01/.:", max_size=80))
def test_reading_any_text_raises_nothing_but_value_errors(text: str) -> None:
    try:
        cs.parse(text)
    except ValueError:
        return
