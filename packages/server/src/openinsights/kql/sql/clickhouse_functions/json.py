"""Values inside JSON texts.

The engine writes anew what it takes out of a text, and a real that is a whole number loses its
`.0` then: values by themselves get it back, and arrays and bags that hold such numbers, or ones with
an exponent, are refused when they are met.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.sql.clickhouse_functions.spelling import failing, named, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP: Final = re.compile(r'\."((?:[^"\\]|\\.)*)"|\[(#?-?\d+)\]')
_WHOLE_REAL: Final = quoted(r"([\[:,])(-?[0-9]+)\.0+([,\]}])")
_OTHER: Final = quoted(r"[\[:,]-?[0-9]+(\.?[0-9]*[eE][-+]?[0-9]+|[0-9]{19})")
_PERHAPS: Final = quoted(r"[.]0+[,\]}]|[0-9][eE][-+]?[0-9]+[,\]}]|[0-9]{20}")
"""What a text has in it that has such numbers."""
_NESTED: Final = quoted(r"^[\[{](.*[\[:,])?-?[0-9]+[,\]}]")
"""What the engine wrote of an array or bag with a whole number in it, which may have been a real."""
_MARK: Final = "\ue0f7"
"""Marks a real as a text while the engine takes a value apart."""
_REFUSED: Final = "an array or bag with such real numbers is not taken out of a dynamic value"


def _marked(json: str) -> str:
    """A JSON text with its whole reals as marked texts; neighbours share a comma, hence twice."""
    once = f"replaceRegexpAll({json}, {_WHOLE_REAL}, '\\\\1\"{_MARK}\\\\2.0\"\\\\3')"
    return f"replaceRegexpAll({once}, {_WHOLE_REAL}, '\\\\1\"{_MARK}\\\\2.0\"\\\\3')"


def _unmarked(json: str) -> str:
    return f"replaceRegexpAll({json}, '\"{_MARK}(-?[0-9]+[.]0)\"', '\\\\1')"


def steps_of(path: str) -> list[str | int] | None:
    """The keys and places of a path such as `$."a"[0]`; places from 1, or from the end if negative."""
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return None
        at = step.end()
        if step[2] is None:
            steps.append(re.sub(r"\\(.)", r"\1", step[1]))
        elif step[2].startswith("#"):
            steps.append(int(step[2][1:]))
        else:
            steps.append(int(step[2]) + 1)
    return steps


def arguments_of(steps: Sequence[str | int]) -> str:
    """Steps as the arguments behind a text."""
    return "".join(f", {quoted(step) if isinstance(step, str) else step}" for step in steps)


def _reaches(json: str, steps: Sequence[str | int]) -> str:
    """The condition on which places are those of arrays: the engine counts a bag's keys as well."""
    found = [
        f"JSONType({json}{arguments_of(steps[:at])}) = 'Array'"
        for at, step in enumerate(steps)
        if isinstance(step, int)
    ]
    return " AND ".join(found)


def _exact(source: str, found: str, arguments: str) -> str:
    """What was found; an array or bag as it stood there, or refused."""
    nested = (
        f"match({found}, {_NESTED}) AND match({source}, {_PERHAPS})"
        f" AND JSONType({source}{arguments}) != 'String'"
    )
    anew = _unmarked(f"JSONExtractRaw(m{arguments})")
    return _taken_apart(nested, source, found, anew, "NULL")


def _taken_apart(condition: str, source: str, plain: str, anew: str, none: str) -> str:
    """What is plainly found, or, on a condition, what is found anew in `m`, the marked source.

    The check says all itself: the engine may look at it where a branch around it is not taken.
    """
    is_odd = f"m != '' AND (NOT isValidJSON(m) OR match(m, {_OTHER}))"
    made = f"if(m = '', {plain}, {failing(is_odd, _REFUSED, anew, none)})"
    marked = f"if(ifNull({condition}, false), {_marked(source)}, '')"
    return f"arrayMap(m -> {made}, [{marked}])[1]"


def _whole_real(json: str, arguments: str, found: str) -> str:
    return f"match({found}, '^-?[0-9]+$') AND JSONType({json}{arguments}) = 'Double'"


_SUSPECT: Final = quoted(r"^(-?[0-9]+$|[\[{])")
"""What the engine may have written otherwise than it stood there: one look at most texts is enough."""


def _spelt(found: str, json: str, arguments: str) -> str:
    """What was found, as it stood there; nearly all of it needs no second look."""
    real = "concat(t, '.0')"
    second = f"if({_whole_real(json, arguments, 't')}, {real}, {_exact(json, 't', arguments)})"
    return f"if(match({found}, {_SUSPECT}), arrayMap(t -> {second}, [{found}])[1], {found})"


def text_at(json: str, steps: Sequence[str | int]) -> str:
    """What tostring makes of the value at a path: null where there is none."""

    def write(json: str) -> str:
        arguments = arguments_of(steps)
        text = _spelt(f"JSONExtract({json}{arguments}, 'Nullable(String)')", json, arguments)
        reaches = _reaches(json, steps)
        return f"if({reaches}, {text}, NULL)" if reaches else text

    return named(json, write, "j")


def raw_at(json: str, steps: Sequence[str | int]) -> str:
    """The JSON text of the value at a path: null where there is none, and for JSON's null."""

    def write(json: str) -> str:
        arguments = arguments_of(steps)
        found = f"nullIf(nullIf(JSONExtractRaw({json}{arguments}), ''), 'null')"
        text = _spelt(found, json, arguments)
        reaches = _reaches(json, steps)
        return f"if({reaches}, {text}, NULL)" if reaches else text

    return named(json, write, "j")


def scalar_text(json: str) -> str:
    """The text of a value that is no array or bag; what it is of those is no number either."""
    return named(json, lambda j: f"if(startsWith({j}, '\"'), JSONExtractString({j}), {j})", "j")


def _parts(json: str, function: str, whole: str) -> str:
    """The parts of an array or bag as JSON texts.

    Args:
        json: the text.
        function: gives the parts.
        whole: a part `p` of a text in which whole reals were marked, as it stood there.
    """
    anew = f"arrayMap(p -> {whole}, {function}(m))"
    odd = f"match(j, {_PERHAPS})"
    found = _taken_apart(odd, "j", f"{function}(j)", anew, "[]")
    return f"arrayMap(j -> {found}, [ifNull({json}, 'null')])[1]"


def elements(json: str) -> str:
    """The elements of an array as JSON texts; no elements for anything else."""
    return _parts(json, "JSONExtractArrayRaw", _unmarked("p"))


def pairs(json: str) -> str:
    """The keys of a bag with their values as JSON texts; no pairs for anything else."""
    return _parts(json, "JSONExtractKeysAndValuesRaw", f"tuple(p.1, {_unmarked('p.2')})")


def element_text(json: str) -> str:
    """What tostring makes of an element's JSON text; null for JSON's null."""
    return f"if(startsWith({json}, '\"'), JSONExtractString({json}), nullIf({json}, 'null'))"


def array_of(texts: str) -> str:
    """The JSON text of an array of JSON texts."""
    return f"concat('[', arrayStringConcat({texts}, ','), ']')"
