from __future__ import annotations

import logging

import pytest

from opencensus.ext.auto.configured import log_level, sampling_rate


@pytest.mark.parametrize(("text", "rate"), [("", 1.0), ("0.25", 0.25), ("0", 0.0), ("1", 1.0)])
def test_rate(monkeypatch: pytest.MonkeyPatch, text: str, rate: float) -> None:
    monkeypatch.setenv("OPENCENSUS_SAMPLING_RATE", text)

    assert sampling_rate() == rate


@pytest.mark.parametrize("text", ["all", "-1", "1.5", "nan"])
def test_a_wrong_rate_names_the_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OPENCENSUS_SAMPLING_RATE", text)
    with pytest.raises(ValueError, match="OPENCENSUS_SAMPLING_RATE is"):
        sampling_rate()


def test_level(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_level() == logging.WARNING
    monkeypatch.setenv("OPENCENSUS_LOG_LEVEL", "info")
    assert log_level() == logging.INFO
    monkeypatch.setenv("OPENCENSUS_LOG_LEVEL", "off")
    assert log_level() is None
    monkeypatch.setenv("OPENCENSUS_LOG_LEVEL", "loud")
    with pytest.raises(ValueError, match="OPENCENSUS_LOG_LEVEL is"):
        log_level()
