from __future__ import annotations

import pytest

from opencensus.trace.trace_options import DEFAULT, TraceOptions


@pytest.mark.parametrize(
    ("byte", "enabled"),
    [
        (None, True),
        ("0", False),
        ("1", True),
        ("3", True),
        ("10", False),
        ("255", True),
        ("01", True),
    ],
)
def test_the_lowest_bit_says_whether_the_trace_is_sampled(byte, enabled):
    options = TraceOptions(byte)
    assert options.enabled is enabled
    assert options.get_enabled() is enabled
    assert repr(options) == f"TraceOptions(enabled={enabled})"


@pytest.mark.parametrize("byte", ["256", "-1"])
def test_what_is_no_byte_becomes_the_default(byte, caplog):
    assert TraceOptions(byte).trace_options_byte == DEFAULT
    assert "should be 1 byte" in caplog.text


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="invalid literal"):
        TraceOptions("sampled")


@pytest.mark.parametrize(
    ("byte", "on", "off"),
    [("0", "1", "0"), ("1", "1", "0"), ("2", "3", "2"), ("254", "255", "254"), ("00", "01", "00")],
)
def test_setting_the_bit_leaves_the_others(byte, on, off):
    options = TraceOptions(byte)
    options.set_enabled(True)
    assert (options.trace_options_byte, options.enabled) == (on, True)
    options.set_enabled(False)
    assert (options.trace_options_byte, options.enabled) == (off, False)
