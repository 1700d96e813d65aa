from __future__ import annotations

import sys
from types import ModuleType

from opencensus.trace import config_integration, integrations


def test_each_integration_has_its_bit(monkeypatch):
    monkeypatch.setattr(integrations, "_INTEGRATIONS_BIT_MASK", 0)
    assert integrations.get_integrations() == integrations._Integrations.NONE
    integrations.add_integration(integrations._Integrations.FLASK)
    integrations.add_integration(integrations._Integrations.DJANGO)
    assert integrations.get_integrations() == 3
    integrations.remove_intregration(integrations._Integrations.FLASK)
    assert integrations.get_integrations() == 1


def test_integrations_that_exist_are_switched_on_and_others_reported(monkeypatch, caplog):
    seen = []
    module = ModuleType("opencensus.ext.made_up.trace")
    module.trace_integration = lambda tracer=None: seen.append(tracer)
    monkeypatch.setitem(sys.modules, "opencensus.ext.made_up", ModuleType("made_up"))
    monkeypatch.setitem(sys.modules, "opencensus.ext.made_up.trace", module)
    integrated = config_integration.trace_integrations(["absent", "made_up"], tracer="tracer")
    assert integrated == ["made_up"]
    assert seen == ["tracer"]
    assert "opencensus.ext.absent.trace" in caplog.messages[0]
    assert len(caplog.messages) == 2


def test_one_name_may_stand_alone(caplog):
    """The retired client took it for a list of letters, and warned twice for each."""
    assert config_integration.trace_integrations("absent") == []
    assert len(caplog.messages) == 2
