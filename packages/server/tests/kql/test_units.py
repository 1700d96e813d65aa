"""Units: each row is an expression and its value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlSemanticError, KqlUnsupported

if TYPE_CHECKING:
    from engine import Engine


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("convert_angle(1.2, 'Degree', 'Arcminute')", 72.0),
        ("convert_angle(1, 'Revolution', 'Radian')", 2 * math.pi),
        ("convert_energy(1.2, 'Joule', 'BritishThermalUnit')", 0.00113738054437598),
        ("convert_energy(1, 'KilowattHour', 'Megajoule')", 3.6),
        ("convert_force(1.2, 'Newton', 'Decanewton')", 0.12),
        ("convert_length(1.2, 'Meter', 'Foot')", 3.9370078740157477),
        ("convert_length(1, 'NauticalMile', 'Kilometer')", 1.852),
        ("convert_mass(1.2, 'Kilogram', 'Pound')", 2.6455471462185312),
        ("convert_speed(1.2, 'MeterPerSecond', 'CentimeterPerHour')", 432000.0),
        ("convert_speed(1, 'MilePerHour', 'KilometerPerHour')", 1.609344),
        ("convert_temperature(1.2, 'Kelvin', 'DegreeCelsius')", -271.95),
        ("convert_temperature(212, 'DegreeFahrenheit', 'DegreeCelsius')", 100.0),
        ("convert_volume(1.2, 'CubicMeter', 'AcreFoot')", 0.0009728568),
        ("convert_volume(1, 'CubicMeter', 'Liter')", 1000.0),
        ("convert_length(real(null), 'Meter', 'Foot')", None),
    ],
)
def test_conversion(kql_engine: Engine, expression: str, expected: float | None) -> None:
    found = kql_engine.run(f"print x = {expression}")[1][0][0]
    assert found == (None if expected is None else pytest.approx(expected))


def test_columns_are_converted(kql_engine: Engine) -> None:
    query = "range i from 1 to 2 step 1 | project x = convert_length(i, 'Kilometer', 'Meter')"
    assert kql_engine.run(query)[1] == [(1000.0,), (2000.0,)]


def test_unknown_units_are_refused_with_a_suggestion(kql_engine: Engine) -> None:
    with pytest.raises(KqlUnsupported, match="'Metre'") as caught:
        kql_engine.compile("print convert_length(1, 'Metre', 'Foot')")
    assert caught.value.hint == "did you mean 'Meter'?"
    assert caught.value.column == 25


def test_units_must_be_known_in_advance(kql_engine: Engine) -> None:
    with pytest.raises(KqlSemanticError, match="known in advance"):
        kql_engine.compile("print u = 'Meter' | project convert_length(1, u, 'Foot')")


def test_number_of_arguments(kql_engine: Engine) -> None:
    with pytest.raises(KqlSemanticError, match="takes 3 arguments"):
        kql_engine.compile("print convert_mass(1, 'Gram')")
