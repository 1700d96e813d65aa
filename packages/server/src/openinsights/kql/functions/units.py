"""convert_length() and its kin: a number in one unit as a number in another.

Units whose size is fixed by definition are converted; others are refused, since the original engine
holds rounded sizes of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, constant
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions.row import Function, Kind, Special
from openinsights.kql.suggest import did_you_mean
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call

_PREFIXES: Final = {
    "Nano": 1e-9, "Micro": 1e-6, "Milli": 1e-3, "Centi": 1e-2, "Deci": 1e-1, "": 1.0, "Deca": 1e1,
    "Hecto": 1e2, "Kilo": 1e3, "Mega": 1e6,
}  # fmt: skip
_IMPERIAL: Final = {"Inch": 0.0254, "Foot": 0.3048, "Yard": 0.9144, "Mile": 1609.344}
_SPANS: Final = {"Second": 1.0, "Minute": 60.0, "Hour": 3600.0}


def _prefixed(unit: str, size: float = 1.0) -> dict[str, float]:
    return {(prefix + unit).capitalize(): factor * size for prefix, factor in _PREFIXES.items()}


_LENGTHS: Final = {**_prefixed("meter"), **_IMPERIAL, "NauticalMile": 1852.0}
_SIZES: Final[dict[str, dict[str, float]]] = {
    "angle": {
        "Arcminute": math.pi / 10800,
        "Arcsecond": math.pi / 648000,
        "Degree": math.pi / 180,
        "Gradian": math.pi / 200,
        "Radian": 1.0,
        "Revolution": 2 * math.pi,
    },
    "energy": {
        **{
            name: _PREFIXES[name.removesuffix("joule").capitalize()]
            for name in ("Kilojoule", "Megajoule")
        },
        "Joule": 1.0,
        "WattHour": 3600.0,
        "KilowattHour": 3.6e6,
        "MegawattHour": 3.6e9,
        "Calorie": 4.184,
        "Kilocalorie": 4184.0,
        "BritishThermalUnit": 1055.05585262,
    },
    "force": {
        name: factor
        for name, factor in _prefixed("newton").items()
        if name
        in ("Micronewton", "Millinewton", "Newton", "Decanewton", "Kilonewton", "Meganewton")
    },
    "length": _LENGTHS,
    "mass": {**_prefixed("gram", 1e-3), "Tonne": 1e3, "Pound": 0.45359237},
    "speed": {
        **{
            f"{unit}Per{span}": size / seconds
            for unit, size in _LENGTHS.items()
            if unit != "NauticalMile"
            for span, seconds in _SPANS.items()
        },
        "Knot": 1852.0 / 3600.0,
    },
    "volume": {
        **{f"Cubic{unit}": size**3 for unit, size in _LENGTHS.items() if unit != "NauticalMile"},
        **_prefixed("liter", 1e-3),
        "AcreFoot": 1 / 0.000810714,
    },
}
"""For each measure the size of each unit."""
_DEGREES: Final = {
    "Kelvin": (1.0, 0.0),
    "DegreeCelsius": (1.0, 273.15),
    "DegreeFahrenheit": (5 / 9, 459.67 * 5 / 9),
    "DegreeRankine": (5 / 9, 0.0),
}
"""For each unit of temperature its size in kelvin, and where its zero lies."""

_SCALED: Final = Function(
    "scaled", (Kind.REAL,) * 3, KqlType.REAL, "({0} * {1} + {2})",
    fold=lambda value, factor, start: value * factor + start,
)  # fmt: skip


def _unit(expressions: Expressions, call: Call, place: int, known: list[str]) -> str:
    name = expressions.text_constant(call.arguments[place], "a unit")
    if name not in known:
        node = call.arguments[place]
        raise KqlUnsupported(
            f"{call.name}(…) does not know the unit '{name}'",
            node.start,
            node.end,
            did_you_mean(name, known),
        )
    return name


def _convert(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) != 3:
        expressions.wrong_count(call, 3, 3)
    node = call.arguments[0]
    value = expressions.coerce(expressions.bind(node), Kind.REAL, node, call.name)
    factor, start = _scale(expressions, call)
    real = KqlType.REAL
    return apply(_SCALED, (value, constant(factor, real), constant(start, real)))


def _scale(expressions: Expressions, call: Call) -> tuple[float, float]:
    measure = call.name.removeprefix("convert_")
    if measure == "temperature":
        names = [_unit(expressions, call, place, list(_DEGREES)) for place in (1, 2)]
        (size, zero), (other_size, other_zero) = (_DEGREES[name] for name in names)
        return size / other_size, (zero - other_zero) / other_size
    sizes = _SIZES[measure]
    source, target = (_unit(expressions, call, place, list(sizes)) for place in (1, 2))
    return sizes[source] / sizes[target], 0.0


SPECIALS: Final = (
    Special(tuple(f"convert_{measure}" for measure in (*_SIZES, "temperature")), _convert),
)
"""The family."""
